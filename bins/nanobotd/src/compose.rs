//! The composition root: which adapter fills which port, and how they are plugged into the core.

mod administration;
mod commands;
mod figures;
mod gate;
mod models;
mod offer;
mod status;

use std::fs::DirBuilder;
use std::num::NonZeroU32;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nanobot_admin_store::{AdminLog, PersonaFiles, RealPlaces};
use nanobot_channels::local::{LocalDeps, LocalHub, LocalLimits};
use nanobot_config::{Config, Home, Loaded};
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{
    AuditLog, ChannelSender, Clock, Control, FileAccess, IdGenerator, InboundArchive, Journal, LineQueue,
    LiveSink, MetricsSource, ModelClient, Outbox, PersonaSource, PolicyEngine, PortStatus, Sandbox,
    SecurityGate, SeenChats, SessionStore, Telemetry, ToolExecutor, Workspace,
};
use nanobot_core::reply_context::WindowLimits;
use nanobot_core::responder::{ModelResponder, ResponderParts};
use nanobot_core::stand_in::VolatileArchive;
use nanobot_core::turn::TurnLimits;
use nanobot_core::{Dispatcher, Orchestrator, OrchestratorParts, Projector, StageTimer};
use nanobot_journal::{JournalOptions, SqliteJournal};
use nanobot_llm_router::Router;
use nanobot_memory::{JsonlSessions, SeenChatsFile, WorkspaceFiles};
use nanobot_tools::{Toolbox, check_workspace, exec_tool, file_tools};

use tokio::sync::Notify;

use crate::admission::Engines;
use crate::app::StartError;
use crate::control::{ControlRoom, Kept, in_force};
use crate::facts::LogFacts;
use crate::gateway::{Door, Gateway, InHand};
use crate::keeper::Keeper;
use crate::lanes::{LaneLimits, Lanes};
use crate::lock::HomeLock;
use crate::model_trouble::TroubleNews;
use crate::networks::{self, Network};
use crate::owners::Owners;
use crate::panic::PanicSwitch;
use crate::policy::{self, Beside, LiveFiles, PolicyRoom, Watcher};
use crate::pump::Pump;
use crate::sampler::Sampler;
use crate::system::{SystemClock, SystemIds};

pub use commands::{CommandHost, Confinement, exec_settings, open_sandbox, sandbox_settings};
pub use gate::{gate_settings, open_gate};
pub use models::{
    ChosenModel, ModelPlan, Tuning, budgets, choose_model, named_model, plan_first, plan_models,
    plan_profile, reply_profile,
};
pub use offer::{OfferedTool, Withheld, tools_at_rest};
pub use status::ports_at_rest;

/// What a start needs.
pub struct Boot {
    /// The home.
    pub home: Home,
    /// Its settings.
    pub loaded: Loaded,
    /// Held while the app runs.
    pub lock: HomeLock,
    /// Where local clients connect.
    pub socket: Socket,
    /// What commands of the model run with.
    pub commands: CommandHost,
}

/// The socket for local clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Socket {
    /// None: the app lives inside its only client.
    Closed,
    /// Here if it can be opened: the app lives inside a client, and others may join.
    IfPossible(PathBuf),
    /// Here, or the app does not start.
    At(PathBuf),
}

