//! `volatile_journal`: journal and outbox in memory. Everything is forgotten when the process ends.
//!
//! It keeps the rules of order, repetition and limits, not the one of durability; `is_durable` says so.
//! Steps are accepted and not kept: without a restart to survive, nobody would read them.

mod inbound;
mod lines;
mod queue;

use std::sync::Mutex;

use async_trait::async_trait;

use self::inbound::{ClosedTurns, Inbound};
use self::lines::Lines;
use self::queue::DeliveryQueue;
use super::lock::hold;
use crate::event::InboundEvent;
use crate::ids::{DeliveryKey, SessionKey, TurnId};
use crate::ports::{
    Attempt, Closing, InboundId, Ingested, Journal, LineQueue, OpenTurn, Outbox, PendingAppend,
    QueuedDelivery, StoreError, StoreErrorKind, Tidied,
};
use crate::record::{StepDone, StepStarted};
use crate::time::{Timestamp, WallTime};

/// A journal and outbox without a file.
#[derive(Debug, Default)]
pub struct VolatileJournal {
    state: Mutex<State>,
}

impl VolatileJournal {
    /// The name by which a configuration chooses it.
    pub const NAME: &'static str = "volatile_journal";

    /// So many message keys, running attempts and closed turns are remembered; the oldest are forgotten.
    /// Days of a busy account, and a few megabytes.
    pub const MAX_REMEMBERED: usize = 50_000;

    /// So many deliveries may wait or be parked; a closing that would pass this is refused.
    pub const MAX_OUTBOX_ROWS: usize = 10_000;

    /// So many session appends may wait for their file; a closing that would pass this is refused.
    pub const MAX_PENDING_APPENDS: usize = 10_000;

    /// At most so many of them may be of one session.
    pub const MAX_PENDING_APPENDS_PER_SESSION: usize = 500;

    /// At most so many of them are parked; the oldest is forgotten for a new one.
    pub const MAX_PARKED_ROWS: usize = 1_000;

    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }
}

#[derive(Debug, Default)]
struct State {
    inbound: Inbound,
    closed: ClosedTurns,
    queue: DeliveryQueue,
    lines: Lines,
}

impl State {
    /// Checks first and changes afterwards, so that a refused closing leaves nothing behind.
    fn close(&mut self, closing: &Closing) -> Result<(), StoreError> {
        if self.closed.contains(&closing.turn) {
            return Ok(());
        }
        let full = |what| StoreError::new(StoreErrorKind::Limit, format!("closing a turn: {what}"));
        if self.queue.len() + closing.deliveries.len() > VolatileJournal::MAX_OUTBOX_ROWS {
            return Err(full("too many deliveries wait"));
        }
        self.lines.room_for(&closing.sessions).map_err(full)?;
        for write in &closing.sessions {
            self.lines.push(write.clone(), closing.at.clone());
        }
        for delivery in &closing.deliveries {
            self.queue.push(delivery.clone());
        }
        if let Some(id) = closing.inbound {
            self.inbound.finish(id);
        }
        self.closed.remember(closing.turn.clone());
        Ok(())
    }
}

#[async_trait]
impl Journal for VolatileJournal {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn is_durable(&self) -> bool {
        false
    }

    async fn ingest(
        &self,
        event: &InboundEvent,
        _turn: &TurnId,
        _at: Timestamp,
    ) -> Result<Ingested, StoreError> {
        Ok(hold(&self.state).inbound.ingest(event))
    }

    async fn begin(&self, inbound: InboundId, at: &WallTime) -> Result<Attempt, StoreError> {
        hold(&self.state).inbound.begin(inbound, at)
    }

    async fn hand_back(&self, inbound: InboundId) -> Result<(), StoreError> {
        hold(&self.state).inbound.hand_back(inbound);
        Ok(())
    }

    async fn step_started(&self, _turn: &TurnId, _step: &StepStarted) -> Result<(), StoreError> {
        Ok(())
    }

    async fn step_done(&self, _turn: &TurnId, _step: &StepDone) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self, closing: &Closing) -> Result<(), StoreError> {
        hold(&self.state).close(closing)
    }

    /// None: whoever could be told of them has forgotten them as well.
    async fn open_turns(&self, _after: InboundId, _limit: usize) -> Result<Vec<OpenTurn>, StoreError> {
        Ok(Vec::new())
    }

    /// Words are kept only while they are on their way.
    async fn forget(&self, _session: &SessionKey) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn tidy(&self, _now: Timestamp) -> Result<Tidied, StoreError> {
        Ok(Tidied::default())
    }

    /// It has nothing to let go of.
    async fn shut_down(&self) {}
}

#[async_trait]
impl LineQueue for VolatileJournal {
    async fn waiting(&self, limit: usize) -> Result<Vec<PendingAppend>, StoreError> {
        Ok(hold(&self.state).lines.waiting().take(limit).cloned().collect())
    }

    async fn waiting_in(&self, session: &SessionKey) -> Result<Vec<PendingAppend>, StoreError> {
        let state = hold(&self.state);
        Ok(state.lines.waiting().filter(|row| row.write.append.session == *session).cloned().collect())
    }

    async fn end_of(&self, session: &SessionKey) -> Result<Option<u64>, StoreError> {
        Ok(hold(&self.state).lines.end_of(session))
    }

    fn written(&self, row: u64, end: u64) {
        hold(&self.state).lines.written(row, end);
    }

    fn unsettled(&self, limit: usize) -> Vec<(SessionKey, u64)> {
        hold(&self.state).lines.unsettled(limit)
    }

    async fn settle(&self, sessions: &[(SessionKey, u64)]) -> Result<(), StoreError> {
        hold(&self.state).lines.settle(sessions);
        Ok(())
    }
}

#[async_trait]
impl Outbox for VolatileJournal {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        Ok(hold(&self.state).queue.due(now, limit))
    }

    async fn delivered(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        hold(&self.state).queue.remove(key);
        Ok(())
    }

    async fn postpone(&self, key: &DeliveryKey, until: Timestamp, _why: &str) -> Result<(), StoreError> {
        hold(&self.state).queue.postpone(key, until)
    }

    async fn park(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        hold(&self.state).queue.park(key, why)
    }

    async fn release(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        hold(&self.state).queue.release(key)
    }

    async fn discard(&self, key: &DeliveryKey, _why: &str) -> Result<bool, StoreError> {
        Ok(hold(&self.state).queue.remove(key))
    }

    async fn count(&self) -> Result<usize, StoreError> {
        Ok(hold(&self.state).queue.len())
    }

    async fn list(&self, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        Ok(hold(&self.state).queue.list(limit))
    }
}

#[cfg(test)]
mod tests;
