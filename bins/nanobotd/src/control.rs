//! The operator's side of the daemon: status and sessions.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{
    AdminAct, AuditLog, Clock, Control, ControlError, HistoryMessage, ModelClient, Outbox, PortStatus,
    SessionAdmin, SessionStore, SessionSummary, StatusReport, StoreErrorKind, ToolExecutor,
};
use nanobot_core::time::WallTime;
use tokio::sync::oneshot;

use crate::gateway::Gateway;

/// Session lines that may wait for their files: as many as the journal takes.
const WAITING_LIMIT: usize = 10_000;

/// Sessions as an operator handles them, with or without a daemon: the command line uses the same code on a
/// home that it has locked.
pub struct SessionRoom {
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// One row per act.
    pub audit: Arc<dyn AuditLog>,
    /// Dates the rows.
    pub clock: Arc<dyn Clock>,
    /// Over which way acts come in (`socket`, `cli`).
    pub via: &'static str,
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
        if !self.sessions.contains(key).await? {
            self.audit.record(&act("refused"), &now).await?;
            return Err(ControlError::NoSuchSession(key.clone()));
        }
        // Written first: an act that cannot be written down does not happen.
        self.audit.record(&act("done"), &now).await?;
        match self.sessions.reset(key, now.local()).await {
            Ok(forgotten) => Ok(forgotten),
            Err(error) => {
                self.audit.record(&act("failed"), &now).await?;
                match error.kind {
                    StoreErrorKind::NotFound => Err(ControlError::NoSuchSession(key.clone())),
                    _ => Err(error.into()),
                }
            }
        }
    }
}

/// What the status is gathered from.
pub(crate) struct ControlRoom {
    /// Sessions.
    pub(crate) sessions: Arc<SessionRoom>,
    /// The model.
    pub(crate) model: Arc<dyn ModelClient>,
    /// The tools.
    pub(crate) tools: Arc<dyn ToolExecutor>,
    /// What waits to be sent.
    pub(crate) outbox: Arc<dyn Outbox>,
    /// What waits to be answered, and for its file.
    pub(crate) gateway: Arc<Gateway>,
    /// Which adapter fills which port.
    pub(crate) ports: Vec<PortStatus>,
    /// The channels that run.
    pub(crate) channels: Vec<String>,
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
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            home: self.home.clone(),
            started: self.started.clone(),
            now: self.sessions.clock.now(),
            model: self.model.info(),
            ports: self.ports.clone(),
            channels: self.channels.clone(),
            tools: self.tools.specs().into_iter().map(|spec| spec.name).collect(),
            queues,
        }
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

    /// Runs in the session's lane, so that no turn runs meanwhile, and after its lines have left the journal,
    /// so that none comes back.
    async fn reset_session(&self, key: &SessionKey, actor: &str) -> Result<usize, ControlError> {
        let busy = || ControlError::Busy(key.clone());
        if self.gateway.lanes.is_busy(key) {
            return Err(busy());
        }
        let place = self.gateway.lanes.promise(key).map_err(|_| busy())?;
        let (sender, done) = oneshot::channel();
        let (gateway, sessions) = (self.gateway.clone(), self.sessions.clone());
        let (session, actor) = (key.clone(), actor.to_owned());
        place.fill(move |_| async move {
            // A failure of another session's file is no matter here; one of this session is seen below.
            let _ = gateway.projector.run().await;
            let waits = gateway
                .journal
                .unprojected(WAITING_LIMIT)
                .await
                .map(|rows| rows.iter().any(|row| row.append.session == session));
            let reset = match waits {
                Ok(false) => sessions.reset_session(&session, &actor).await,
                Ok(true) => Err(ControlError::LinesWait(session)),
                Err(error) => Err(error.into()),
            };
            // Whoever asked may have left.
            let _ = sender.send(reset);
        });
        done.await.unwrap_or_else(|_| Err(busy()))
    }
}
