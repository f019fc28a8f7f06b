//! The two wire formats: how a question is read, and how an answer is written, whole and in pieces.

mod anthropic;
mod openai;

use serde_json::Value;

use super::answer::{Answer, Asked};

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Chat completions.
    OpenAi,
    /// Messages.
    Anthropic,
}

/// A streamed answer, event by event, each with its empty line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Events {
    /// What comes before the words.
    pub(super) before: Vec<String>,
    /// The words, one event for each piece of the answer.
    pub(super) pieces: Vec<String>,
    /// What comes after them, until the model says that it is done.
    pub(super) after: Vec<String>,
    /// What comes after that.
    pub(super) trailer: Vec<String>,
}

impl Dialect {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    /// An answer in one piece.
    pub(super) fn whole(self, answer: &Answer) -> Value {
        match self {
            Self::OpenAi => openai::whole(answer),
            Self::Anthropic => anthropic::whole(answer),
        }
    }

    /// An answer in pieces.
    pub(super) fn events(self, answer: &Answer, asked: &Asked) -> Events {
        match self {
            Self::OpenAi => openai::events(answer, asked.wants_usage),
            Self::Anthropic => anthropic::events(answer),
        }
    }

    /// The event of one piece of words.
    pub(super) fn piece(self, answer: &Answer, words: &str) -> String {
        match self {
            Self::OpenAi => openai::piece(answer, words),
            Self::Anthropic => anthropic::piece(words),
        }
    }

    /// What comes before thoughts.
    pub(super) fn before_thoughts(self, answer: &Answer) -> Vec<String> {
        match self {
            Self::OpenAi => openai::before(answer),
            Self::Anthropic => anthropic::before_thoughts(answer),
        }
    }

    /// The event of one thought.
    pub(super) fn thought(self, answer: &Answer, words: &str) -> String {
        match self {
            Self::OpenAi => openai::thought(answer, words),
            Self::Anthropic => anthropic::thought(words),
        }
    }

    /// A sign of life that says nothing.
    pub(super) const fn ping(self) -> &'static str {
        match self {
            Self::OpenAi => ": keep-alive\n\n",
            Self::Anthropic => "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        }
    }

    /// An error as an event of a stream.
    pub(super) fn error_event(self, error: &Value) -> String {
        match self {
            Self::OpenAi => format!("data: {error}\n\n"),
            Self::Anthropic => format!("event: error\ndata: {error}\n\n"),
        }
    }

    /// An error: the vendor's machine words, and a sentence for people.
    pub(super) fn error(self, kind: &str, code: Option<&str>, message: &str) -> Value {
        match self {
            Self::OpenAi => openai::error(kind, code, message),
            Self::Anthropic => anthropic::error(kind, message),
        }
    }
}

/// Reads a question in either dialect, which differ in no field of it that is looked at. What is missing or misspelt counts as not said.
pub(super) fn read(body: &Value) -> Asked {
    let number = |field: &str| body.get(field).and_then(Value::as_u64);
    let yes = |field: &str| body.get(field).and_then(Value::as_bool) == Some(true);
    let mut asked = Asked {
        model: body.get("model").and_then(Value::as_str).unwrap_or_default().to_owned(),
        streamed: yes("stream"),
        max_tokens: number("max_completion_tokens").or_else(|| number("max_tokens")),
        wants_usage: body.pointer("/stream_options/include_usage").and_then(Value::as_bool) == Some(true),
        ..Asked::default()
    };
    let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let users = messages.iter().rev().filter(|message| role(message) == "user");
    let words = users.map(text_of).find(|text| !text.trim().is_empty()).unwrap_or_default();
    asked.take_words(&words, messages.last().is_some_and(has_tool_result));
    asked
}

fn role(message: &Value) -> &str {
    message.get("role").and_then(Value::as_str).unwrap_or_default()
}

/// The words of a message, which are a text or a list of parts.
fn text_of(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn has_tool_result(message: &Value) -> bool {
    let parts = message.get("content").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_result = |part: &Value| part.get("type").and_then(Value::as_str) == Some("tool_result");
    role(message) == "tool" || parts.iter().any(is_result)
}