/// One adapter for each port that is filled.
pub struct Adapters {
    /// The model.
    pub model: Arc<dyn ModelClient>,
    /// The router behind it, where there is one: it has books to close, and circuits to show.
    pub router: Option<Arc<Router>>,
    /// The tools.
    pub tools: Arc<dyn ToolExecutor>,
    /// The box that commands run in; none where the settings switch it off.
    pub sandbox: Option<Arc<dyn Sandbox>>,
    /// The policy.
    pub policy: Arc<dyn PolicyEngine>,
    /// Where it is watched and changed; none while a stand-in decides.
    pub room: Option<Arc<PolicyRoom>>,
    /// The personas that it names.
    pub personas: Arc<dyn PersonaSource>,
    /// The security gate.
    pub security: Arc<dyn SecurityGate>,
    /// Sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Inbound messages.
    pub archive: Option<Arc<dyn InboundArchive>>,
    /// Known chats.
    pub seen_chats: Arc<dyn SeenChats>,
    /// Bootstrap files.
    pub workspace: Arc<dyn Workspace>,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// Session lines on their way; the journal's second face.
    pub lines: Arc<dyn LineQueue>,
    /// The outbox; its third.
    pub outbox: Arc<dyn Outbox>,
    /// Admin acts.
    pub audit: Arc<dyn AuditLog>,
    /// Facts.
    pub telemetry: Arc<dyn Telemetry>,
    /// The figures made of them; none where nobody keeps any.
    pub metrics: Option<Arc<dyn MetricsSource>>,
    /// Trouble with models that owners have to hear of; none where nobody listens for it.
    pub trouble: Option<TroubleNews>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdGenerator>,
    /// Chat networks.
    pub networks: Vec<Network>,
}

/// The running parts.
pub(crate) struct Wired {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) control: Arc<dyn Control>,
    pub(crate) local: LocalDeps,
    pub(crate) keeper: Keeper,
    /// Watches the policy file, where there is one.
    pub(crate) watcher: Option<Watcher>,
    /// Trouble with models that owners are told.
    pub(crate) trouble: Option<(TroubleNews, Owners)>,
    /// Looks at the queues.
    pub(crate) sampler: Sampler,
    pub(crate) networks: Vec<Network>,
}

/// Opens the adapters that the settings choose. Where an engine comes with a later version its stand-in is
/// chosen here, by name, and shown by `status`.
///
/// # Errors
/// [`StartError`].
pub async fn adapters(boot: &Boot) -> Result<Adapters, StartError> {
    let (home, config) = (&boot.home, &boot.loaded.config);
    let folder = home.workspace(config);
    open_workspace(&folder)?;
    let journal = Arc::new(SqliteJournal::open(JournalOptions::new(home.journal())).await?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids: Arc<dyn IdGenerator> = Arc::new(SystemIds);
    let sessions = sessions_at(home);
    let beside =
        Beside { heads: journal.clone(), sessions: sessions.clone(), clock: clock.clone(), ids: ids.clone() };
    let room = Arc::new(policy::room_of(home, &boot.loaded, beside).await?);
    let policy = room.live();
    let files: Arc<dyn FileAccess> =
        Arc::new(LiveFiles::new(policy.clone(), room.surroundings.places.clone()));
    let sandbox = open_sandbox(home, config, &boot.commands, files.clone(), clock.clone())?;
    let tools = Arc::new(toolbox(config, &files, sandbox.clone())?);
    let security = open_gate(config)?;
    let engines = Engines { policy: policy.name(), security: security.name() };
    let networks = networks::open(config, engines, &clock, &ids)?;
    let plan = plan_models(&boot.loaded)?;
    let figures = figures::open(&boot.loaded, &plan, tools.as_ref(), clock.now().instant)?;
    let telemetry = figures.telemetry;
    let around = models::Around {
        ledger: journal.clone(),
        breakers: journal.clone(),
        telemetry: telemetry.clone(),
        clock: clock.clone(),
        ids: ids.clone(),
    };
    let router = Arc::new(models::open(&boot.loaded.config, plan, around).await?);
    Ok(Adapters {
        model: router.clone(),
        router: Some(router),
        tools,
        sandbox,
        policy,
        room: Some(room),
        personas: Arc::new(PersonaFiles::new(
            folder.clone(),
            RealPlaces { home: home.user_home().map(Path::to_owned) },
        )),
        security,
        sessions,
        archive: Some(Arc::new(VolatileArchive::new())),
        seen_chats: Arc::new(SeenChatsFile::new(home.root())),
        workspace: Arc::new(WorkspaceFiles::new(folder)),
        journal: journal.clone(),
        lines: journal.clone(),
        outbox: journal,
        audit: Arc::new(AdminLog::new(home.audit().join("admin.jsonl"))),
        telemetry,
        metrics: figures.metrics,
        trouble: Some(figures.trouble),
        clock,
        ids,
        networks,
    })
}

/// The tools that there is a backend for.
fn toolbox(
    config: &Config,
    files: &Arc<dyn FileAccess>,
    sandbox: Option<Arc<dyn Sandbox>>,
) -> Result<Toolbox, StartError> {
    let exec = exec_tool(sandbox, files, &exec_settings(config))?;
    Ok(Toolbox::new(file_tools(files).into_iter().chain(exec))?)
}

/// Looks whether the workspace can be used, made first (0700) where it is missing: a daemon starts on an empty home,
/// too.
fn open_workspace(folder: &Path) -> Result<(), StartError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| StartError::NoWorkspace { folder: folder.to_owned(), source })?;
    check_workspace(folder)?;
    Ok(())
}

