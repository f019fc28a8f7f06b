//! Typed facts about what happened. Core reports them; which metric or log line each becomes is decided
//! by the telemetry adapter.
//!
//! Facts carry codes and sizes from closed sets, never message text and never ids.

use std::time::Duration;

use crate::admin::AdminFact;
use crate::ids::{ChannelName, SessionKey};
use crate::model::Usage;
use crate::ports::StoreErrorKind;

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
    },
    /// A store failed where the turn could go on without it.
    StoreFailed {
        /// Which (`archive`, `sessions`, `seen_chats`).
        store: &'static str,
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
    /// A model call ended.
    ModelCall {
        /// `ok`, or the kind of error.
        outcome: &'static str,
        /// Tokens, where the provider counted them.
        usage: Usage,
        /// From request to last byte.
        took: Duration,
        /// The error in one line, if there was one; for the log only, never a label.
        detail: Option<String>,
    },
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
