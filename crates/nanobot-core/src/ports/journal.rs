//! The journal: nothing that was acknowledged is lost, and no turn is answered twice.

use async_trait::async_trait;

use crate::event::InboundEvent;
use crate::ids::{SessionKey, TurnId};
use crate::intent::SessionAppend;
use crate::outcome::TurnOutcome;
use crate::pipeline::Readings;
use crate::ports::{Delivery, SessionEnd, StoreError};
use crate::record::{RecordedStep, StepDone, StepStarted};
use crate::time::{Timestamp, WallTime};

/// Inbound messages, the steps of their turns, and how they closed. What waits for a channel is the
/// [`Outbox`](crate::ports::Outbox), what waits for a session file the [`LineQueue`](crate::ports::LineQueue).
#[async_trait]
pub trait Journal: Send + Sync {
    /// The name that `status` shows (`journal`, `volatile_journal`).
    fn name(&self) -> &'static str;

    /// Whether what it stores survives the process, and the machine.
    fn is_durable(&self) -> bool;

    /// Stores a message and the turn that will answer it, before its channel is told so. The key is (channel,
    /// account, chat, message id); a message without id is always new.
    ///
    /// # Errors
    /// When it is not stored; the channel must then not acknowledge.
    async fn ingest(
        &self,
        event: &InboundEvent,
        turn: &TurnId,
        at: Timestamp,
    ) -> Result<Ingested, StoreError>;

    /// Counts an attempt before the turn starts, and answers what earlier ones left.
    ///
    /// # Errors
    /// When it cannot be counted; the turn must then not start. `NotFound` when the message is not known or has
    /// its outcome.
    async fn begin(&self, inbound: InboundId, at: &WallTime) -> Result<Attempt, StoreError>;

    /// Takes back the count of an attempt that ended because the process goes down: that is nobody's fault.
    ///
    /// # Errors
    /// When it stays counted.
    async fn hand_back(&self, inbound: InboundId) -> Result<(), StoreError>;

    /// A model or tool step is about to run. Said again of the same index, the first record stands.
    ///
    /// # Errors
    /// When it is not recorded; the step must then not run.
    async fn step_started(&self, turn: &TurnId, step: &StepStarted) -> Result<(), StoreError>;

    /// A step has its answer. Said again of the same index, the first record stands.
    ///
    /// # Errors
    /// When it is not recorded.
    async fn step_done(&self, turn: &TurnId, step: &StepDone) -> Result<(), StoreError>;

    /// Ends a turn in one transaction: outcome, session lines, outbox rows. Closing a closed turn changes nothing.
    ///
    /// # Errors
    /// When nothing of it took effect.
    async fn close(&self, closing: &Closing) -> Result<(), StoreError>;

    /// Messages behind `after` that were stored and have no outcome, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the journal, or one of the messages, cannot be read.
    async fn open_turns(&self, after: InboundId, limit: usize) -> Result<Vec<OpenTurn>, StoreError>;

    /// Forgets what was said in a session: messages, steps, lines, deliveries. Outcomes stay. Answers how many
    /// turns were emptied. Turns that are open are left alone.
    ///
    /// # Errors
    /// When nothing was forgotten.
    async fn forget(&self, session: &SessionKey) -> Result<u64, StoreError>;

    /// Forgets what is older than the journal keeps, and gives space back. Safe to call at any time.
    ///
    /// # Errors
    /// When it could not; nothing that is still needed is touched.
    async fn tidy(&self, now: Timestamp) -> Result<Tidied, StoreError>;

    /// Does what was accepted, and lets go of its files. Everything asked of it later fails.
    async fn shut_down(&self);
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
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    /// The turn's reading of the clock: that of the attempt which recorded the first step, else this one's.
    pub at: WallTime,
    /// What earlier attempts did, by index. They are not done again.
    pub steps: Vec<RecordedStep>,
}

/// A message that waits for its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenTurn {
    /// Its number.
    pub inbound: InboundId,
    /// The turn that answers it.
    pub turn: TurnId,
    /// The message.
    pub event: InboundEvent,
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
    /// What it read beside its message.
    pub readings: Readings,
    /// Session lines, in order.
    pub sessions: Vec<SessionWrite>,
    /// What goes out, in order.
    pub deliveries: Vec<Delivery>,
    /// When.
    pub at: WallTime,
}

impl Closing {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.inbound.is_none() && self.sessions.is_empty() && self.deliveries.is_empty()
    }
}

/// Session lines as they will stand in their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionWrite {
    /// The lines.
    pub append: SessionAppend,
    /// Their exact text, as [`SessionStore::render`](crate::ports::SessionStore::render) gave it.
    pub text: String,
    /// Where the text will stand: bytes behind the end of the file's first line.
    pub offset: u64,
}

impl SessionWrite {
    /// Where the file will end with it: bytes behind the end of the first line. Behind an end that nobody knows it
    /// is not known either.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.text.len() as u64).min(SessionEnd::UNKNOWN.offset)
    }
}

/// What a journal gave back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Turns whose words were forgotten; their outcomes stay.
    pub emptied: u64,
    /// Outcomes that were forgotten, since there are too many.
    pub dropped: u64,
}
