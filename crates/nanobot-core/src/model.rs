//! The language of model calls: messages, tools, answers, errors. Providers translate it to their wire.

use std::time::Duration;

use serde_json::Value;

use crate::ids::ToolCallId;
use crate::label::Labels;

/// One call of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRequest {
    /// The conversation, stable parts first so that a provider's prompt cache hits.
    pub messages: Vec<ChatMessage>,
    /// The tools on offer.
    pub tools: Vec<ToolSpec>,
}

/// One message of a conversation with a model.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatMessage {
    /// Instructions of our own making.
    System(String),
    /// What people and files say.
    User {
        /// The words.
        text: String,
        /// Pictures for models that see, at most a few.
        images: Vec<ImagePart>,
        /// Where the words came from.
        labels: Labels,
    },
    /// What the model said before.
    Assistant {
        /// Its words; may be empty when it only called tools.
        text: String,
        /// The tools that it called.
        tool_calls: Vec<ToolCall>,
        /// What the words are made of.
        labels: Labels,
    },
    /// What a tool answered.
    ToolResult {
        /// The call that it answers.
        call: ToolCallId,
        /// The tool.
        name: String,
        /// The answer.
        content: String,
        /// Where the answer came from.
        labels: Labels,
    },
}

impl ChatMessage {
    /// Where the message came from; instructions of our own have no label.
    pub fn labels(&self) -> Labels {
        match self {
            Self::System(_) => Labels::NONE,
            Self::User { labels, .. } | Self::Assistant { labels, .. } | Self::ToolResult { labels, .. } => {
                *labels
            }
        }
    }
}

/// A picture inside a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePart {
    /// Its MIME type.
    pub mime: String,
    /// Its bytes; at most 8 MiB, as in the original.
    pub bytes: Vec<u8>,
}

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// Its arguments as JSON Schema (an object).
    pub parameters: Value,
    /// What a repeat would do.
    pub class: ToolClass,
}

/// What happens when a tool call is repeated after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolClass {
    /// Reads only: run it again.
    Pure,
    /// Has an effect, and the same call id gives the same effect once.
    Idempotent,
    /// Has an effect each time: never run it twice.
    Once,
}

/// A tool call, as the model asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The model's id of the call.
    pub id: ToolCallId,
    /// The tool.
    pub name: String,
    /// Its arguments. Text that was no JSON object arrives as `{"raw": text}`, as in the original.
    pub arguments: Value,
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelReply {
    /// Its words; the same text that was streamed.
    pub text: String,
    /// The tools that it wants to call.
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish: FinishReason,
    /// What it cost, in tokens.
    pub usage: Usage,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It waits for tools.
    ToolCalls,
    /// It ran into the limit of tokens.
    Length,
    /// The provider's filter stopped it.
    ContentFilter,
    /// Anything else.
    Other,
}

/// Token counts of one call; `None` where the provider did not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens read.
    pub input: Option<u64>,
    /// Of these, tokens that the provider had in its cache.
    pub cached_input: Option<u64>,
    /// Tokens written.
    pub output: Option<u64>,
}

/// Why a model did not answer.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct ModelError {
    /// What went wrong, for the caller's decision.
    pub kind: ModelErrorKind,
    /// How long the provider asks to wait, if it does.
    pub retry_after: Option<Duration>,
    /// What lies beneath, for the log. Never shown in a chat.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ModelError {
    /// An error with nothing beneath.
    pub fn new(kind: ModelErrorKind) -> Self {
        Self { kind, retry_after: None, source: None }
    }

    /// An error and what lies beneath it.
    pub fn caused_by(
        kind: ModelErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, retry_after: None, source: Some(source.into()) }
    }
}

/// The kinds of model errors, typed from status, headers and body fields, never from loose text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ModelErrorKind {
    /// Too many requests.
    #[error("the provider limits the rate of requests")]
    RateLimited,
    /// The provider has no room.
    #[error("the provider is overloaded")]
    Overloaded,
    /// No connection in time.
    #[error("the provider did not accept a connection in time")]
    ConnectTimeout,
    /// Connected, but no answer in time.
    #[error("the provider did not start to answer in time")]
    FirstByteTimeout,
    /// The answer stopped in the middle.
    #[error("the provider stopped in the middle of its answer")]
    IdleTimeout,
    /// The connection could not be made or broke.
    #[error("the connection to the provider failed")]
    Network,
    /// The key is missing or refused.
    #[error("the provider refused the key")]
    Auth,
    /// The account cannot pay.
    #[error("the provider refuses the account for billing reasons")]
    Billing,
    /// Our request is at fault.
    #[error("the provider refused the request")]
    BadRequest,
    /// The conversation is too long for the model.
    #[error("the conversation is too long for the model")]
    ContextOverflow,
    /// The provider's filter refused.
    #[error("the provider's content filter refused")]
    ContentFilter,
    /// No such model.
    #[error("the provider does not know the model")]
    UnknownModel,
    /// The answer was no answer: HTML, broken JSON, an unending stream.
    #[error("the provider's answer cannot be read")]
    BadAnswer,
    /// The provider failed on its side.
    #[error("the provider failed")]
    Server,
    /// A person or a shutdown stopped it.
    #[error("the call was cancelled")]
    Cancelled,
}

impl ModelErrorKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::RateLimited,
        Self::Overloaded,
        Self::ConnectTimeout,
        Self::FirstByteTimeout,
        Self::IdleTimeout,
        Self::Network,
        Self::Auth,
        Self::Billing,
        Self::BadRequest,
        Self::ContextOverflow,
        Self::ContentFilter,
        Self::UnknownModel,
        Self::BadAnswer,
        Self::Server,
        Self::Cancelled,
    ];

    /// The stable code: metric label and record field.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::ConnectTimeout => "connect_timeout",
            Self::FirstByteTimeout => "first_byte_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::Network => "network",
            Self::Auth => "auth",
            Self::Billing => "billing",
            Self::BadRequest => "bad_request",
            Self::ContextOverflow => "context_overflow",
            Self::ContentFilter => "content_filter",
            Self::UnknownModel => "unknown_model",
            Self::BadAnswer => "bad_answer",
            Self::Server => "server",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the same request may succeed later.
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::RateLimited
            | Self::Overloaded
            | Self::ConnectTimeout
            | Self::FirstByteTimeout
            | Self::IdleTimeout
            | Self::Network
            | Self::Server
            | Self::BadAnswer => true,
            Self::Auth
            | Self::Billing
            | Self::BadRequest
            | Self::ContextOverflow
            | Self::ContentFilter
            | Self::UnknownModel
            | Self::Cancelled => false,
        }
    }
}
