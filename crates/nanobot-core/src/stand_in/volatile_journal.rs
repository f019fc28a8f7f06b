//! `volatile_journal`: journal and outbox in memory. Everything is forgotten when the process ends.
//!
//! It keeps the rules of order, repetition and limits, not the one of durability; `is_durable` says so.
//! Steps are accepted and not kept: without a restart to survive, nobody would read them.

mod inbound;
mod queue;

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;

use self::inbound::{ClosedTurns, Inbound};
use self::queue::DeliveryQueue;
use super::lock::hold;
use crate::event::InboundEvent;
use crate::ids::{DeliveryKey, TurnId};
use crate::intent::SessionAppend;
use crate::ports::{
    Attempt, Closing, InboundId, Ingested, Journal, Outbox, PendingAppend, QueuedDelivery, StoreError,
    StoreErrorKind,
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
    pending: VecDeque<PendingAppend>,
    appends: u64,
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
        if self.pending.len() + closing.sessions.len() > VolatileJournal::MAX_PENDING_APPENDS {
            return Err(full("too many session lines wait"));
        }
        // One session whose file cannot be written must not fill the journal for all.
        let stuck = |append: &SessionAppend| {
            let of_session = self.pending.iter().filter(|row| row.append.session == append.session);
            of_session.count() >= VolatileJournal::MAX_PENDING_APPENDS_PER_SESSION
        };
        if closing.sessions.iter().any(stuck) {
            return Err(full("too many lines of this session wait for its file"));
        }
        for append in &closing.sessions {
            self.appends += 1;
            let at = closing.at.clone();
            self.pending.push_back(PendingAppend { id: self.appends, append: append.clone(), at });
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

    async fn ingest(&self, event: &InboundEvent) -> Result<Ingested, StoreError> {
        Ok(hold(&self.state).inbound.ingest(event))
    }

    async fn begin(&self, inbound: InboundId, _turn: &TurnId, _at: &WallTime) -> Result<Attempt, StoreError> {
        hold(&self.state).inbound.begin(inbound)
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

    async fn unprojected(&self, limit: usize) -> Result<Vec<PendingAppend>, StoreError> {
        Ok(hold(&self.state).pending.iter().take(limit).cloned().collect())
    }

    async fn projected(&self, id: u64) -> Result<(), StoreError> {
        hold(&self.state).pending.retain(|append| append.id != id);
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

    async fn discard(&self, key: &DeliveryKey, _why: &str) -> Result<(), StoreError> {
        hold(&self.state).queue.remove(key);
        Ok(())
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
