//! Model calls as records: answers, tool calls, messages.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::RecordError;
use crate::ids::ToolCallId;
use crate::label::Labels;
use crate::model::{ChatMessage, FinishReason, ModelReply, Served, ToolCall, Usage};

/// A model's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplyRecord {
    /// Its words.
    pub text: String,
    /// Its tool calls.
    pub tool_calls: Vec<ToolCallRecord>,
    /// Why it stopped.
    pub finish: String,
    /// Tokens read, read from cache, written.
    pub usage: [Option<u64>; 3],
    /// Tokens put into the cache, tokens of reasoning. Not in records of before 2026-11-26.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub usage_besides: [Option<u64>; 2],
    /// Who answered. Not in records of before 2026-11-26.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<ServedRecord>,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedRecord {
    /// The profile.
    pub profile: String,
    /// The provider.
    pub provider: String,
    /// The model, as configured.
    pub model: String,
    /// What was lost before, in milliseconds.
    pub lost_ms: u64,
}

fn is_nothing(counts: &[Option<u64>; 2]) -> bool {
    counts.iter().all(Option::is_none)
}

/// A tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCallRecord {
    /// The model's id.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
}

/// One message of a turn's conversation. Pictures are not recorded: they lie in the blob store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum MessageRecord {
    /// Instructions.
    System {
        /// The words.
        text: String,
    },
    /// A person.
    User {
        /// The words.
        text: String,
        /// Where they came from.
        labels: String,
    },
    /// The model.
    Assistant {
        /// The words.
        text: String,
        /// Its tool calls.
        tool_calls: Vec<ToolCallRecord>,
        /// Where they came from.
        labels: String,
    },
    /// A tool.
    Tool {
        /// The call that it answers.
        call: String,
        /// The tool.
        name: String,
        /// The words.
        text: String,
        /// Where they came from.
        labels: String,
    },
}

impl From<&ToolCall> for ToolCallRecord {
    fn from(call: &ToolCall) -> Self {
        Self { id: call.id.to_string(), name: call.name.clone(), arguments: call.arguments.clone() }
    }
}

impl TryFrom<ToolCallRecord> for ToolCall {
    type Error = RecordError;

    fn try_from(record: ToolCallRecord) -> Result<Self, RecordError> {
        Ok(Self { id: ToolCallId::new(record.id)?, name: record.name, arguments: record.arguments })
    }
}

impl From<&ModelReply> for ReplyRecord {
    fn from(reply: &ModelReply) -> Self {
        Self {
            text: reply.text.clone(),
            tool_calls: reply.tool_calls.iter().map(ToolCallRecord::from).collect(),
            finish: finish_name(reply.finish).to_owned(),
            usage: [reply.usage.input, reply.usage.cached_input, reply.usage.output],
            usage_besides: [reply.usage.cache_write, reply.usage.reasoning],
            served: reply.served.as_ref().map(ServedRecord::from),
        }
    }
}

impl TryFrom<ReplyRecord> for ModelReply {
    type Error = RecordError;

    fn try_from(record: ReplyRecord) -> Result<Self, RecordError> {
        let [input, cached_input, output] = record.usage;
        let [cache_write, reasoning] = record.usage_besides;
        Ok(Self {
            text: record.text,
            tool_calls: record.tool_calls.into_iter().map(ToolCall::try_from).collect::<Result<_, _>>()?,
            finish: parse_finish(&record.finish)?,
            usage: Usage { input, cached_input, cache_write, output, reasoning },
            served: record.served.map(Served::from),
        })
    }
}

impl From<&Served> for ServedRecord {
    fn from(served: &Served) -> Self {
        Self {
            profile: served.profile.clone(),
            provider: served.provider.clone(),
            model: served.model.clone(),
            lost_ms: u64::try_from(served.lost.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl From<ServedRecord> for Served {
    fn from(record: ServedRecord) -> Self {
        Self {
            profile: record.profile,
            provider: record.provider,
            model: record.model,
            lost: Duration::from_millis(record.lost_ms),
        }
    }
}

impl From<&ChatMessage> for MessageRecord {
    fn from(message: &ChatMessage) -> Self {
        match message {
            ChatMessage::System(text) => Self::System { text: text.clone() },
            ChatMessage::User { text, images: _, labels } => {
                Self::User { text: text.clone(), labels: labels.to_string() }
            }
            ChatMessage::Assistant { text, tool_calls, labels } => Self::Assistant {
                text: text.clone(),
                tool_calls: tool_calls.iter().map(ToolCallRecord::from).collect(),
                labels: labels.to_string(),
            },
            ChatMessage::ToolResult { call, name, content, labels } => Self::Tool {
                call: call.to_string(),
                name: name.clone(),
                text: content.clone(),
                labels: labels.to_string(),
            },
        }
    }
}

impl TryFrom<MessageRecord> for ChatMessage {
    type Error = RecordError;

    fn try_from(record: MessageRecord) -> Result<Self, RecordError> {
        Ok(match record {
            MessageRecord::System { text } => Self::System(text),
            MessageRecord::User { text, labels } => {
                Self::User { text, images: Vec::new(), labels: Labels::parse(&labels) }
            }
            MessageRecord::Assistant { text, tool_calls, labels } => Self::Assistant {
                text,
                tool_calls: tool_calls.into_iter().map(ToolCall::try_from).collect::<Result<_, _>>()?,
                labels: Labels::parse(&labels),
            },
            MessageRecord::Tool { call, name, text, labels } => Self::ToolResult {
                call: ToolCallId::new(call)?,
                name,
                content: text,
                labels: Labels::parse(&labels),
            },
        })
    }
}

const fn finish_name(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop => "stop",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::Length => "length",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Other => "other",
    }
}

fn parse_finish(name: &str) -> Result<FinishReason, RecordError> {
    Ok(match name {
        "stop" => FinishReason::Stop,
        "tool_calls" => FinishReason::ToolCalls,
        "length" => FinishReason::Length,
        "content_filter" => FinishReason::ContentFilter,
        "other" => FinishReason::Other,
        found => return Err(RecordError::UnknownWord { what: "finish reason", found: found.to_owned() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_finish_reason_is_named() {
        assert!(parse_finish("gone").unwrap_err().to_string().contains("\"gone\""));
    }
}
