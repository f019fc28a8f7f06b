//! The archive of inbound messages, in memory: quotes resolve until the process ends.
//!
//! Bounded twice: the oldest messages of a chat give way, and so does the chat that was written to least
//! recently. Nothing is kept on disk and nothing expires by age.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock::hold;
use crate::ids::{ChannelName, ChatId, MessageId};
use crate::ports::{ArchivedMessage, InboundArchive, StoreError};
use crate::units::ByteCount;

/// An archive without a file.
#[derive(Debug, Default)]
pub struct VolatileArchive {
    state: Mutex<State>,
}

impl VolatileArchive {
    /// The name by which a configuration chooses it.
    pub const NAME: &'static str = "volatile_archive";

    /// At most so many messages of one chat are kept; the oldest is dropped for a new one. Several times
    /// what the reply and ambient windows show.
    pub const MAX_MESSAGES_PER_CHAT: usize = 256;

    /// At most so many chats are kept; the one written to least recently is dropped for a new one.
    pub const MAX_CHATS: usize = 1_000;

    /// At most so many code points of a message are kept: far more than any window shows of it.
    pub const MAX_MESSAGE_CHARS: usize = 4_096;

    /// At most so many bytes of text are kept in all; the chats written to least recently give way.
    pub const MAX_TEXT: ByteCount = ByteCount::mib(16);

    /// An empty archive.
    pub fn new() -> Self {
        Self::default()
    }
}

/// A chat is known by network and conversation.
type ChatKey = (ChannelName, ChatId);

#[derive(Debug, Default)]
struct State {
    chats: HashMap<ChatKey, Chat>,
    /// Counts writes: the larger, the more recent.
    writes: u64,
    /// Text in all chats.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Chat {
    /// In the order in which they were stored.
    messages: VecDeque<ArchivedMessage>,
    last_write: u64,
}

impl Chat {
    fn position(&self, id: &MessageId) -> Option<usize> {
        self.messages.iter().position(|message| message.message_id == *id)
    }
}

impl State {
    fn insert(&mut self, message: &ArchivedMessage) {
        let key = (message.channel.clone(), message.chat.clone());
        if self.chats.get(&key).is_some_and(|chat| chat.position(&message.message_id).is_some()) {
            return;
        }
        if !self.chats.contains_key(&key) && self.chats.len() >= VolatileArchive::MAX_CHATS {
            self.drop_stalest();
        }
        let kept = message.text.chars().take(VolatileArchive::MAX_MESSAGE_CHARS).collect::<String>();
        self.writes += 1;
        self.bytes += kept.len();
        let chat = self.chats.entry(key).or_default();
        chat.last_write = self.writes;
        let dropped = (chat.messages.len() >= VolatileArchive::MAX_MESSAGES_PER_CHAT)
            .then(|| chat.messages.pop_front())
            .flatten();
        chat.messages.push_back(ArchivedMessage { text: kept, ..message.clone() });
        self.bytes -= dropped.map_or(0, |old| old.text.len());
        while ByteCount::of(self.bytes) > VolatileArchive::MAX_TEXT && self.chats.len() > 1 {
            self.drop_stalest();
        }
    }

    fn drop_stalest(&mut self) {
        let stalest = self.chats.iter().min_by_key(|(_, chat)| chat.last_write).map(|(key, _)| key.clone());
        if let Some(chat) = stalest.and_then(|key| self.chats.remove(&key)) {
            self.bytes -= chat.messages.iter().map(|message| message.text.len()).sum::<usize>();
        }
    }

    fn chat(&self, channel: &ChannelName, chat: &ChatId) -> Option<&Chat> {
        self.chats.get(&(channel.clone(), chat.clone()))
    }
}

#[async_trait]
impl InboundArchive for VolatileArchive {
    async fn record(&self, message: &ArchivedMessage) -> Result<(), StoreError> {
        hold(&self.state).insert(message);
        Ok(())
    }

    async fn find(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        message: &MessageId,
    ) -> Result<Option<ArchivedMessage>, StoreError> {
        let state = hold(&self.state);
        let found = state.chat(channel, chat).and_then(|chat| {
            let at = chat.position(message)?;
            chat.messages.get(at).cloned()
        });
        Ok(found)
    }

    async fn before(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        anchor: &MessageId,
        limit: usize,
    ) -> Result<Vec<ArchivedMessage>, StoreError> {
        let state = hold(&self.state);
        let Some((chat, end)) =
            state.chat(channel, chat).and_then(|chat| Some((chat, chat.position(anchor)?)))
        else {
            return Ok(Vec::new());
        };
        let first = end.saturating_sub(limit);
        Ok(chat.messages.range(first..end).cloned().collect())
    }
}

#[cfg(test)]
mod tests;
