//! Typed facts about what happened. Core reports them; which metric or log line each becomes is decided
//! by the telemetry adapter.
//!
//! Facts carry codes and sizes from closed sets, never message text and never ids.

use std::time::Duration;

use crate::admin::AdminFact;
use crate::ids::{ChannelName, SessionKey};
use crate::model::{ModelTask, Usage};
use crate::outcome::TurnOutcome;
use crate::ports::{BudgetScope, StoreErrorKind};
use crate::time::Timestamp;
use crate::units::NanoDollars;

/// One fact.
#[derive(Debug, Clone, PartialEq)]
pub enum TelemetryEvent {
    /// A message without words was dropped.
    DroppedEmpty {
        /// Where.
        channel: ChannelName,
    },
    /// A message was seen before and dropped.
    DroppedDuplicate {
        /// Where.
        channel: ChannelName,
    },
    /// The message that was answered is known, or not.
    ReplyContext {
        /// Where.
        channel: ChannelName,
        /// It was found.
        hit: bool,
    },
    /// A message that looked like a command of an owner.
    AdminCommand {
        /// Where.
        channel: ChannelName,
        /// The command's name; `unknown` for one that we do not have.
        command: String,
        /// What became of it.
        status: AdminStatus,
    },
    /// A command of an owner did something.
    Admin {
        /// Where.
        channel: ChannelName,
        /// What.
        fact: AdminFact,
    },
    /// The policy file was taken up, or why it was not.
    PolicyFile {
        /// What became of it.
        state: PolicyFileState,
    },
    /// The sender may not talk here.
    DroppedByAccess {
        /// Where.
        channel: ChannelName,
        /// The policy's reason code.
        reason: String,
    },
    /// The message is not one to answer.
    DroppedByReplyRule {
        /// Where.
        channel: ChannelName,
        /// The policy's reason code.
        reason: String,
    },
    /// A message went to the quiet note taker, or why it did not.
    Notes {
        /// Where.
        channel: ChannelName,
        /// What became of it.
        outcome: NotesOutcome,
    },
    /// The input stage blocked a message.
    InputBlocked {
        /// Where.
        channel: ChannelName,
        /// The gate's reason code.
        reason: String,
    },
    /// The responder had nothing to say.
    ResponderEmpty {
        /// Where.
        channel: ChannelName,
    },
    /// The answer could not be produced; the chat was told.
    ResponderFailed {
        /// Where.
        channel: ChannelName,
        /// The kind of failure.
        reason: &'static str,
    },
    /// A person stopped the turn.
    TurnCancelled {
        /// Where.
        channel: ChannelName,
    },
    /// The output stage changed an answer.
    OutputSanitized {
        /// Where.
        channel: ChannelName,
    },
    /// The output stage held an answer back.
    OutputBlocked {
        /// Where.
        channel: ChannelName,
        /// The gate's reason code.
        reason: String,
    },
    /// A reaction was sent in place of an answer.
    ReactionSent {
        /// Where.
        channel: ChannelName,
    },
    /// An answer was sent.
    ResponseSent {
        /// Where.
        channel: ChannelName,
    },
    /// A tool ran, or was refused.
    ToolCall {
        /// Its name; `unknown` for one that is not offered.
        tool: String,
        /// How it ended.
        outcome: ToolCallOutcome,
        /// How long it ran; zero when it did not.
        took: Duration,
    },
    /// A store failed where the turn could go on without it.
    StoreFailed {
        /// Which.
        store: StoreName,
        /// What can be done about it.
        kind: StoreErrorKind,
        /// The error in one line; for the log only, never a label.
        detail: String,
    },
    /// A session file had other lines where ours belong; ours stand behind them.
    ForeignLines {
        /// The session; for the log only, never a label.
        session: SessionKey,
    },
    /// One attempt at a model ended: it answered, or it did not.
    ModelAttempt(ModelAttempt),
    /// A call got no answer: everybody who may be asked was asked. Its attempts were reported one by one.
    ModelFailed {
        /// The task.
        task: ModelTask,
        /// The kind of the last error.
        outcome: &'static str,
        /// That error in one line; for the log only, never a label.
        detail: String,
    },
    /// A call moved on to another model.
    ModelFallback {
        /// The task.
        task: ModelTask,
        /// The model that could not, as configured.
        from: String,
        /// The model that is asked next, as configured.
        to: String,
        /// Why: the code of the error, or `cooling`.
        reason: &'static str,
    },
    /// A circuit breaker changed its state. How it is now tells a [`Sample`]: facts of calls that run side by side may
    /// come in another order than the changes.
    Circuit {
        /// The provider.
        provider: String,
        /// The model, as configured; none when the credential itself is at fault.
        model: Option<String>,
        /// The name of the credential, never the key.
        credential: String,
        /// The new state.
        state: CircuitState,
        /// Why: the code of the last error; empty when it closed.
        reason: &'static str,
    },
    /// A hard budget had no room for a call.
    BudgetRefused {
        /// Which one.
        scope: BudgetScope,
        /// For which task.
        task: ModelTask,
    },
    /// A stage of the pipeline ended.
    StageEnded {
        /// Its name.
        stage: &'static str,
        /// How long it took.
        took: Duration,
    },
    /// A turn ended.
    TurnEnded {
        /// Where.
        channel: ChannelName,
        /// How.
        outcome: TurnOutcome,
        /// From its start to its closing.
        took: Duration,
    },
    /// How full the queues are, how channels and models do, and how much money is left; taken every few seconds.
    Sample(Sample),
}

