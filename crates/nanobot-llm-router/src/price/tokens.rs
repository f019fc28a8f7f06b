//! How many tokens a request can be at most, before anybody has counted them.
//!
//! A bound, not an estimate: it is three to four times what English text comes to. What a call really was, the
//! provider says afterwards.

use std::io;

use nanobot_core::model::{AnswerFormat, ChatMessage, ModelRequest};
use serde_json::Value;

/// Special tokens that a chat template puts around one message. OpenAI documents 3 (Cookbook, "How to count tokens
/// with tiktoken"), Llama 3's template has 5, and none of the published templates of the registry's open models
/// (Qwen, DeepSeek, GLM, Kimi, gpt-oss) has more than 8. As known in November 2026.
const PER_MESSAGE: u64 = 16;
/// What a template adds around one tool besides its name, description and schema, which are in the bytes: a few
/// words of XML or TypeScript. Qwen's, the longest of the published ones, adds about 20. As known in November 2026.
const PER_TOOL: u64 = 64;
/// Words of a vendor's own that come with every request: the largest documented are the 530 tokens that Anthropic
/// adds for tools with Claude 3 Opus (Anthropic, "Tool use pricing and tokens"; November 2026). Nearly four times that.
const PER_REQUEST: u64 = 2_048;
/// The most tokens that a vendor documents for one picture of any size. OpenAI's gpt-4o-mini in its usual detail:
/// 2,833 and 5,667 for each of at most 8 tiles (OpenAI, "Images and vision", calculating costs). Its newer models
/// count at most 10,000 patches times 2.46, Anthropic's about 5,000 tokens ("Vision"), Gemini's 2,240 ("Media
/// resolution"). As known in November 2026.
const PER_IMAGE: u64 = 2_833 + 8 * 5_667;

/// The most tokens that a request can be read as.
///
/// No published tokenizer makes more than one token of a byte. The byte-level ones (OpenAI, Llama, Qwen, DeepSeek,
/// GLM, Kimi) begin with single bytes and only ever join them; Gemini's falls back to single bytes for what it does
/// not know. So every byte of every text, argument and schema counts as one, and pictures by their bound.
pub fn worst_input_tokens(request: &ModelRequest) -> u64 {
    let messages = request.messages.iter().map(|message| {
        let images = match message {
            ChatMessage::User { images, .. } => images.len(),
            _ => 0,
        };
        let calls = match message {
            ChatMessage::Assistant { tool_calls, .. } => tool_calls.len(),
            _ => 0,
        };
        PER_MESSAGE + PER_IMAGE.saturating_mul(length(images)) + PER_TOOL.saturating_mul(length(calls))
    });
    let tools = PER_TOOL.saturating_mul(length(request.tools.len()));
    let format = if request.format == AnswerFormat::Text { 0 } else { PER_TOOL };
    messages.fold(PER_REQUEST + tools + format, u64::saturating_add).saturating_add(text_bytes(request))
}

/// The bytes of every text, argument and schema of a request; of pictures nothing.
pub(crate) fn text_bytes(request: &ModelRequest) -> u64 {
    let messages = request.messages.iter().map(of_message);
    let tools = request
        .tools
        .iter()
        .map(|tool| length(tool.name.len() + tool.description.len()) + json_bytes(&tool.parameters));
    let format = match &request.format {
        AnswerFormat::Text => 0,
        AnswerFormat::Json { name, schema } => length(name.len()) + json_bytes(schema),
    };
    messages.chain(tools).fold(format, u64::saturating_add)
}

fn of_message(message: &ChatMessage) -> u64 {
    match message {
        ChatMessage::System(text) | ChatMessage::User { text, .. } => length(text.len()),
        ChatMessage::Assistant { text, tool_calls, labels: _ } => {
            let calls = tool_calls
                .iter()
                .map(|call| length(call.id.as_str().len() + call.name.len()) + json_bytes(&call.arguments));
            calls.fold(length(text.len()), u64::saturating_add)
        }
        ChatMessage::ToolResult { call, name, content, labels: _ } => {
            length(call.as_str().len() + name.len() + content.len())
        }
    }
}

/// How long a document is as text. Strings of arguments are sent inside of a string again, and each escape there may
/// become a token: twice the length covers that.
fn json_bytes(value: &Value) -> u64 {
    let mut count = Count(0);
    // Writing to a counter cannot fail, and a document in memory has no keys that are no texts.
    let _ = serde_json::to_writer(&mut count, value);
    count.0.saturating_mul(2)
}

/// Counts what is written to it.
struct Count(u64);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(length(bytes.len()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
