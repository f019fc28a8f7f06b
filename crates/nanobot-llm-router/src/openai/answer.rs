//! The pieces of an answer as OpenAI's chat completions write them, and as other servers vary them.
//!
//! Only what we use is named; unknown fields are skipped. What an answer means is decided in `stream.rs`, what a
//! refusal means in `http/refusal.rs`.

use serde::Deserialize;
use serde_json::Value;

/// One piece of a streamed answer, or a whole answer: the latter has `message` where the former has `delta`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Completion {
    #[serde(default)]
    pub(super) choices: Option<Vec<Choice>>,
    /// Counts of tokens, whose fields differ from provider to provider.
    #[serde(default)]
    pub(super) usage: Option<Value>,
    /// Groq's own, which holds the counts of a stream.
    #[serde(default)]
    x_groq: Option<Value>,
}

impl Completion {
    /// The counts of tokens, wherever the piece has them.
    pub(super) fn counts(&self) -> Option<&Value> {
        let at_groq = || self.x_groq.as_ref()?.get("usage");
        self.usage.as_ref().or_else(at_groq)
    }
}

/// One of the answers. We ask for one.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub(super) index: Option<u64>,
    #[serde(default, alias = "message")]
    pub(super) delta: Option<Delta>,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
    /// OpenRouter explains a failure here.
    #[serde(default)]
    pub(super) error: Option<Value>,
    /// Moonshot counts here.
    #[serde(default)]
    pub(super) usage: Option<Value>,
}

/// What is new in a piece.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta {
    #[serde(default)]
    pub(super) content: Option<Content>,
    #[serde(default)]
    pub(super) tool_calls: Option<Vec<ToolCallDelta>>,
}

/// Text, plain or in parts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<TextPart>),
}

/// A part of an answer's text. Parts of other kinds (thoughts) have no `text` of their own and count as empty.
#[derive(Debug, Deserialize)]
pub(super) struct TextPart {
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) text: Option<String>,
}

/// What is new about a tool call.
#[derive(Debug, Deserialize)]
pub(super) struct ToolCallDelta {
    #[serde(default)]
    pub(super) index: Option<u64>,
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) function: Option<FunctionDelta>,
}

/// What is new about the function that is called.
#[derive(Debug, Default, Deserialize)]
pub(super) struct FunctionDelta {
    #[serde(default)]
    pub(super) name: Option<String>,
    /// A string by the interface; an object from some servers.
    #[serde(default)]
    pub(super) arguments: Option<Value>,
}

impl ToolCallDelta {
    /// Whether it says which tool is called.
    pub(super) fn names_a_tool(&self) -> bool {
        let name = self.function.as_ref().and_then(|function| function.name.as_deref());
        name.is_some_and(|name| !name.is_empty())
    }
}

impl Content {
    /// The words.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts
                .into_iter()
                .filter(|part| part.kind.as_deref().is_none_or(|kind| kind == "text"))
                .filter_map(|part| part.text)
                .collect(),
        }
    }
}
