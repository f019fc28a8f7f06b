//! The language of model calls: messages, tools, answers. Providers translate it to their wire.

mod call;
mod error;
mod task;

use serde_json::Value;

use crate::ids::ToolCallId;
use crate::label::Labels;

pub use call::{ModelCall, Served};
pub use error::{ModelError, ModelErrorKind};
pub use task::ModelTask;

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelRequest {
    /// The conversation, stable parts first so that a provider's prompt cache hits.
    pub messages: Vec<ChatMessage>,
    /// The tools on offer.
    pub tools: Vec<ToolSpec>,
    /// The shape of the answer.
    pub format: AnswerFormat,
}

/// The shape of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum AnswerFormat {
    /// Words.
    #[default]
    Text,
    /// One JSON document that fits a schema. A provider that cannot promise that is asked for JSON in general, so
    /// the document has to be checked in any case.
    Json {
        /// What the document is, as an identifier of at most 64 letters, digits, `_` and `-`.
        name: String,
        /// Its JSON Schema (an object).
        schema: Value,
    },
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
    /// Who answered, where a router chose.
    pub served: Option<Served>,
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
    /// Tokens read, those from and into the cache included.
    pub input: Option<u64>,
    /// Of these, tokens that the provider had in its cache.
    pub cached_input: Option<u64>,
    /// Of these, tokens that the provider put into its cache, where that has a price of its own.
    pub cache_write: Option<u64>,
    /// Tokens written, those of hidden reasoning included.
    pub output: Option<u64>,
    /// Of these, tokens of hidden reasoning.
    pub reasoning: Option<u64>,
}
