//! The operator's side of the daemon: status and sessions here, the outbox in a room of its own.

mod budgets;
mod circuits;
mod outbox;
mod settings;

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_config::Baseline;
use nanobot_core::Projector;
use nanobot_core::ids::{DeliveryKey, SessionKey};
use nanobot_core::ports::{
    AdminAct, AuditLog, BudgetInForce, Clock, Control, ControlError, DeliveriesHandled, HistoryMessage,
    Journal, LineQueue, ModelClient, Outbox, OutboxAdmin, OutboxListing, PolicyAdmin, PolicyAnswer,
    PolicyAsk, PolicyStatus, PortStatus, SessionAdmin, SessionStore, SessionSummary, StatusReport,
    StoreErrorKind, ToolExecutor, Wanted,
};
use nanobot_core::time::WallTime;
use nanobot_llm_router::Router;
use tokio::sync::oneshot;

use crate::gateway::Gateway;
use crate::networks::Watch;
use crate::policy::PolicyRoom;

pub use budgets::in_force;
pub use circuits::LeftAlone;
pub use outbox::OutboxRoom;

/// Sessions as an operator handles them, with or without a daemon: the command line uses the same code on a
/// home that it has locked.
pub struct SessionRoom {
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The journal, which knows what was said as well; none where nothing is changed.
    pub kept: Option<Kept>,
    /// One row per act.
    pub audit: Arc<dyn AuditLog>,
    /// Dates the rows.
    pub clock: Arc<dyn Clock>,
    /// Over which way acts come in (`socket`, `cli`).
    pub via: &'static str,
}

/// What the journal keeps of sessions.
pub struct Kept {
    /// Messages, steps and deliveries.
    pub journal: Arc<dyn Journal>,
    /// Lines on their way into the files.
    pub lines: Arc<dyn LineQueue>,
    /// Brings them over.
    pub projector: Arc<Projector>,
}

#[async_trait]
impl SessionAdmin for SessionRoom {
    async fn sessions(&self) -> Result<Vec<SessionSummary>, ControlError> {
        Ok(self.sessions.list().await?)
    }

    async fn session(&self, key: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, ControlError> {
        if !self.sessions.contains(key).await? {
            return Err(ControlError::NoSuchSession(key.clone()));
        }
        Ok(self.sessions.history(key, limit).await?)
    }

    async fn reset_session(&self, key: &SessionKey, actor: &str) -> Result<usize, ControlError> {
        let now = self.clock.now();
        let act = |result| AdminAct {
            actor: actor.to_owned(),
            via: self.via,
            action: "session.reset",
            target: key.to_string(),
            result,
        };
        // What waits for the file gets there first. A failure of another session's file is no matter here; one of
        // this session is seen below.
        if let Some(kept) = &self.kept {
            let _ = kept.projector.run().await;
            let _ = kept.projector.settle().await;
        }
        if !self.sessions.contains(key).await? {
            self.audit.record(&act("refused"), &now).await?;
            return Err(ControlError::NoSuchSession(key.clone()));
        }
        // Written first: an act that cannot be written down does not happen.
        self.audit.record(&act("done"), &now).await?;
        match self.forget(key, &now).await {
            Ok(forgotten) => Ok(forgotten),
            Err(error) => {
                self.audit.record(&act("failed"), &now).await?;
                Err(error)
            }
        }
    }
}

impl SessionRoom {
    /// The journal lets go of the session's lines, so that none comes back; then the words go, from the file and from
    /// the journal.
    async fn forget(&self, key: &SessionKey, now: &WallTime) -> Result<usize, ControlError> {
        if let Some(kept) = &self.kept
            && kept.lines.end_of(key).await?.is_some()
        {
            return Err(ControlError::LinesWait(key.clone()));
        }
        let forgotten = self.sessions.reset(key, now.local()).await.map_err(|error| match error.kind {
            StoreErrorKind::NotFound => ControlError::NoSuchSession(key.clone()),
            _ => error.into(),
        })?;
        if let Some(kept) = &self.kept {
            kept.journal.forget(key).await?;
        }
        Ok(forgotten)
    }
}

/// What the status is gathered from.
pub(crate) struct ControlRoom {
    /// Sessions.
    pub(crate) sessions: Arc<SessionRoom>,
    /// The policy; none while a stand-in decides.
    pub(crate) room: Option<Arc<PolicyRoom>>,
    /// The model.
    pub(crate) model: Arc<dyn ModelClient>,
    /// The tools.
    pub(crate) tools: Arc<dyn ToolExecutor>,
    /// What waits to be sent.
    pub(crate) outbox: Arc<dyn Outbox>,
    /// What waits to be answered, and for its file.
    pub(crate) gateway: Arc<Gateway>,
    /// Knows who is left alone; none where somebody else answers.
    pub(crate) router: Option<Arc<Router>>,
    /// What to know about models, as the settings had it at the start.
    pub(crate) model_warnings: Vec<String>,
    /// The hard budgets.
    pub(crate) budgets: Vec<BudgetInForce>,
    /// The settings in force.
    pub(crate) settings: Arc<Baseline>,
    /// Which adapter fills which port.
    pub(crate) ports: Vec<PortStatus>,
    /// The channels that run.
    pub(crate) channels: Vec<String>,
    /// How the networks among them are doing.
    pub(crate) networks: Vec<(String, Watch)>,
    /// The home.
    pub(crate) home: String,
    /// When the daemon was ready.
    pub(crate) started: WallTime,
}

#[async_trait]
impl Control for ControlRoom {
    async fn status(&self) -> StatusReport {
        let mut queues = self.gateway.lanes.status();
        queues.outbox = self.outbox.count().await.unwrap_or_default();
        let policy = match &self.room {
            Some(room) => Some(room.status().await),
            None => None,
        };
        let policy_rows = policy.iter().flat_map(policy_rows);
        let now = self.sessions.clock.now();
        let circuits = self.router.as_ref().map(|router| router.circuits()).unwrap_or_default();
        let left_alone = circuits.iter().filter_map(LeftAlone::of).map(|alone| alone.row(&now));
        let settings = settings::row(&self.settings).await;
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            home: self.home.clone(),
            started: self.started.clone(),
            now: now.clone(),
            model: self.model.info(),
            model_warnings: self.model_warnings.clone(),
            budgets: self.budgets.clone(),
            ports: self
                .ports
                .iter()
                .cloned()
                .chain(policy_rows)
                .chain(self.networks.iter().map(network))
                .chain(left_alone)
                .chain(settings)
                .collect(),
            channels: self.channels.clone(),
            tools: self.tools.specs().into_iter().map(|spec| spec.name).collect(),
            queues,
            policy,
        }
    }
}

