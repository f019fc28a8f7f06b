//! What a turn wants to happen: the closed list that `Orchestrator::handle` returns.
//!
//! Intents are data. The dispatcher carries them out; nothing else does. Match them without a wildcard
//! arm, so that a new one cannot be forgotten.

use crate::decision::NotesMode;
use crate::ids::{ChannelName, ChatId, MessageId, SenderId, SessionKey};
use crate::label::Labels;
use crate::message::{OutboundMessage, Reaction};
use crate::outcome::TurnOutcome;
use crate::telemetry::TelemetryEvent;
use crate::time::civil;
use std::time::Duration;

/// One effect of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// Show or hide "is typing". Ephemeral: it has already reached the
    /// [`LiveSink`](crate::ports::LiveSink) when the list is returned.
    SetTyping {
        /// The network.
        channel: ChannelName,
        /// The conversation.
        chat: ChatId,
        /// On or off.
        on: bool,
    },
    /// Send a message through the outbox.
    SendMessage(OutboundMessage),
    /// Put a reaction on a message, through the outbox.
    SendReaction(Reaction),
    /// Add the turn's two lines to the session.
    AppendSession(SessionAppend),
    /// Give an unanswered message to the quiet note taker.
    CaptureMemory(NoteCapture),
    /// Store an idea or a backlog entry that somebody dictated.
    RecordNote(ManualNote),
    /// Remember that the chat is known, so that owners hear of it once.
    RememberChat {
        /// The network.
        channel: ChannelName,
        /// The conversation.
        chat: ChatId,
    },
    /// Report a typed fact.
    RecordTelemetry(TelemetryEvent),
    /// Record how the turn ended. There is exactly one, and it is the last.
    Close(TurnOutcome),
}

/// Lines to add to one session, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionAppend {
    /// The session.
    pub session: SessionKey,
    /// The lines.
    pub lines: Vec<SessionLine>,
}

/// One stored message of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// Who spoke.
    pub role: SessionRole,
    /// What was said. For the assistant: what left, after the output stage.
    pub content: String,
    /// Naive local time, as the original stores it.
    pub at: civil::DateTime,
    /// Everything that the text is made of.
    pub labels: Labels,
}

/// Who spoke a stored line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionRole {
    /// A person.
    User,
    /// The assistant.
    Assistant,
}

impl SessionRole {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A message for the quiet note taker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteCapture {
    /// The network.
    pub channel: ChannelName,
    /// The conversation.
    pub chat: ChatId,
    /// Who wrote it.
    pub sender: SenderId,
    /// The message.
    pub message_id: Option<MessageId>,
    /// Its words.
    pub content: String,
    /// The chat is a group.
    pub is_group: bool,
    /// How candidates are found.
    pub mode: NotesMode,
    /// Age at which the batch is closed.
    pub batch_interval: Duration,
    /// Size at which the batch is closed.
    pub batch_max_messages: u32,
    /// Where the words came from.
    pub labels: Labels,
}

/// An idea or a backlog entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualNote {
    /// The network.
    pub channel: ChannelName,
    /// The conversation.
    pub chat: ChatId,
    /// Who dictated it.
    pub sender: SenderId,
    /// The canonical text, `[IDEA] …` or `[BACKLOG] …`.
    pub content: String,
    /// Which of the two.
    pub kind: ManualNoteKind,
    /// Where the words came from.
    pub labels: Labels,
}

/// The kinds of dictated notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManualNoteKind {
    /// Something to think about.
    Idea,
    /// Something to do.
    Backlog,
}
