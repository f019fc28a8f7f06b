//! The model that is none: a fixed function of the request, for a fresh install without any key.
//!
//! It shows that the rest works: history reaches it, tools run on request, answers stream and get stored. It
//! never pretends to understand.

mod command;

use std::fmt::Write as _;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ids::ToolCallId;
use nanobot_core::model::{ChatMessage, FinishReason, ModelError, ModelReply, ModelRequest, ToolCall, Usage};
use nanobot_core::ports::{DeltaSink, ModelInfo};
use serde_json::json;

use crate::chat::ChatProvider;

use command::Command;

/// How the first answer of a conversation begins, and `help`: what this is, and the next step.
const DISCLAIMER: &str = "I am not a language model, only nanobot's offline stand-in. To get real answers, set \
     a provider key or run `nanobot-cli onboard`.";

/// How every other answer begins. None goes without.
const REMINDER: &str = "(offline stand-in, not a language model)";

/// How much of a message is repeated, in characters.
const ECHO_LIMIT: usize = 400;

/// How much of the tools' results is repeated, in characters, over all of them.
const RESULT_LIMIT: usize = 2_000;

/// How many tools are named.
const NAMED_TOOLS: usize = 12;

/// Answers without a language model, a key or a network.
///
/// The same request gives the same answer. Text goes to the sink word by word.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflineModel;

#[async_trait]
impl ChatProvider for OfflineModel {
    fn info(&self) -> ModelInfo {
        ModelInfo {
            provider: "offline".to_owned(),
            model: "offline".to_owned(),
            endpoint: None,
            is_language_model: false,
        }
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        _patience: Duration,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let reply = answer(request)?;
        for word in reply.text.split_inclusive(char::is_whitespace) {
            deltas.text(word);
        }
        Ok(reply)
    }
}

fn answer(request: &ModelRequest) -> Result<ModelReply, ModelError> {
    let results = latest_results(&request.messages);
    let begin = if is_first_turn(&request.messages) { DISCLAIMER } else { REMINDER };
    if !results.is_empty() {
        return Ok(saying(begin, &report(&results)));
    }
    let heard = latest_words(&request.messages);
    let offered = |name: &str| request.tools.iter().any(|tool| tool.name == name);
    match Command::read(heard) {
        Command::Help => Ok(saying(DISCLAIMER, &help(request))),
        Command::Call { tool, path } if offered(tool) => calling(request, tool, &path),
        Command::Call { tool, .. } => {
            Ok(saying(begin, &format!("The tool {tool} is not on offer in this chat.")))
        }
        Command::None => Ok(saying(begin, &echo(heard, request))),
    }
}

/// Whether nothing was answered before the message that waits for its answer.
fn is_first_turn(messages: &[ChatMessage]) -> bool {
    let waiting = messages.iter().rposition(|message| matches!(message, ChatMessage::User { .. }));
    let before = messages.get(..waiting.unwrap_or(0)).unwrap_or_default();
    !before.iter().any(|message| matches!(message, ChatMessage::Assistant { .. }))
}

fn saying(begin: &str, text: &str) -> ModelReply {
    ModelReply {
        text: format!("{begin}\n\n{text}"),
        tool_calls: Vec::new(),
        finish: FinishReason::Stop,
        usage: Usage::default(),
        served: None,
    }
}

fn calling(request: &ModelRequest, tool: &str, path: &str) -> Result<ModelReply, ModelError> {
    let calls = request.messages.iter().map(|message| match message {
        ChatMessage::Assistant { tool_calls, .. } => tool_calls.len(),
        ChatMessage::System(_) | ChatMessage::User { .. } | ChatMessage::ToolResult { .. } => 0,
    });
    let id = ToolCallId::new(format!("offline_{}", calls.sum::<usize>()))
        .map_err(|error| ModelError::caused_by(nanobot_core::model::ModelErrorKind::BadAnswer, error))?;
    let call = ToolCall { id, name: tool.to_owned(), arguments: json!({ "path": path }) };
    Ok(ModelReply {
        // The answer to the results says who speaks, and once a turn is enough.
        text: String::new(),
        tool_calls: vec![call],
        finish: FinishReason::ToolCalls,
        usage: Usage::default(),
        served: None,
    })
}

/// The results that nobody has answered yet: those at the end.
fn latest_results(messages: &[ChatMessage]) -> Vec<(&str, &str)> {
    let mut results: Vec<(&str, &str)> = messages
        .iter()
        .rev()
        .skip_while(|message| matches!(message, ChatMessage::System(_)))
        .map_while(|message| match message {
            ChatMessage::ToolResult { name, content, .. } => Some((name.as_str(), content.as_str())),
            ChatMessage::System(_) | ChatMessage::User { .. } | ChatMessage::Assistant { .. } => None,
        })
        .collect();
    results.reverse();
    results
}

fn latest_words(messages: &[ChatMessage]) -> &str {
    let words = messages.iter().rev().find_map(|message| match message {
        ChatMessage::User { text, .. } => Some(text.trim()),
        ChatMessage::System(_) | ChatMessage::Assistant { .. } | ChatMessage::ToolResult { .. } => None,
    });
    words.unwrap_or_default()
}

fn report(results: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut room = RESULT_LIMIT;
    for (tool, content) in results {
        let shown = cut(content.trim_end(), room);
        room = room.saturating_sub(shown.chars().count());
        let _ = write!(text, "The tool {tool} answered:\n{shown}\n\n");
    }
    text.truncate(text.trim_end().len());
    text
}

fn echo(heard: &str, request: &ModelRequest) -> String {
    let heard = match heard {
        "" => "I heard nothing.".to_owned(),
        words => format!("I heard: {}", cut(words, ECHO_LIMIT)),
    };
    format!(
        "{heard}\n\nMessages of this chat that came before: {}. {} Send `help` to see what I can do.",
        earlier_messages(&request.messages),
        tools_on_offer(request),
    )
}

fn earlier_messages(messages: &[ChatMessage]) -> usize {
    let spoken = |message: &&ChatMessage| match message {
        ChatMessage::User { .. } | ChatMessage::Assistant { .. } => true,
        ChatMessage::System(_) | ChatMessage::ToolResult { .. } => false,
    };
    messages.iter().filter(spoken).count().saturating_sub(1)
}

fn tools_on_offer(request: &ModelRequest) -> String {
    let names: Vec<&str> = request.tools.iter().take(NAMED_TOOLS).map(|tool| tool.name.as_str()).collect();
    match request.tools.len() {
        0 => "No tools are on offer.".to_owned(),
        count if count > names.len() => {
            format!("Tools on offer: {} and {} more.", names.join(", "), count - names.len())
        }
        _ => format!("Tools on offer: {}.", names.join(", ")),
    }
}

fn help(request: &ModelRequest) -> String {
    format!(
        "What I can do without a model:\n\
         - `list files`, `list PATH`, `list_dir PATH`: show a folder with the tool list_dir\n\
         - `read PATH`, `read_file PATH`: show a file with the tool read_file\n\
         - `help`: this text\n\
         - anything else: repeat what I heard\n\
         A PATH with spaces stands between double quotes. {}",
        tools_on_offer(request),
    )
}

/// At most so many characters; a cut is shown.
fn cut(text: &str, limit: usize) -> String {
    let mut shown: String = text.chars().take(limit).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
