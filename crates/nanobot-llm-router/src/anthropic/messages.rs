//! The conversation as Anthropic writes it: two roles that alternate, and blocks inside their messages.
//!
//! The rules are the interface's (platform.claude.com, "Messages", November 2026): the person begins, neighbours of
//! one role are one message, a tool's result is something that the person says, and no text is blank.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nanobot_core::model::{ChatMessage, ImagePart, ToolCall};
use serde::Serialize;
use serde_json::Value;

use super::ids::WireIds;
use crate::conversation::marked_instructions;

/// Stands in front of a conversation whose beginning is cut off so that the model would speak first.
const CUT_OFF: &str = "[the beginning of this conversation is left out]";

/// One message.
#[derive(Debug, Serialize)]
pub(super) struct WireMessage<'a> {
    role: Role,
    content: Vec<Block<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Assistant,
}

/// A part of a message.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: Cow<'a, str>,
    },
    Image {
        source: ImageSource<'a>,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: &'a str,
        input: &'a Value,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        #[serde(skip_serializing_if = "str::is_empty")]
        content: &'a str,
    },
}

#[derive(Debug, Serialize)]
struct ImageSource<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    media_type: &'a str,
    data: String,
}

/// Writes what follows the instructions at the start. Later ones stand in front of the next user message, or in one
/// of their own when none follows.
pub(super) fn messages(rest: &[ChatMessage]) -> Vec<WireMessage<'_>> {
    let ids = WireIds::of(rest);
    let mut written = Vec::with_capacity(rest.len() + 1);
    let mut waiting: Vec<&str> = Vec::new();
    for each in rest {
        match each {
            ChatMessage::System(text) => waiting.push(text),
            ChatMessage::User { text, images, labels: _ } => {
                let before = marked_instructions(&mut waiting).map(Cow::Owned);
                let texts = before.into_iter().chain([Cow::Borrowed(text.as_str())]).filter_map(text_block);
                append(&mut written, Role::User, texts.chain(images.iter().map(image)));
            }
            ChatMessage::Assistant { text, tool_calls, labels: _ } => {
                let calls = tool_calls.iter().map(|call| tool_use(call, &ids));
                let text = text_block(Cow::Borrowed(text.as_str()));
                append(&mut written, Role::Assistant, text.into_iter().chain(calls));
            }
            ChatMessage::ToolResult { call, name: _, content, labels: _ } => {
                let result = Block::ToolResult { tool_use_id: ids.wire(call.as_str()), content };
                append(&mut written, Role::User, [result]);
            }
        }
    }
    let left = marked_instructions(&mut waiting).map(Cow::Owned).and_then(text_block);
    append(&mut written, Role::User, left);
    if written.first().is_some_and(|first| first.role == Role::Assistant) {
        let begins = Block::Text { text: Cow::Borrowed(CUT_OFF) };
        written.insert(0, WireMessage { role: Role::User, content: vec![begins] });
    }
    written
}

/// Adds blocks to the last message when it has that role, else in a message of their own.
fn append<'a>(written: &mut Vec<WireMessage<'a>>, role: Role, blocks: impl IntoIterator<Item = Block<'a>>) {
    let mut blocks = blocks.into_iter().peekable();
    if blocks.peek().is_none() {
        return;
    }
    match written.last_mut() {
        Some(last) if last.role == role => last.content.extend(blocks),
        _ => written.push(WireMessage { role, content: blocks.collect() }),
    }
}

/// Blank texts are refused over there.
fn text_block(text: Cow<'_, str>) -> Option<Block<'_>> {
    (!text.trim().is_empty()).then_some(Block::Text { text })
}

fn image(image: &ImagePart) -> Block<'_> {
    let data = STANDARD.encode(&image.bytes);
    Block::Image { source: ImageSource { kind: "base64", media_type: &image.mime, data } }
}

fn tool_use<'a>(call: &'a ToolCall, ids: &WireIds<'a>) -> Block<'a> {
    Block::ToolUse { id: ids.wire(call.id.as_str()), name: &call.name, input: &call.arguments }
}
