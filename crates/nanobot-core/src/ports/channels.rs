//! Chat networks: messages in (driving), messages out (driven), and what is seen while a turn runs.

use std::time::Duration;

use async_trait::async_trait;

use crate::event::InboundEvent;
use crate::ids::{ChannelName, ChatId, SessionKey, TurnId};
use crate::outcome::TurnOutcome;
use crate::ports::{Delivery, StoreError};

/// The way in: what a channel adapter calls for every message. Implemented by the daemon.
#[async_trait]
pub trait Ingest: Send + Sync {
    /// Stores the message and queues its turn. When this returns `Ok`, the channel may acknowledge.
    ///
    /// # Errors
    /// [`IngestError`]; the channel must then not acknowledge.
    async fn receive(&self, event: InboundEvent) -> Result<Receipt, IngestError>;

    /// Stops the turn that runs for a session, bypassing its lane. Answers whether one was running.
    async fn cancel(&self, session: &SessionKey) -> bool;
}

/// The acknowledgement of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The turn that will answer; none when the message was seen before.
    pub turn: Option<TurnId>,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// Too many messages wait in this chat; try again later.
    #[error("{waiting} messages already wait in this chat, which is the limit")]
    QueueFull {
        /// How many wait.
        waiting: usize,
    },
    /// Too many chats are served at this moment; try again later.
    #[error("{limit} chats are served at this moment, which is the limit")]
    TooManyChats {
        /// The limit.
        limit: usize,
    },
    /// The message is larger than is accepted.
    #[error("the message has {found} characters, at most {limit} are accepted")]
    TooLarge {
        /// Its length in Unicode code points.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The daemon is going down; send it again after the restart.
    #[error("the daemon is shutting down")]
    Draining,
    /// The journal could not store it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The way out of one channel.
#[async_trait]
pub trait ChannelSender: Send + Sync {
    /// Which channel it serves.
    fn channel(&self) -> ChannelName;

    /// Sends one delivery and waits until the network has confirmed it, within the adapter's time limit.
    ///
    /// # Errors
    /// [`SendError`]; sent or not, the outbox will decide.
    async fn send(&self, delivery: &Delivery) -> Result<(), SendError>;
}

/// Why a delivery was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Not now; try again after `wait`.
    #[error("the channel cannot be reached")]
    Unreachable {
        /// How long the network asks to wait.
        wait: Option<Duration>,
    },
    /// Nobody is there who could take it (a local client that is not attached).
    #[error("nobody is attached to this chat")]
    NobodyThere,
    /// The network refuses it for good.
    #[error("the network refuses the message: {code}")]
    Rejected {
        /// The network's reason, from a closed set of the adapter.
        code: String,
    },
}

/// What is seen while a turn runs. Nothing here is stored or promised: a sink may drop any event, and the
/// whole answer comes through the outbox.
pub trait LiveSink: Send + Sync {
    /// Shows one event. Must not block.
    fn show(&self, target: &LiveTarget, event: LiveEvent<'_>);
}

/// Where a live event belongs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LiveTarget {
    /// The network.
    pub channel: ChannelName,
    /// The conversation.
    pub chat: ChatId,
    /// The turn.
    pub turn: TurnId,
}

/// A live event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveEvent<'a> {
    /// The assistant is busy, or no longer.
    Typing(bool),
    /// The next piece of the answer; it has passed the output stage.
    Text(&'a str),
    /// What was shown so far was not the answer: the model went on to use tools, or starts anew.
    Aside,
    /// A tool runs.
    Tool(&'a str),
    /// The turn is over.
    Ended(TurnOutcome),
}
