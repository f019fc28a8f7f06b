//! The running system: who owns which task, and how it ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nanobot_channels::ServerError;
use nanobot_channels::local::{LocalDeps, LocalServer, Peer, serve_stream};
use nanobot_core::cancel::{CancelSwitch, CancelToken};
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{Control, Ingest, StoreError, StoreErrorKind};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::compose::{self, Adapters, Boot, Socket, Wired};
use crate::gateway::{Door, Gateway};
use crate::http::{self, Behind};
use crate::keeper::Keeper;
use crate::lock::HomeLock;
use crate::policy::RoomError;
use crate::tasks::Tasks;

/// How long tasks get to end after they were told to.
pub(crate) const TASK_LIMIT: Duration = Duration::from_secs(2);
/// How long the session files of all chats may take to reach the disk. The journal has their lines either way.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// A running nanobot.
pub struct App {
    gateway: Arc<Gateway>,
    control: Arc<dyn Control>,
    keeper: Keeper,
    local: LocalDeps,
    stop: CancelSwitch,
    stopped: CancelToken,
    tasks: Tasks,
    _lock: HomeLock,
}

/// Why nanobot did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The local socket could not be opened.
    #[error(transparent)]
    Socket(#[from] ServerError),
    /// The workspace folder was missing and could not be made.
    #[error("cannot make the workspace {folder}")]
    NoWorkspace {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The workspace could not be opened.
    #[error(transparent)]
    Workspace(#[from] nanobot_tools::WorkspaceError),
    /// The journal could not be opened.
    #[error(transparent)]
    Journal(#[from] nanobot_journal::JournalError),
    /// The policy could not be read, or is none.
    #[error(transparent)]
    Policy(#[from] RoomError),
    /// The rules of the security gate cannot be used: a fault of this build.
    #[error(transparent)]
    Rules(#[from] nanobot_security::PackError),
    /// A channel's settings cannot be used.
    #[error("{0}")]
    Channel(String),
    /// The guard of commands cannot be used.
    #[error(transparent)]
    Guard(#[from] nanobot_tools::GuardError),
    /// The sandbox cannot be made.
    #[error(transparent)]
    Sandbox(#[from] nanobot_sandbox::StartError),
    /// Two tools have one name.
    #[error(transparent)]
    Tools(#[from] nanobot_tools::ToolboxError),
    /// The figures cannot be kept: a fault of this build.
    #[error("the figures cannot be kept")]
    Telemetry(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The settings name a model that cannot be used.
    #[error("{0}")]
    Model(String),
}

/// Whose fault a failed start is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartFault {
    /// The settings.
    Settings,
    /// What an earlier version, a later one, or somebody else left in a file.
    Data,
    /// The disk, its permissions, or the machine.
    Machine,
}

impl StartError {
    /// Whose fault it is, for exit codes.
    pub fn fault(&self) -> StartFault {
        use nanobot_journal::JournalError;
        match self {
            Self::Model(_) | Self::Channel(_) | Self::Policy(RoomError::Faults(_)) => StartFault::Settings,
            Self::Journal(
                JournalError::NotADatabase { .. }
                | JournalError::Foreign { .. }
                | JournalError::FromTheFuture { .. }
                | JournalError::Contents { .. },
            ) => StartFault::Data,
            Self::Store(error) if error.kind == StoreErrorKind::Corrupt => StartFault::Data,
            _ => StartFault::Machine,
        }
    }
}

/// Why nanobot has to end, though nobody outside said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// An owner pressed the emergency stop.
    Emergency,
    /// This task in the background broke: a fault of ours. The log has it.
    Broken(String),
}

/// How the end went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Everything that had begun was finished.
    Whole,
    /// Something was left: turns were stopped, answers not sent, or lines not written. The log says which.
    Cut,
}

impl App {
    /// Boots with the adapters that the settings choose.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running.
    pub async fn start(boot: Boot) -> Result<Self, StartError> {
        let adapters = compose::adapters(&boot).await?;
        Self::start_with(boot, adapters).await
    }

    /// Boots with given adapters.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running.
    pub async fn start_with(boot: Boot, adapters: Adapters) -> Result<Self, StartError> {
        let server = match &boot.socket {
            Socket::At(path) => Some(LocalServer::bind(path).await?),
            Socket::IfPossible(path) => LocalServer::bind(path)
                .await
                .inspect_err(|error| tracing::info!(error = chain(error), "other clients cannot join"))
                .ok(),
            Socket::Closed => None,
        };
        let http::Opened { serve: http, row: api } = http::open(&boot, Behind::of(&adapters)).await;
        let is_measured = boot.loaded.config.telemetry.enabled;
        let Wired { gateway, control, local, keeper, watcher, trouble, sampler, networks } =
            compose::wire(&boot, adapters, api);
        keeper.catch_up().await;
        // Before anybody can say more: what was said first is answered first.
        let left = gateway.recover().await?;
        if left > 0 {
            tracing::info!(turns = left, "going on with what the last run left");
        }
        let (stop, stopped) = CancelSwitch::new();
        let mut tasks = Tasks::default();
        tasks.spawn("outbox", gateway.pump.clone().run(stopped.clone()));
        tasks.spawn("keeper", keeper.clone().run(stopped.clone()));
        tasks.spawn("sweeps", keeper.clone().run_sweeps(stopped.clone()));
        if is_measured {
            tasks.spawn("sampler", sampler.run(stopped.clone()));
        }
        if let Some((news, owners)) = trouble {
            tasks.spawn("news of models", news.run(owners, stopped.clone()));
        }
        if let Some(serve) = http {
            tasks.spawn("api", serve(stopped.clone()));
        }
        if let Some(watcher) = watcher {
            tasks.spawn("watch over the policy", watcher.run(stopped.clone()));
        }
        if let Some(server) = server {
            tasks.spawn("local socket", server.run(local.clone(), stopped.clone()));
        }
        for network in networks {
            let name = format!("channel {}", network.sender.channel());
            tasks.spawn(name, (network.run)(Arc::new(Door(gateway.clone())), stopped.clone()));
        }
        Ok(Self { gateway, control, keeper, local, stop, stopped, tasks, _lock: boot.lock })
    }

    /// The way in, for channels and tests.
    pub fn ingest(&self) -> Arc<dyn Ingest> {
        Arc::new(Door(self.gateway.clone()))
    }

    /// The operator's side.
    pub fn control(&self) -> Arc<dyn Control> {
        self.control.clone()
    }

    /// Resolves when the app is to be drained though nobody outside said so, and says why.
    pub async fn stops(&mut self) -> Stop {
        tokio::select! {
            () = self.gateway.panic.thrown() => Stop::Emergency,
            task = self.tasks.broken() => Stop::Broken(task),
        }
    }

    /// Serves one local client over a stream inside the process. Owned by the app: it ends with it.
    pub fn serve_stream<S>(&mut self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let serving = serve_stream(stream, Peer::own(), self.local.clone(), self.stopped.clone());
        self.tasks.spawn("client", serving);
    }

    /// Ends in order: no new messages, running turns get `limit`, answers go out, files are brought up to
    /// date, tasks end.
    pub async fn drain(self, limit: Duration) -> Drained {
        let lanes = &self.gateway.lanes;
        lanes.close();
        tracing::info!(seconds = limit.as_secs(), "draining");
        let mut drained = Drained::Whole;
        if tokio::time::timeout(limit, lanes.idle()).await.is_err() {
            drained = Drained::Cut;
            tracing::warn!(?limit, "turns are stopped: the time to finish them is up");
            lanes.shut_down();
            if tokio::time::timeout(TASK_LIMIT, lanes.idle()).await.is_err() {
                tracing::error!("turns did not stop in time");
            }
        }
        if tokio::time::timeout(TASK_LIMIT, self.gateway.pump.settle_all()).await.is_err() {
            drained = Drained::Cut;
            tracing::warn!("some answers could not be sent in time");
        }
        match tokio::time::timeout(WRITE_LIMIT, self.keeper.write_out()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                drained = Drained::Cut;
                tracing::error!(error = chain(&error), "not all session files could be written");
            }
            Err(_) => {
                drained = Drained::Cut;
                tracing::error!("the session files could not be written in time");
            }
        }
        if tokio::time::timeout(TASK_LIMIT, self.keeper.close_sandbox()).await.is_err() {
            tracing::warn!("not every shell ended in time; the kernel ends them with this process");
        }
        if !self.keeper.close_books(TASK_LIMIT).await {
            drained = Drained::Cut;
            tracing::warn!("what the last calls cost could not be written down in time; they count in full");
        }
        self.stop.cancel();
        self.tasks.end(TASK_LIMIT).await;
        self.gateway.journal.shut_down().await;
        drained
    }
}
