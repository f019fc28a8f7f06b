//! The outbox: nothing reaches a chat but from here.

use async_trait::async_trait;

use crate::ids::{ChannelName, ChatId, DeliveryKey, TurnId};
use crate::message::{OutboundMessage, Reaction};
use crate::ports::StoreError;
use crate::time::Timestamp;

/// Something that goes out, under its stable key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The same after every restart.
    pub key: DeliveryKey,
    /// The turn that sends it.
    pub turn: TurnId,
    /// What.
    pub outgoing: Outgoing,
}

/// The kinds of things that go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A message.
    Message(OutboundMessage),
    /// A reaction.
    Reaction(Reaction),
}

impl Outgoing {
    /// Where it goes.
    pub fn target(&self) -> (&ChannelName, &ChatId) {
        match self {
            Self::Message(message) => (&message.channel, &message.chat),
            Self::Reaction(reaction) => (&reaction.channel, &reaction.chat),
        }
    }
}

/// What waits to be sent: first in, first out per (channel, chat).
#[async_trait]
pub trait Outbox: Send + Sync {
    /// The first delivery of each chat that is due, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError>;

    /// The network has confirmed it.
    ///
    /// # Errors
    /// When that cannot be recorded: it will be sent again.
    async fn delivered(&self, key: &DeliveryKey) -> Result<(), StoreError>;

    /// It was not sent; try again then.
    ///
    /// # Errors
    /// When that cannot be recorded.
    async fn postpone(&self, key: &DeliveryKey, until: Timestamp, why: &str) -> Result<(), StoreError>;

    /// It cannot be sent; put it aside, so that the rows behind it move.
    ///
    /// # Errors
    /// When that cannot be recorded.
    async fn park(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError>;

    /// Takes a parked or postponed delivery back into its chat's queue, due at once, as if it had not been tried.
    ///
    /// # Errors
    /// `NotFound` when nothing of that key is parked or waits.
    async fn release(&self, key: &DeliveryKey) -> Result<(), StoreError>;

    /// Gives a delivery up: it was not sent and will not be. Answers whether it waited or was parked.
    ///
    /// # Errors
    /// When that cannot be recorded.
    async fn discard(&self, key: &DeliveryKey, why: &str) -> Result<bool, StoreError>;

    /// How many deliveries wait or are parked.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    async fn count(&self) -> Result<usize, StoreError>;

    /// Everything that waits or is parked, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    async fn list(&self, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError>;
}

/// A delivery and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedDelivery {
    /// What goes out.
    pub delivery: Delivery,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before then.
    pub not_before: Option<Timestamp>,
    /// Why it was put aside, if it was.
    pub parked: Option<String>,
}
