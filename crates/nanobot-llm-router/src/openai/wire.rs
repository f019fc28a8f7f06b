//! The request as OpenAI's chat completions write it.
//!
//! Only what we send is named. The answer's shapes are in `answer.rs`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nanobot_core::model::{ChatMessage, ImagePart, ModelRequest, ToolCall, ToolSpec};
use serde::Serialize;
use serde_json::Value;

use super::format::ResponseFormat;
use super::thoughts::{ExtraContent, Thoughts};
use crate::conversation::{joined, marked_instructions, split_instructions};
use crate::settings::{
    DEFAULT_MAX_TOKENS, Delivery, ProviderSettings, SystemMessages, Temperature, TokenLimitField,
};

/// A request for a completion.
#[derive(Debug, Serialize)]
pub(super) struct CompletionRequest<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum WireMessage<'a> {
    System {
        content: Cow<'a, str>,
    },
    User {
        content: UserContent<'a>,
    },
    Assistant {
        /// Empty rather than `null` beside tool calls: some servers fail on `null`.
        content: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning_content: Option<&'static str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<WireToolCall<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        /// Not in OpenAI's schema of today, but chat templates of local models read it.
        name: &'a str,
        content: &'a str,
    },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum UserContent<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<ContentPart<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ContentPart<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Debug, Serialize)]
struct ImageUrl {
    url: String,
}

#[derive(Debug, Serialize)]
struct WireToolCall<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: CalledFunction<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_content: Option<ExtraContent>,
}

#[derive(Debug, Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    /// JSON inside a string, as the interface wants it.
    arguments: String,
}

#[derive(Debug, Serialize)]
struct WireTool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: OfferedFunction<'a>,
}

#[derive(Debug, Serialize)]
struct OfferedFunction<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

impl<'a> CompletionRequest<'a> {
    /// Writes a request of ours in the provider's words.
    pub(super) fn new(request: &'a ModelRequest, settings: &'a ProviderSettings) -> Self {
        let limit = settings.max_tokens.or(settings.endpoint.is_loopback().then_some(DEFAULT_MAX_TOKENS));
        let (max_tokens, max_completion_tokens) = match settings.token_limit_field {
            TokenLimitField::MaxTokens => (limit, None),
            TokenLimitField::MaxCompletionTokens => (None, limit),
        };
        let (response_format, in_words) = ResponseFormat::for_request(request, settings.structured_output);
        let streams = settings.delivery == Delivery::Streamed;
        Self {
            model: &settings.wire_model,
            messages: messages(&request.messages, settings, in_words),
            tools: request.tools.iter().map(tool).collect(),
            tool_choice: (!request.tools.is_empty()).then_some("auto"),
            max_tokens,
            max_completion_tokens,
            temperature: match settings.temperature {
                Temperature::ServerDefault => None,
                Temperature::Value(value) => Some(value),
            },
            response_format,
            stream: streams,
            stream_options: streams.then_some(StreamOptions { include_usage: true }),
        }
    }
}

/// The conversation, and after the instructions at its start one more: how the answer has to look.
fn messages<'a>(
    conversation: &'a [ChatMessage],
    settings: &ProviderSettings,
    format: Option<String>,
) -> Vec<WireMessage<'a>> {
    let (start, rest) = split_instructions(conversation);
    let thoughts = Thoughts::wanted_by(&settings.provider, &settings.wire_model);
    match settings.system_messages {
        SystemMessages::Anywhere => {
            let start = start.map(Cow::Borrowed).chain(format.map(Cow::Owned));
            let start = start.map(|content| WireMessage::System { content });
            start.chain(rest.iter().map(|each| message(each, thoughts, None))).collect()
        }
        SystemMessages::FirstOnly => {
            let start = match (joined(start), format) {
                (Some(start), Some(format)) => Some(Cow::Owned(format!("{start}\n\n{format}"))),
                (start, format) => start.or(format.map(Cow::Owned)),
            };
            with_first_system_only(start, rest, thoughts)
        }
    }
}

/// One system message at most, at the start. What instructs later stands in front of the next user message,
/// or in one of its own when none follows.
fn with_first_system_only<'a>(
    start: Option<Cow<'a, str>>,
    rest: &'a [ChatMessage],
    thoughts: Thoughts,
) -> Vec<WireMessage<'a>> {
    let mut written = Vec::with_capacity(rest.len() + 2);
    written.extend(start.map(|content| WireMessage::System { content }));
    let mut waiting: Vec<&str> = Vec::new();
    for each in rest {
        match each {
            ChatMessage::System(text) => waiting.push(text),
            ChatMessage::User { .. } => {
                written.push(message(each, thoughts, marked_instructions(&mut waiting)));
            }
            ChatMessage::Assistant { .. } | ChatMessage::ToolResult { .. } => {
                written.push(message(each, thoughts, None));
            }
        }
    }
    if let Some(text) = marked_instructions(&mut waiting) {
        written.push(WireMessage::User { content: UserContent::Text(Cow::Owned(text)) });
    }
    written
}

fn message(message: &ChatMessage, thoughts: Thoughts, before: Option<String>) -> WireMessage<'_> {
    match message {
        ChatMessage::System(text) => WireMessage::System { content: Cow::Borrowed(text) },
        ChatMessage::User { text, images, labels: _ } => {
            let text = match before {
                Some(instructions) => Cow::Owned(format!("{instructions}\n\n{text}")),
                None => Cow::Borrowed(text.as_str()),
            };
            WireMessage::User { content: user_content(text, images) }
        }
        ChatMessage::Assistant { text, tool_calls, labels: _ } => {
            let tool_call = |(place, call)| tool_call(call, thoughts.extra_content(place));
            WireMessage::Assistant {
                content: text,
                reasoning_content: thoughts.reasoning_content().filter(|_| !tool_calls.is_empty()),
                tool_calls: tool_calls.iter().enumerate().map(tool_call).collect(),
            }
        }
        ChatMessage::ToolResult { call, name, content, labels: _ } => {
            WireMessage::Tool { tool_call_id: call.as_str(), name, content }
        }
    }
}

fn user_content<'a>(text: Cow<'a, str>, images: &[ImagePart]) -> UserContent<'a> {
    if images.is_empty() {
        return UserContent::Text(text);
    }
    let mut parts = Vec::with_capacity(images.len() + 1);
    // Some providers refuse an empty text part.
    if !text.is_empty() {
        parts.push(ContentPart::Text { text });
    }
    parts.extend(images.iter().map(|image| {
        let url = format!("data:{};base64,{}", image.mime, STANDARD.encode(&image.bytes));
        ContentPart::ImageUrl { image_url: ImageUrl { url } }
    }));
    UserContent::Parts(parts)
}

fn tool_call(call: &ToolCall, extra_content: Option<ExtraContent>) -> WireToolCall<'_> {
    let function = CalledFunction { name: &call.name, arguments: call.arguments.to_string() };
    WireToolCall { id: call.id.as_str(), kind: "function", function, extra_content }
}

fn tool(spec: &ToolSpec) -> WireTool<'_> {
    let function =
        OfferedFunction { name: &spec.name, description: &spec.description, parameters: &spec.parameters };
    WireTool { kind: "function", function }
}

#[cfg(test)]
mod tests;
