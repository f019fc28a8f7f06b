//! The request as Anthropic's messages write it.
//!
//! Only what we send is named. The conversation itself is in `messages.rs`, the answer's shapes in `answer.rs`.
//!
//! A document is asked for with the interface's own `output_config.format` (platform.claude.com, "Structured
//! outputs", November 2026) and not by forcing a tool, which the newest models refuse (Claude Opus 5.5, Fable 5.1).

use std::borrow::Cow;

use nanobot_core::model::{AnswerFormat, ModelRequest, ToolSpec};
use serde::Serialize;
use serde_json::Value;

use super::messages::{WireMessage, messages};
use crate::conversation::{format_in_words, split_instructions};
use crate::registry::StructuredOutput;
use crate::schema::closed;
use crate::settings::{DEFAULT_MAX_TOKENS, Delivery, ProviderSettings, Temperature};

/// A request for a message.
#[derive(Debug, Serialize)]
pub(super) struct MessagesRequest<'a> {
    model: &'a str,
    max_tokens: u32,
    // The prompt begins with the tools, then come the instructions: both are the part that stays the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<SystemBlock<'a>>,
    messages: Vec<WireMessage<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
    stream: bool,
}

#[derive(Debug, Serialize)]
struct SystemBlock<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Debug, Serialize)]
struct WireTool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

/// The mark up to which the provider keeps the prompt in its cache. Four are allowed; we send two.
#[derive(Debug, Serialize)]
struct CacheControl {
    #[serde(rename = "type")]
    kind: &'static str,
}

const CACHE_UP_TO_HERE: CacheControl = CacheControl { kind: "ephemeral" };

#[derive(Debug, Serialize)]
struct OutputConfig {
    format: OutputFormat,
}

#[derive(Debug, Serialize)]
struct OutputFormat {
    #[serde(rename = "type")]
    kind: &'static str,
    schema: Value,
}

impl<'a> MessagesRequest<'a> {
    /// Writes a request of ours in the provider's words.
    pub(super) fn new(request: &'a ModelRequest, settings: &'a ProviderSettings) -> Self {
        let (output_config, in_words) = output(&request.format, settings.structured_output);
        let (start, rest) = split_instructions(&request.messages);
        let system = start.map(Cow::Borrowed).chain(in_words.map(Cow::Owned));
        Self {
            model: &settings.wire_model,
            max_tokens: settings.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS),
            tools: tools(&request.tools),
            system: system_blocks(system),
            messages: messages(rest),
            temperature: temperature(settings),
            output_config,
            stream: settings.delivery == Delivery::Streamed,
        }
    }
}

fn system_blocks<'a>(texts: impl Iterator<Item = Cow<'a, str>>) -> Vec<SystemBlock<'a>> {
    let texts = texts.filter(|text| !text.trim().is_empty());
    let mut blocks: Vec<SystemBlock<'_>> =
        texts.map(|text| SystemBlock { kind: "text", text, cache_control: None }).collect();
    if let Some(last) = blocks.last_mut() {
        last.cache_control = Some(CACHE_UP_TO_HERE);
    }
    blocks
}

fn tools(specs: &[ToolSpec]) -> Vec<WireTool<'_>> {
    let mut tools: Vec<WireTool<'_>> = specs.iter().map(tool).collect();
    if let Some(last) = tools.last_mut() {
        last.cache_control = Some(CACHE_UP_TO_HERE);
    }
    tools
}

fn tool(spec: &ToolSpec) -> WireTool<'_> {
    let ToolSpec { name, description, parameters, class: _ } = spec;
    WireTool { name, description, input_schema: parameters, cache_control: None }
}

/// The field that asks for a document, or the words that do where the schema, or the server, is beyond it.
fn output(format: &AnswerFormat, structured: StructuredOutput) -> (Option<OutputConfig>, Option<String>) {
    let AnswerFormat::Json { name: _, schema } = format else { return (None, None) };
    match (structured, closed(schema)) {
        (StructuredOutput::Schema, Some(schema)) => {
            (Some(OutputConfig { format: OutputFormat { kind: "json_schema", schema } }), None)
        }
        _ => (None, Some(format_in_words(schema))),
    }
}

/// The interface knows temperatures from 0 to 1, OpenAI's goes to 2.
fn temperature(settings: &ProviderSettings) -> Option<f64> {
    match settings.temperature {
        Temperature::Value(value) if value.is_finite() && takes_temperature(&settings.wire_model) => {
            Some(value.clamp(0.0, 1.0))
        }
        Temperature::Value(_) | Temperature::ServerDefault => None,
    }
}

/// Whether a model accepts a temperature. From Claude 4.7 on every one refuses the whole request, so that models
/// with unknown names of that family count as new ones (platform.claude.com, "Migration guide", November 2026).
fn takes_temperature(model: &str) -> bool {
    let Some(rest) = model.strip_prefix("claude-") else { return true };
    let mut parts = rest.split('-');
    let number = |part: Option<&str>| {
        // Longer digits are a date.
        part.filter(|part| part.len() <= 2).and_then(|part| part.parse::<u32>().ok())
    };
    match parts.next() {
        // `claude-opus-4-5-20251101`, `claude-sonnet-4-20250514`.
        Some("opus" | "sonnet" | "haiku") => {
            number(parts.next()).is_some_and(|major| (major, number(parts.next()).unwrap_or(0)) <= (4, 6))
        }
        // `claude-3-5-sonnet-latest`, `claude-2.1`, `claude-instant-1`.
        Some(first) => first.starts_with(['2', '3']) || first == "instant",
        None => false,
    }
}

#[cfg(test)]
mod tests;
