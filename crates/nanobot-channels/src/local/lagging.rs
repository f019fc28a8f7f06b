//! Which turns are shown no further, because a live event of theirs was dropped.
//!
//! What a person has seen of an answer stays a beginning of it: after the first gap the rest is dropped too,
//! until the turn ends. One turn runs in a chat at a time, so one is remembered for each chat.

use std::collections::HashMap;

use nanobot_core::ids::{ChatId, TurnId};

/// At most one turn for each chat; how many chats there are is bounded by whoever fills it.
#[derive(Debug, Default)]
pub(crate) struct Lagging(HashMap<ChatId, TurnId>);

impl Lagging {
    /// Whether an event of this turn was dropped before.
    pub(crate) fn has(&self, chat: &ChatId, turn: &TurnId) -> bool {
        self.0.get(chat) == Some(turn)
    }

    /// An event of this turn was dropped.
    pub(crate) fn add(&mut self, chat: &ChatId, turn: &TurnId) {
        self.0.insert(chat.clone(), turn.clone());
    }

    /// The turn has ended.
    pub(crate) fn end(&mut self, chat: &ChatId, turn: &TurnId) {
        if self.has(chat, turn) {
            self.0.remove(chat);
        }
    }

    /// In how many chats a turn lags.
    pub(crate) fn chats(&self) -> usize {
        self.0.len()
    }
}
