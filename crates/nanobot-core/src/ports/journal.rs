//! The journal and the outbox: nothing that was acknowledged is lost, nothing leaves but from here.

use async_trait::async_trait;

use crate::event::InboundEvent;
use crate::ids::{DeliveryKey, TurnId};
use crate::intent::SessionAppend;
use crate::message::{OutboundMessage, Reaction};
use crate::outcome::TurnOutcome;
use crate::ports::StoreError;
use crate::record::{StepDone, StepStarted};
use crate::time::{Timestamp, WallTime};

/// Inbound messages, the steps of their turns, and how they closed.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The name that `status` shows (`journal`, `volatile_journal`).
    fn name(&self) -> &'static str;

    /// Whether what it stores survives the process.
    fn is_durable(&self) -> bool;

    /// Stores a message before its channel is told so. The key is (channel, account, chat, message id); a
    /// message without id is always new.
    ///
    /// # Errors
    /// When it is not stored; the channel must then not acknowledge.
    async fn ingest(&self, event: &InboundEvent) -> Result<Ingested, StoreError>;

    /// Counts an attempt before the turn starts.
    ///
    /// # Errors
    /// When it cannot be counted; the turn must then not start.
    async fn begin(&self, inbound: InboundId, turn: &TurnId, at: &WallTime) -> Result<Attempt, StoreError>;

    /// A model or tool step is about to run.
    ///
    /// # Errors
    /// When it is not recorded; the step must then not run.
    async fn step_started(&self, turn: &TurnId, step: &StepStarted) -> Result<(), StoreError>;

    /// A step has its answer.
    ///
    /// # Errors
    /// When it is not recorded.
    async fn step_done(&self, turn: &TurnId, step: &StepDone) -> Result<(), StoreError>;

    /// Ends a turn in one transaction: outcome, session lines, outbox rows.
    ///
    /// # Errors
    /// When nothing of it took effect.
    async fn close(&self, closing: &Closing) -> Result<(), StoreError>;

    /// Session lines that were closed and are not in their files yet, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    async fn unprojected(&self, limit: usize) -> Result<Vec<PendingAppend>, StoreError>;

    /// These lines are in their file.
    ///
    /// # Errors
    /// When that cannot be recorded.
    async fn projected(&self, id: u64) -> Result<(), StoreError>;
}

/// The journal's number of an inbound message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InboundId(pub u64);

/// Whether a message has come before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is new.
    First,
    /// It was stored before.
    Again,
}

/// What became of an inbound message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ingested {
    /// Its number; that of the first one, if it has come again.
    pub id: InboundId,
    /// New or not.
    pub seen: Seen,
}

/// One try at a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
}

/// Everything that a turn leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Closing {
    /// The message that it answered; none for one that was never journalled (a blank one) and for a repeat,
    /// since the outcome is the first one's.
    pub inbound: Option<InboundId>,
    /// The turn.
    pub turn: TurnId,
    /// How it ended.
    pub outcome: TurnOutcome,
    /// Session lines, in order.
    pub sessions: Vec<SessionAppend>,
    /// What goes out, in order.
    pub deliveries: Vec<Delivery>,
    /// When.
    pub at: WallTime,
}

/// Session lines that wait for their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAppend {
    /// The journal's number of them.
    pub id: u64,
    /// The lines.
    pub append: SessionAppend,
    /// When their turn closed.
    pub at: WallTime,
}

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
    pub fn target(&self) -> (&crate::ids::ChannelName, &crate::ids::ChatId) {
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

    /// Takes a parked delivery back into its chat's queue, as if it had not been tried.
    ///
    /// # Errors
    /// `NotFound` when nothing of that key is parked.
    async fn release(&self, key: &DeliveryKey) -> Result<(), StoreError>;

    /// Gives a delivery up: it was not sent and will not be.
    ///
    /// # Errors
    /// When that cannot be recorded.
    async fn discard(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError>;

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
