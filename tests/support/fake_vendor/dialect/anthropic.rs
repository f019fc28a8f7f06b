//! Anthropic's messages.

use serde_json::{Value, json};

use super::super::answer::{Answer, Finish};
use super::Events;

pub(super) fn whole(answer: &Answer) -> Value {
    let content = match &answer.call {
        Some(call) => {
            let input: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
            json!([{"type": "tool_use", "id": tool_id(answer), "name": call.name, "input": input}])
        }
        None => json!([{"type": "text", "text": answer.text()}]),
    };
    json!({
        "id": id(answer),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": content,
        "stop_reason": stop_reason(answer),
        "stop_sequence": null,
        "usage": {"input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens},
    })
}

pub(super) fn events(answer: &Answer) -> Events {
    let block = match &answer.call {
        Some(call) => json!({"type": "tool_use", "id": tool_id(answer), "name": call.name, "input": {}}),
        None => json!({"type": "text", "text": ""}),
    };
    let mut after = Vec::new();
    if let Some(call) = &answer.call {
        after.push(delta(&json!({"type": "input_json_delta", "partial_json": call.arguments})));
    }
    after.extend([
        event("content_block_stop", json!({"index": 0})),
        event(
            "message_delta",
            json!({
                "delta": {"stop_reason": stop_reason(answer), "stop_sequence": null},
                "usage": {"output_tokens": answer.output_tokens},
            }),
        ),
    ]);
    Events {
        before: vec![start(answer), begin_block(&block), event("ping", json!({}))],
        pieces: answer.pieces.iter().map(|words| piece(words)).collect(),
        after,
        trailer: vec![event("message_stop", json!({}))],
    }
}

pub(super) fn before_thoughts(answer: &Answer) -> Vec<String> {
    vec![start(answer), begin_block(&json!({"type": "thinking", "thinking": "", "signature": ""}))]
}

pub(super) fn thought(words: &str) -> String {
    delta(&json!({"type": "thinking_delta", "thinking": words}))
}

fn start(answer: &Answer) -> String {
    let message = json!({
        "id": id(answer),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": {"input_tokens": answer.input_tokens, "output_tokens": 1},
    });
    event("message_start", json!({"message": message}))
}

fn begin_block(block: &Value) -> String {
    event("content_block_start", json!({"index": 0, "content_block": block}))
}

pub(super) fn piece(words: &str) -> String {
    delta(&json!({"type": "text_delta", "text": words}))
}

pub(super) fn error(kind: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"})
}

fn delta(delta: &Value) -> String {
    event("content_block_delta", json!({"index": 0, "delta": delta}))
}

/// The name of an event stands in its data as well.
fn event(name: &str, mut data: Value) -> String {
    if let Some(fields) = data.as_object_mut() {
        fields.insert("type".to_owned(), json!(name));
    }
    format!("event: {name}\ndata: {data}\n\n")
}

fn id(answer: &Answer) -> String {
    format!("msg_{}", answer.number)
}

fn tool_id(answer: &Answer) -> String {
    format!("toolu_{}", answer.number)
}

fn stop_reason(answer: &Answer) -> &'static str {
    match answer.finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::Call => "tool_use",
    }
}
