//! A chat network that takes whatever it is given, at once, and tells the chat when that was.
//!
//! Messages do not come in here: chats hold the way in themselves (`traffic`).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use async_trait::async_trait;
use nanobot_core::ids::{ChannelName, ChatId};
use nanobot_core::ports::{ChannelSender, Delivery, Outgoing, SendError};
use nanobotd::{Network, NetworkState};
use tokio::sync::mpsc;

use crate::model::ANSWER;
use crate::now;

/// Arrivals that a chat may have waiting. It asks for one at a time; one more is an answer too many, which is told.
const WAITING: usize = 2;

/// Something reached a chat.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    /// It is what the model said, and no notice of a failure.
    pub(crate) is_answer: bool,
}

/// Where each chat listens.
pub(crate) struct Arrivals {
    channel: ChannelName,
    chats: RwLock<HashMap<ChatId, mpsc::Sender<Arrival>>>,
}

impl Arrivals {
    pub(crate) fn new(channel: ChannelName) -> Arc<Self> {
        Arc::new(Self { channel, chats: RwLock::default() })
    }

    /// What reaches this chat from now on.
    pub(crate) fn listen(&self, chat: ChatId) -> mpsc::Receiver<Arrival> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.chats.write().unwrap_or_else(PoisonError::into_inner).insert(chat, sender);
        receiver
    }

    /// The network as the daemon starts it.
    pub(crate) fn network(self: &Arc<Self>) -> Network {
        Network {
            sender: self.clone(),
            state: Arc::new(|| NetworkState { words: "takes everything".to_owned(), connected: true }),
            run: Box::new(|ingest, cancel| {
                Box::pin(async move {
                    cancel.cancelled().await;
                    drop(ingest);
                })
            }),
        }
    }
}

#[async_trait]
impl ChannelSender for Arrivals {
    fn channel(&self) -> ChannelName {
        self.channel.clone()
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        let at = now();
        let is_answer = match &delivery.outgoing {
            Outgoing::Message(message) => message.text == ANSWER,
            Outgoing::Reaction(_) => false,
        };
        let (_, chat) = delivery.outgoing.target();
        let chats = self.chats.read().unwrap_or_else(PoisonError::into_inner);
        let listener = chats.get(chat).ok_or(SendError::NobodyThere)?;
        let refused = |_| SendError::Rejected { code: "an answer too many".to_owned() };
        listener.try_send(Arrival { at, is_answer }).map_err(refused)
    }
}
