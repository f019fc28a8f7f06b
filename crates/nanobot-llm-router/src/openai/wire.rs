//! The request as OpenAI's chat completions write it.
//!
//! Only what we send is named. The answer's shapes are in `answer.rs`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nanobot_core::model::{ChatMessage, ImagePart, ModelRequest, ToolCall, ToolSpec};
use serde::Serialize;
use serde_json::Value;

use crate::settings::{LOCAL_MAX_TOKENS, ProviderSettings, SystemMessages, Temperature, TokenLimitField};

/// Marks around instructions that had to move into a user message.
const INSTRUCTIONS_START: &str = "[instructions]\n";
const INSTRUCTIONS_END: &str = "\n[/instructions]";

/// A request for a streamed completion.
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
    stream: bool,
    stream_options: StreamOptions,
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
        let limit = settings.max_tokens.or(settings.endpoint.is_loopback().then_some(LOCAL_MAX_TOKENS));
        let (max_tokens, max_completion_tokens) = match settings.token_limit_field {
            TokenLimitField::MaxTokens => (limit, None),
            TokenLimitField::MaxCompletionTokens => (None, limit),
        };
        Self {
            model: &settings.wire_model,
            messages: messages(&request.messages, settings.system_messages),
            tools: request.tools.iter().map(tool).collect(),
            tool_choice: (!request.tools.is_empty()).then_some("auto"),
            max_tokens,
            max_completion_tokens,
            temperature: match settings.temperature {
                Temperature::ServerDefault => None,
                Temperature::Value(value) => Some(value),
            },
            stream: true,
            stream_options: StreamOptions { include_usage: true },
        }
    }
}

fn messages(conversation: &[ChatMessage], system: SystemMessages) -> Vec<WireMessage<'_>> {
    match system {
        SystemMessages::Anywhere => conversation.iter().map(|each| message(each, None)).collect(),
        SystemMessages::FirstOnly => with_first_system_only(conversation),
    }
}

/// One system message at most, at the start. What instructs later stands in front of the next user message,
/// or in one of its own when none follows.
fn with_first_system_only(conversation: &[ChatMessage]) -> Vec<WireMessage<'_>> {
    let leading = conversation.iter().take_while(|each| matches!(each, ChatMessage::System(_))).count();
    let (start, rest) = conversation.split_at(leading);
    let mut written = Vec::with_capacity(rest.len() + 2);
    if let Some(content) = joined(start.iter().filter_map(system_text)) {
        written.push(WireMessage::System { content });
    }
    let mut waiting: Vec<&str> = Vec::new();
    for each in rest {
        match each {
            ChatMessage::System(text) => waiting.push(text),
            ChatMessage::User { .. } => written.push(message(each, instructions(&mut waiting))),
            ChatMessage::Assistant { .. } | ChatMessage::ToolResult { .. } => {
                written.push(message(each, None));
            }
        }
    }
    if let Some(text) = instructions(&mut waiting) {
        written.push(WireMessage::User { content: UserContent::Text(Cow::Owned(text)) });
    }
    written
}

fn system_text(message: &ChatMessage) -> Option<&str> {
    match message {
        ChatMessage::System(text) => Some(text),
        ChatMessage::User { .. } | ChatMessage::Assistant { .. } | ChatMessage::ToolResult { .. } => None,
    }
}

fn instructions(waiting: &mut Vec<&str>) -> Option<String> {
    joined(waiting.drain(..)).map(|text| format!("{INSTRUCTIONS_START}{text}{INSTRUCTIONS_END}"))
}

fn joined<'a>(mut texts: impl Iterator<Item = &'a str>) -> Option<Cow<'a, str>> {
    let first = Cow::Borrowed(texts.next()?);
    Some(texts.fold(first, |whole, text| Cow::Owned(format!("{whole}\n\n{text}"))))
}

fn message(message: &ChatMessage, before: Option<String>) -> WireMessage<'_> {
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
            WireMessage::Assistant { content: text, tool_calls: tool_calls.iter().map(tool_call).collect() }
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

fn tool_call(call: &ToolCall) -> WireToolCall<'_> {
    let function = CalledFunction { name: &call.name, arguments: call.arguments.to_string() };
    WireToolCall { id: call.id.as_str(), kind: "function", function }
}

fn tool(spec: &ToolSpec) -> WireTool<'_> {
    let function =
        OfferedFunction { name: &spec.name, description: &spec.description, parameters: &spec.parameters };
    WireTool { kind: "function", function }
}

#[cfg(test)]
mod tests;