/// One attempt at a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelAttempt {
    /// The provider.
    pub provider: String,
    /// The model, as configured.
    pub model: String,
    /// The name of the credential, never the key.
    pub credential: String,
    /// What it was called for.
    pub task: ModelTask,
    /// `ok`, or the kind of error.
    pub outcome: &'static str,
    /// Tokens, where the provider counted them.
    pub usage: Usage,
    /// What it cost; none when nobody knows, because there is no price or the provider broke off before it had counted.
    pub cost: Option<NanoDollars>,
    /// From request to last byte; none when nobody was asked, because there was no money or no room for the call.
    pub took: Option<Duration>,
    /// From request to the first visible text; none when there was none.
    pub first_token: Option<Duration>,
    /// The error in one line, if there was one; for the log only, never a label.
    pub detail: Option<String>,
}

/// The state of a circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CircuitState {
    /// Calls go through.
    Closed,
    /// Nobody asks there.
    Open,
    /// One call tries whether it works again, or may.
    HalfOpen,
}

impl CircuitState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// The stable word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// A store that can fail where a turn goes on without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreName {
    /// Inbound messages.
    Archive,
    /// Which circuits are open.
    Circuits,
    /// The journal of turns.
    Journal,
    /// What the note taker keeps.
    Memory,
    /// What waits to be delivered.
    Outbox,
    /// The texts of personas.
    Personas,
    /// Known chats.
    SeenChats,
    /// Session files.
    Sessions,
    /// The book of what models cost.
    Spending,
}

impl StoreName {
    /// Every store.
    pub const ALL: [Self; 9] = [
        Self::Archive,
        Self::Circuits,
        Self::Journal,
        Self::Memory,
        Self::Outbox,
        Self::Personas,
        Self::SeenChats,
        Self::Sessions,
        Self::Spending,
    ];

    /// The stable word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Circuits => "circuits",
            Self::Journal => "journal",
            Self::Memory => "memory",
            Self::Outbox => "outbox",
            Self::Personas => "personas",
            Self::SeenChats => "seen_chats",
            Self::Sessions => "sessions",
            Self::Spending => "spending",
        }
    }
}

/// How full the queues are, how channels and models do, and how much money is left. What could not be looked at is
/// missing: it is as it was, for all that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// When it was taken.
    pub at: Timestamp,
    /// Messages that wait for their turn.
    pub waiting: u64,
    /// Turns that run.
    pub running: u64,
    /// What waits in the outbox; none when that cannot be read.
    pub undelivered: Option<Undelivered>,
    /// Each channel that runs or should, and whether it is connected.
    pub channels: Vec<(ChannelName, bool)>,
    /// Each circuit breaker.
    pub circuits: Vec<CircuitReading>,
    /// Each hard budget that is for everything: the day's and the month's, where they are set and can be read.
    pub budgets: Vec<BudgetLevel>,
}

/// What waits in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undelivered {
    /// How many deliveries.
    pub count: u64,
    /// The age of the oldest of them, from the start of its turn; zero when there is none.
    pub oldest: Duration,
}

/// A circuit breaker, and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitReading {
    /// The provider.
    pub provider: String,
    /// The name of the credential, never the key.
    pub credential: String,
    /// The model, as configured; none for the credential itself.
    pub model: Option<String>,
    /// Its state; half open as soon as somebody may try.
    pub state: CircuitState,
}

/// A hard budget, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetLevel {
    /// Which one.
    pub scope: BudgetScope,
    /// Its limit.
    pub most: NanoDollars,
    /// The limit less what was spent and what is promised.
    pub left: NanoDollars,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminStatus {
    /// It was done, or refused with a reason.
    Handled,
    /// There is no such command.
    Unknown,
    /// Not here, or not of this sender; the message went its way.
    Ignored,
}

/// What became of the policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyFileState {
    /// It was changed, and is in force.
    Replaced,
    /// It was changed and is no policy; the one before stays in force.
    Broken,
    /// It is gone; the one before stays in force.
    Gone,
    /// It is in order again.
    Mended,
}

/// What became of a message for the note taker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotesOutcome {
    /// Queued.
    Enqueued,
    /// The policy takes no notes of blocked senders.
    DroppedByPolicy,
    /// The input stage blocked it.
    DroppedBySecurity,
    /// There is no memory to keep it in.
    DroppedWithoutMemory,
}

/// How a tool call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolCallOutcome {
    /// It ran and answered.
    Ok,
    /// It ran and reported an error.
    Failed,
    /// The policy does not allow the tool here.
    DeniedByPolicy,
    /// The tool stage blocked the call.
    DeniedBySecurity,
    /// The conversation holds text that nobody vouches for.
    DeniedByOrigin,
}