/// The session store of a home; the command line opens it too, on a home that it has locked.
pub fn sessions_at(home: &Home) -> Arc<dyn SessionStore> {
    Arc::new(JsonlSessions::new(home.root()))
}

/// The journal of a home that is locked, for acts without a daemon; none when the home has none yet.
///
/// # Errors
/// When it is there and cannot be opened.
pub async fn kept_at(home: &Home, sessions: Arc<dyn SessionStore>) -> Result<Option<Kept>, StartError> {
    if !home.journal().exists() {
        return Ok(None);
    }
    let journal = Arc::new(SqliteJournal::open(JournalOptions::new(home.journal())).await?);
    let projector = Arc::new(Projector::new(journal.clone(), sessions, Arc::new(LogFacts)));
    Ok(Some(Kept { journal: journal.clone(), lines: journal, projector }))
}

/// The outbox of a home that is locked, for acts without a daemon; none when the home has no journal yet.
///
/// # Errors
/// When it is there and cannot be opened.
pub async fn outbox_at(home: &Home) -> Result<Option<Arc<dyn Outbox>>, StartError> {
    if !home.journal().exists() {
        return Ok(None);
    }
    Ok(Some(Arc::new(SqliteJournal::open(JournalOptions::new(home.journal())).await?)))
}

/// Plugs adapters into the core.
pub(crate) fn wire(boot: &Boot, with: Adapters, api: PortStatus) -> Wired {
    let config = &boot.loaded.config;
    let hub = LocalHub::new(LocalLimits::default());
    let live: Arc<dyn LiveSink> = hub.clone();
    let own: Arc<dyn ChannelSender> = hub.clone();
    let senders = with.networks.iter().map(|network| network.sender.clone());
    let pump = Pump::new(with.outbox.clone(), senders.chain([own]), with.clock.clone());
    let lanes = Lanes::new(lane_limits(config));
    let mut ports = status::ports(&boot.loaded, &with);
    ports.push(api);
    let router = with.router.clone();
    let channels = status::channels(&with.networks);
    let projector =
        Arc::new(Projector::new(with.lines.clone(), with.sessions.clone(), with.telemetry.clone()));
    let responder = responder(config, &with, live.clone());
    let panic = Arc::new(PanicSwitch::new(lanes.clone()));
    let session_room = |via| Arc::new(administration::session_room(&with, &projector, via));
    let desk = administration::desk(&with, session_room("chat"), &lanes, &panic);
    let owners = administration::owners(&with, &pump);
    let watcher = administration::watcher(&with, &owners);
    let sessions = session_room("socket");
    let gateway = Arc::new(Gateway {
        desk: desk.clone(),
        panic,
        orchestrator: Orchestrator::new(OrchestratorParts {
            admin: desk,
            personas: with.personas,
            policy: with.policy,
            security: with.security,
            responder: Arc::new(responder),
            live: live.clone(),
            seen_chats: with.seen_chats.clone(),
            archive: with.archive,
            windows: windows(config),
        })
        .timed(StageTimer { clock: with.clock.clone(), telemetry: with.telemetry.clone() }),
        dispatcher: Dispatcher {
            journal: with.journal.clone(),
            lines: with.lines.clone(),
            sessions: with.sessions.clone(),
            seen_chats: with.seen_chats,
            memory: None,
            telemetry: with.telemetry,
        },
        projector: projector.clone(),
        lines_wait: Notify::new(),
        journal: with.journal.clone(),
        pump,
        lanes,
        live,
        clock: with.clock.clone(),
        ids: with.ids,
        in_hand: InHand::default(),
    });
    let keeper = Keeper {
        gateway: gateway.clone(),
        projector: projector.clone(),
        sessions: with.sessions.clone(),
        sandbox: with.sandbox,
        router: with.router.clone(),
    };
    let network_state = |network: &Network| (network.sender.channel(), network.state.clone());
    let networks: Vec<_> = with.networks.iter().map(network_state).collect();
    let is_absent = |name: &ChannelName| networks.iter().all(|(running, _)| running != name);
    let sampler = Sampler {
        lanes: gateway.lanes.clone(),
        outbox: with.outbox.clone(),
        absent: networks::enabled(config).into_iter().filter(is_absent).collect(),
        networks: networks.clone(),
        router: with.router,
        telemetry: gateway.dispatcher.telemetry.clone(),
        clock: with.clock.clone(),
    };
    let control: Arc<dyn Control> = Arc::new(ControlRoom {
        sessions,
        room: with.room,
        model: with.model,
        tools: with.tools,
        outbox: with.outbox,
        gateway: gateway.clone(),
        model_warnings: status::model_warnings(&boot.loaded),
        // Without a router nobody asks for money.
        budgets: router.as_ref().map(|_| in_force(&budgets(config))).unwrap_or_default(),
        router,
        settings: Arc::new(boot.loaded.baseline()),
        ports,
        channels,
        networks: networks.into_iter().map(|(name, state)| (name.to_string(), state)).collect(),
        home: boot.home.root().display().to_string(),
        started: with.clock.now(),
    });
    let local = LocalDeps {
        ingest: Arc::new(Door(gateway.clone())),
        control: control.clone(),
        clock: with.clock,
        hub,
        // A chat that others may join is no daemon, and monitors ask for one.
        program: if matches!(boot.socket, Socket::At(_)) { "nanobotd" } else { "nanobot-cli" }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let trouble = with.trouble.map(|news| (news, owners));
    Wired { gateway, control, local, keeper, watcher, trouble, sampler, networks: with.networks }
}

/// The responder over the adapters.
fn responder(config: &Config, with: &Adapters, live: Arc<dyn LiveSink>) -> ModelResponder {
    ModelResponder::new(ResponderParts {
        model: with.model.clone(),
        tools: with.tools.clone(),
        policy: with.policy.clone(),
        security: with.security.clone(),
        sessions: with.sessions.clone(),
        workspace: with.workspace.clone(),
        journal: with.journal.clone(),
        lines: with.lines.clone(),
        live,
        telemetry: with.telemetry.clone(),
        clock: with.clock.clone(),
        limits: TurnLimits {
            model_calls: config.agents.defaults.max_tool_iterations,
            patience: Duration::from_secs(config.model.patience_seconds),
            ..TurnLimits::default()
        },
    })
}

fn lane_limits(config: &Config) -> LaneLimits {
    let size = |value: NonZeroU32| usize::try_from(value.get()).unwrap_or(usize::MAX);
    LaneLimits { queue: size(config.daemon.lane_queue), lanes: size(config.daemon.max_lanes) }
}

fn windows(config: &Config) -> WindowLimits {
    let size = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
    let whatsapp = &config.channels.whatsapp;
    WindowLimits {
        reply_messages: size(whatsapp.reply_context_window_limit),
        line_chars: size(whatsapp.reply_context_line_max_chars),
        ambient_messages: size(whatsapp.ambient_window_limit),
    }
}
