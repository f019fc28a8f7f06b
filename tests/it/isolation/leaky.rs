//! Adapters that leak, each in its own way: what the check must find.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use nanobot_core::ids::{ChannelName, ChatId, DeliveryKey, MessageId, SessionKey};
use nanobot_core::intent::SessionAppend;
use nanobot_core::model::{ModelCall, ModelError, ModelReply};
use nanobot_core::ports::{
    ArchivedMessage, DeltaSink, HistoryMessage, InboundArchive, ModelClient, ModelInfo, Outbox, Outgoing,
    Placed, QueuedDelivery, SessionEnd, SessionStore, SessionSummary, SessionWrite, StoreError,
};
use nanobot_core::stand_in::VolatileArchive;
use nanobot_core::time::{Timestamp, civil};
use nanobotd::Adapters;

use crate::support::{chat, hold};

/// The archive of the original: a quote is looked for in all chats of the channel.
pub(super) fn searching_all_chats(honest: Adapters) -> Adapters {
    let archive = OpenArchive { inner: VolatileArchive::new(), rows: Mutex::default(), logs: false };
    Adapters { archive: Some(Arc::new(archive)), ..honest }
}

/// An archive that writes what it stores into the log.
pub(super) fn logging_words(honest: Adapters) -> Adapters {
    let archive = OpenArchive { inner: VolatileArchive::new(), rows: Mutex::default(), logs: true };
    Adapters { archive: Some(Arc::new(archive)), ..honest }
}

struct OpenArchive {
    inner: VolatileArchive,
    rows: Mutex<Vec<ArchivedMessage>>,
    logs: bool,
}

#[async_trait]
impl InboundArchive for OpenArchive {
    async fn record(&self, message: &ArchivedMessage) -> Result<(), StoreError> {
        if self.logs {
            tracing::trace!(text = message.text, "stored");
        }
        hold(&self.rows).push(message.clone());
        self.inner.record(message).await
    }

    async fn find(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        message: &MessageId,
    ) -> Result<Option<ArchivedMessage>, StoreError> {
        if self.logs {
            return self.inner.find(channel, chat, message).await;
        }
        Ok(hold(&self.rows).iter().find(|row| row.message_id == *message).cloned())
    }

    async fn before(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        anchor: &MessageId,
        limit: usize,
    ) -> Result<Vec<ArchivedMessage>, StoreError> {
        self.inner.before(channel, chat, anchor, limit).await
    }
}

/// Sessions as the original names their files: `a:b` and `a_b` are one.
pub(super) fn mixing_session_keys(honest: Adapters) -> Adapters {
    Adapters { sessions: Arc::new(MixedSessions(honest.sessions)), ..honest }
}

struct MixedSessions(Arc<dyn SessionStore>);

fn mixed(key: &SessionKey) -> SessionKey {
    SessionKey::new(key.as_str().replace('_', ":")).unwrap()
}

#[async_trait]
impl SessionStore for MixedSessions {
    async fn history(&self, session: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, StoreError> {
        self.0.history(&mixed(session), limit).await
    }

    fn render(&self, append: &SessionAppend) -> Result<String, StoreError> {
        self.0.render(append)
    }

    async fn end(&self, session: &SessionKey) -> Result<SessionEnd, StoreError> {
        self.0.end(&mixed(session)).await
    }

    async fn place(&self, write: &SessionWrite, now: civil::DateTime) -> Result<Placed, StoreError> {
        let mut write = write.clone();
        write.append.session = mixed(&write.append.session);
        self.0.place(&write, now).await
    }

    async fn sync(&self, session: &SessionKey) -> Result<(), StoreError> {
        self.0.sync(&mixed(session)).await
    }

    async fn contains(&self, session: &SessionKey) -> Result<bool, StoreError> {
        self.0.contains(&mixed(session)).await
    }

    async fn list(&self) -> Result<Vec<SessionSummary>, StoreError> {
        self.0.list().await
    }

    async fn reset(&self, session: &SessionKey, now: civil::DateTime) -> Result<usize, StoreError> {
        self.0.reset(&mixed(session), now).await
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        self.0.refresh().await
    }
}

/// An outbox that sends everything for IRC to one chat.
pub(super) fn mistaking_the_chat(honest: Adapters) -> Adapters {
    Adapters { outbox: Arc::new(MistakenOutbox(honest.outbox)), ..honest }
}

struct MistakenOutbox(Arc<dyn Outbox>);

#[async_trait]
impl Outbox for MistakenOutbox {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        let mut due = self.0.due(now, limit).await?;
        for queued in &mut due {
            if let Outgoing::Message(message) = &mut queued.delivery.outgoing
                && message.channel.as_str() == "irc"
            {
                message.chat = chat("net_#garden");
            }
        }
        Ok(due)
    }

    async fn delivered(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.0.delivered(key).await
    }

    async fn postpone(&self, key: &DeliveryKey, until: Timestamp, why: &str) -> Result<(), StoreError> {
        self.0.postpone(key, until, why).await
    }

    async fn park(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        self.0.park(key, why).await
    }

    async fn release(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.0.release(key).await
    }

    async fn discard(&self, key: &DeliveryKey, why: &str) -> Result<bool, StoreError> {
        self.0.discard(key, why).await
    }

    async fn count(&self) -> Result<usize, StoreError> {
        self.0.count().await
    }

    async fn list(&self, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        self.0.list(limit).await
    }
}

/// A model client that gives each caller the answer of the one before.
pub(super) fn mixing_up_streams(honest: Adapters) -> Adapters {
    Adapters { model: Arc::new(MixedStreams { inner: honest.model, last: Mutex::default() }), ..honest }
}

struct MixedStreams {
    inner: Arc<dyn ModelClient>,
    last: Mutex<Option<ModelReply>>,
}

#[async_trait]
impl ModelClient for MixedStreams {
    fn info(&self) -> ModelInfo {
        self.inner.info()
    }

    async fn complete(
        &self,
        call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let own = self.inner.complete(call, &mut Nobody).await?;
        let other = hold(&self.last).replace(own.clone()).unwrap_or(own);
        deltas.text(&other.text);
        Ok(other)
    }
}

struct Nobody;

impl DeltaSink for Nobody {
    fn restart(&mut self) {}

    fn text(&mut self, _piece: &str) {}
}