impl ControlRoom {
    fn deliveries(&self) -> OutboxRoom {
        let SessionRoom { audit, clock, via, .. } = self.sessions.as_ref();
        OutboxRoom { outbox: self.outbox.clone(), audit: audit.clone(), clock: clock.clone(), via }
    }
}

#[async_trait]
impl OutboxAdmin for ControlRoom {
    async fn outbox(&self, wanted: &Wanted, limit: usize) -> Result<OutboxListing, ControlError> {
        self.deliveries().outbox(wanted, limit).await
    }

    async fn retry_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        let handled = self.deliveries().retry_deliveries(keys, actor).await;
        // Also after a failure: those before it are due.
        self.gateway.pump.wake();
        handled
    }

    async fn drop_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        let handled = self.deliveries().drop_deliveries(keys, actor).await;
        // What stood behind one of them may be due.
        self.gateway.pump.wake();
        handled
    }
}

#[async_trait]
impl PolicyAdmin for ControlRoom {
    async fn edit_policy(&self, ask: &PolicyAsk, actor: &str) -> Result<PolicyAnswer, ControlError> {
        self.room.as_ref().ok_or(ControlError::NoPolicy)?.edit_policy(ask, actor).await
    }
}

/// What an operator should know about the policy.
fn policy_rows(policy: &PolicyStatus) -> Vec<PortStatus> {
    let row =
        |adapter: String, warning: String| PortStatus { port: "policy", adapter, warning: Some(warning) };
    let closed = policy.closed.iter().map(|channel| row(format!("{channel}: closed"), no_owner(channel)));
    let trouble = policy.trouble.iter().map(|line| row("policy.json: not in force".to_owned(), line.clone()));
    let sealed =
        policy.sealed.iter().map(|why| row("policy.json: commands cannot change it".to_owned(), why.clone()));
    closed.chain(trouble).chain(sealed).collect()
}

/// What is missing on a network that is kept shut, and where it goes.
fn no_owner(channel: &str) -> String {
    let by_settings = if channel == "irc" { " or channels.irc.owners in config.toml" } else { "" };
    format!("nobody may talk there until it has an owner: owners.{channel} in policy.json{by_settings}")
}

fn network((name, state): &(String, Watch)) -> PortStatus {
    let state = state();
    PortStatus {
        port: "channel",
        adapter: format!("{name}: {}", state.words),
        warning: (!state.connected).then(|| format!("{name} is not connected; the log says why")),
    }
}

#[async_trait]
impl SessionAdmin for ControlRoom {
    async fn sessions(&self) -> Result<Vec<SessionSummary>, ControlError> {
        self.sessions.sessions().await
    }

    async fn session(&self, key: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, ControlError> {
        self.sessions.session(key, limit).await
    }

    /// Runs in the session's lane, so that no turn runs meanwhile.
    async fn reset_session(&self, key: &SessionKey, actor: &str) -> Result<usize, ControlError> {
        let busy = || ControlError::Busy(key.clone());
        if self.gateway.lanes.is_busy(key) {
            return Err(busy());
        }
        let place = self.gateway.lanes.promise(key).map_err(|_| busy())?;
        let (sender, done) = oneshot::channel();
        let sessions = self.sessions.clone();
        let (session, actor) = (key.clone(), actor.to_owned());
        place.fill(move |_| async move {
            let reset = sessions.reset_session(&session, &actor).await;
            // Whoever asked may have left.
            let _ = sender.send(reset);
        });
        done.await.unwrap_or_else(|_| Err(busy()))
    }
}
