//! A daemon's control port over sessions and an outbox in memory.

use std::collections::HashSet;
use std::sync::Mutex;

use async_trait::async_trait;

use super::event::SENT_AT;
use super::{MemoryJournal, MemorySessions, ScriptedModel};
use crate::ids::{DeliveryKey, SessionKey};
use crate::ports::{
    Control, ControlError, DeliveriesHandled, HistoryMessage, ModelClient, Outbox, OutboxAdmin,
    OutboxListing, PolicyAdmin, PolicyAnswer, PolicyAsk, PortStatus, QueueStatus, SessionAdmin, SessionStore,
    SessionSummary, StatusReport, StoreErrorKind, Wanted,
};
use crate::stand_in::hold;
use crate::time::{Timestamp, WallTime, civil};

/// Controls nothing but its own sessions and outbox; the status is made up.
#[derive(Debug, Default)]
pub struct FakeControl {
    /// The sessions; a test fills them, and makes them fail.
    pub sessions: MemorySessions,
    /// The outbox; a test fills it by closing turns, and makes it fail.
    pub journal: MemoryJournal,
    busy: Mutex<HashSet<SessionKey>>,
    resets: Mutex<Vec<(SessionKey, String)>>,
    edits: Mutex<Vec<(PolicyAsk, String)>>,
    handled: Mutex<Vec<(&'static str, DeliveryKey, String)>>,
}

impl FakeControl {
    /// Without sessions and deliveries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pretends that a turn runs there.
    pub fn pretend_busy(&self, session: SessionKey) {
        hold(&self.busy).insert(session);
    }

    /// Every reset that took effect, with its actor.
    pub fn resets(&self) -> Vec<(SessionKey, String)> {
        hold(&self.resets).clone()
    }

    /// Every wish about the policy, with who had it.
    pub fn policy_edits(&self) -> Vec<(PolicyAsk, String)> {
        hold(&self.edits).clone()
    }

    /// Every delivery that was taken back (`retry`) or given up (`drop`), with who did it.
    pub fn handled(&self) -> Vec<(&'static str, DeliveryKey, String)> {
        hold(&self.handled).clone()
    }

    fn handle(
        &self,
        act: &'static str,
        key: &DeliveryKey,
        actor: &str,
        known: bool,
        all: &mut DeliveriesHandled,
    ) {
        if known {
            hold(&self.handled).push((act, key.clone(), actor.to_owned()));
            all.done.push(key.clone());
        } else {
            all.unknown.push(key.clone());
        }
    }
}

#[async_trait]
impl SessionAdmin for FakeControl {
    async fn sessions(&self) -> Result<Vec<SessionSummary>, ControlError> {
        Ok(self.sessions.list().await?)
    }

    async fn session(&self, key: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, ControlError> {
        if !self.sessions.list().await?.iter().any(|known| known.session == *key) {
            return Err(ControlError::NoSuchSession(key.clone()));
        }
        Ok(self.sessions.history(key, limit).await?)
    }

    async fn reset_session(&self, key: &SessionKey, actor: &str) -> Result<usize, ControlError> {
        if hold(&self.busy).contains(key) {
            return Err(ControlError::Busy(key.clone()));
        }
        let now = civil::date(2026, 2, 22).at(12, 0, 0, 0);
        let forgotten = self.sessions.reset(key, now).await.map_err(|error| match error.kind {
            StoreErrorKind::NotFound => ControlError::NoSuchSession(key.clone()),
            _ => ControlError::Store(error),
        })?;
        hold(&self.resets).push((key.clone(), actor.to_owned()));
        Ok(forgotten)
    }
}

#[async_trait]
impl OutboxAdmin for FakeControl {
    async fn outbox(&self, wanted: &Wanted, limit: usize) -> Result<OutboxListing, ControlError> {
        let mut rows = self.journal.list(usize::MAX).await?;
        rows.retain(|row| wanted.takes(row));
        let total = rows.len();
        rows.truncate(limit);
        Ok(OutboxListing { rows, total })
    }

    async fn retry_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        let mut all = DeliveriesHandled::default();
        for key in keys {
            let known = match self.journal.release(key).await {
                Ok(()) => true,
                Err(error) if error.kind == StoreErrorKind::NotFound => false,
                Err(error) => return Err(error.into()),
            };
            self.handle("retry", key, actor, known, &mut all);
        }
        Ok(all)
    }

    async fn drop_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        let mut all = DeliveriesHandled::default();
        for key in keys {
            let known = self.journal.discard(key, "dropped by the operator").await?;
            self.handle("drop", key, actor, known, &mut all);
        }
        Ok(all)
    }
}

#[async_trait]
impl PolicyAdmin for FakeControl {
    /// Applies everything, and remembers it.
    async fn edit_policy(&self, ask: &PolicyAsk, actor: &str) -> Result<PolicyAnswer, ControlError> {
        hold(&self.edits).push((ask.clone(), actor.to_owned()));
        Ok(PolicyAnswer {
            outcome: "applied".to_owned(),
            reply: "done".to_owned(),
            command: "fake".to_owned(),
            dry_run: ask.dry_run,
            before_hash: None,
            after_hash: None,
            change: None,
        })
    }
}

#[async_trait]
impl Control for FakeControl {
    async fn status(&self) -> StatusReport {
        let instant = SENT_AT.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
        StatusReport {
            version: "0.0.0-fake".to_owned(),
            pid: 1,
            home: "/home/nobody/.nanobot".to_owned(),
            started: WallTime::utc(instant),
            now: WallTime::utc(instant),
            model: ScriptedModel::new().info(),
            model_warnings: Vec::new(),
            budgets: Vec::new(),
            ports: vec![PortStatus { port: "journal", adapter: "memory_journal".to_owned(), warning: None }],
            channels: vec!["cli".to_owned()],
            tools: Vec::new(),
            queues: QueueStatus {
                outbox: self.journal.count().await.unwrap_or_default(),
                ..QueueStatus::default()
            },
            policy: None,
        }
    }
}
