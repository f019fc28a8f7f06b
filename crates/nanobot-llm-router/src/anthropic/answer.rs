//! The pieces of an answer as Anthropic's messages write them.
//!
//! Only what we use is named; unknown events, blocks and fields are skipped. What an answer means is decided in
//! `stream.rs`, what a refusal means in `http/refusal.rs`.

use serde::Deserialize;
use serde_json::Value;

/// One event of a stream, or a whole answer, which is a `message`.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Event {
    /// The first event, with the counts of what was read.
    MessageStart { message: Message },
    /// A block begins.
    ContentBlockStart {
        #[serde(default)]
        index: u64,
        content_block: Block,
    },
    /// A block grows.
    ContentBlockDelta {
        #[serde(default)]
        index: u64,
        delta: Delta,
    },
    /// The message is done, with the counts of what was written.
    MessageDelta {
        delta: Ending,
        #[serde(default)]
        usage: Option<Value>,
    },
    /// The last event.
    MessageStop,
    /// An answer in one piece.
    Message(Message),
    /// `ping`, `content_block_stop`, and what comes to be.
    #[serde(other)]
    Other,
}

impl Event {
    /// Whether it is a part of the answer. A ping is none, nor is a piece of nothing.
    pub(super) fn is_part(&self) -> bool {
        match self {
            Self::MessageStart { .. }
            | Self::Message(_)
            | Self::ContentBlockStart { .. }
            | Self::MessageDelta { .. }
            | Self::MessageStop => true,
            Self::ContentBlockDelta { delta, .. } => match delta {
                Delta::Text { text } => !text.is_empty(),
                Delta::Input { partial_json } => !partial_json.is_empty(),
                Delta::Thinking { thinking } => !thinking.is_empty(),
                Delta::Other => true,
            },
            Self::Other => false,
        }
    }
}

/// A message, whole or empty.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    pub(super) content: Vec<Block>,
    #[serde(default)]
    pub(super) stop_reason: Option<String>,
    #[serde(default)]
    pub(super) usage: Option<Value>,
}

/// A block, as far as it is written.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    ToolUse {
        #[serde(default)]
        id: String,
        #[serde(default)]
        name: String,
        /// Empty at the start of a stream's block; llama.cpp leaves it out there.
        #[serde(default)]
        input: Option<Value>,
    },
    Thinking {
        #[serde(default)]
        thinking: String,
    },
    /// Thoughts that nobody but the provider can read, and what comes to be.
    #[serde(other)]
    Other,
}

/// What is new in a block.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    Input { partial_json: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    /// `signature_delta`, and what comes to be.
    #[serde(other)]
    Other,
}

/// How a message ends.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Ending {
    #[serde(default)]
    pub(super) stop_reason: Option<String>,
}
