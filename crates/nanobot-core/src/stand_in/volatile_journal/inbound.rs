//! Which messages and turns are known: numbers, repeats, attempts. Plain data; the journal holds the lock.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::VolatileJournal;
use crate::event::InboundEvent;
use crate::ids::{AccountId, ChannelName, ChatId, MessageId, TurnId};
use crate::ports::{Attempt, InboundId, Ingested, Seen, StoreError, StoreErrorKind};
use crate::time::WallTime;

/// What makes two messages the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct MessageKey {
    channel: ChannelName,
    account: AccountId,
    chat: ChatId,
    message: MessageId,
}

impl MessageKey {
    /// None for a message that its network gives no id.
    fn of(event: &InboundEvent) -> Option<Self> {
        Some(Self {
            channel: event.channel.clone(),
            account: event.account.clone(),
            chat: event.chat.clone(),
            message: event.message_id.clone()?,
        })
    }
}

/// Inbound messages by key, and the tries at those that are not closed.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    /// How many numbers were given; the last one given is this one.
    given: u64,
    known: HashMap<MessageKey, InboundId>,
    /// The keys of `known`, oldest first.
    order: VecDeque<MessageKey>,
    attempts: BTreeMap<InboundId, u32>,
}

impl Inbound {
    pub(super) fn ingest(&mut self, event: &InboundEvent) -> Ingested {
        let key = MessageKey::of(event);
        if let Some(id) = key.as_ref().and_then(|key| self.known.get(key)) {
            return Ingested { id: *id, seen: Seen::Again };
        }
        self.given += 1;
        let id = InboundId(self.given);
        if let Some(key) = key {
            if self.order.len() >= VolatileJournal::MAX_REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
            self.order.push_back(key.clone());
            self.known.insert(key, id);
        }
        Ingested { id, seen: Seen::First }
    }

    pub(super) fn begin(&mut self, id: InboundId, at: &WallTime) -> Result<Attempt, StoreError> {
        if id.0 == 0 || id.0 > self.given {
            return Err(StoreError::new(StoreErrorKind::NotFound, "beginning a turn of an unknown message"));
        }
        if !self.attempts.contains_key(&id) && self.attempts.len() >= VolatileJournal::MAX_REMEMBERED {
            self.attempts.pop_first();
        }
        let count = self.attempts.entry(id).or_insert(0);
        *count = count.saturating_add(1);
        Ok(Attempt { number: *count, at: at.clone(), steps: Vec::new() })
    }

    pub(super) fn hand_back(&mut self, id: InboundId) {
        if let Some(count) = self.attempts.get_mut(&id) {
            *count = count.saturating_sub(1);
        }
    }

    /// The message has its outcome; its tries need not be counted any more.
    pub(super) fn finish(&mut self, id: InboundId) {
        self.attempts.remove(&id);
    }
}

/// The turns that were closed, so that closing one again changes nothing.
#[derive(Debug, Default)]
pub(super) struct ClosedTurns {
    known: HashSet<TurnId>,
    /// The members of `known`, oldest first.
    order: VecDeque<TurnId>,
}

impl ClosedTurns {
    pub(super) fn contains(&self, turn: &TurnId) -> bool {
        self.known.contains(turn)
    }

    pub(super) fn remember(&mut self, turn: TurnId) {
        if self.order.len() >= VolatileJournal::MAX_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        if self.known.insert(turn.clone()) {
            self.order.push_back(turn);
        }
    }
}
