//! OpenAI's chat completions as JSON: answers in one piece and in pieces, refusals, the list of models.

use serde_json::{Value, json};

/// The name of the one model.
pub const MODEL: &str = "fake-1";
/// What is answered when nothing else is asked for.
pub const ANSWER: &str = "pong from the fake provider";
/// What is answered after the folder was listed.
pub const LISTED: &str = "the folder has been listed";

/// What the model says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Words.
    Text(String),
    /// One call of `list_dir` on the workspace.
    ListDir,
}

/// What a chat completion asked for, as far as the scripts look at it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) stream: bool,
    /// Without the instructions that a client may put in front, for servers that want one system message.
    pub(crate) last_user_text: String,
    /// The last message is the result of a tool.
    pub(crate) after_tool: bool,
}

impl Asked {
    pub(crate) fn read(body: &Value) -> Self {
        let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let role = |message: &Value, role: &str| message.get("role").and_then(Value::as_str) == Some(role);
        let last_user = messages.iter().rev().find(|message| role(message, "user"));
        Self {
            stream: body.get("stream").and_then(Value::as_bool) == Some(true),
            last_user_text: last_user.map(text_of).map(without_instructions).unwrap_or_default(),
            after_tool: messages.last().is_some_and(|message| role(message, "tool")),
        }
    }
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

fn without_instructions(text: String) -> String {
    match text.rsplit_once("[/instructions]\n\n") {
        Some((_, words)) => words.to_owned(),
        None => text,
    }
}

/// The events of a streamed reply, the closing `[DONE]` among them. Text comes word by word.
pub(crate) fn events(reply: &Reply) -> Vec<String> {
    let mut events = vec![event(&json!({"role": "assistant", "content": ""}), None)];
    match reply {
        Reply::Text(text) => {
            events.extend(text.split_inclusive(' ').map(text_event));
            events.push(event(&json!({}), Some("stop")));
        }
        Reply::ListDir => {
            events.push(event(&json!({"tool_calls": [list_dir()]}), None));
            events.push(event(&json!({}), Some("tool_calls")));
        }
    }
    events.push(format!(
        "data: {}\n\n",
        json!({"object": "chat.completion.chunk", "choices": [], "usage": usage()})
    ));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

/// The event of one piece of text.
pub(crate) fn text_event(piece: &str) -> String {
    event(&json!({"content": piece}), None)
}

fn event(delta: &Value, finish: Option<&str>) -> String {
    let chunk = json!({
        "id": "chatcmpl-fake",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    });
    format!("data: {chunk}\n\n")
}

/// The reply in one piece.
pub(crate) fn completion(reply: &Reply) -> Value {
    let (message, finish) = match reply {
        Reply::Text(text) => (json!({"role": "assistant", "content": text}), "stop"),
        Reply::ListDir => {
            (json!({"role": "assistant", "content": null, "tool_calls": [list_dir()]}), "tool_calls")
        }
    };
    json!({
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage(),
    })
}

fn list_dir() -> Value {
    let function = json!({"name": "list_dir", "arguments": r#"{"path": "."}"#});
    json!({"index": 0, "id": "call_fake", "type": "function", "function": function})
}

fn usage() -> Value {
    json!({"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17})
}

/// A refusal.
pub(crate) fn refusal(message: &str, kind: &str, code: &str) -> Value {
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

/// The list of models.
pub(crate) fn models() -> Value {
    json!({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "nobody"}]})
}

/// A page for people, as proxies send one.
pub(crate) const WEB_PAGE: &str = "<!DOCTYPE html>\n<html><body><h1>It works!</h1></body></html>\n";
