//! OpenAI's chat completions.

use serde_json::{Value, json};

use super::super::answer::{Answer, Call, Finish};
use super::Events;

pub(super) fn whole(answer: &Answer) -> Value {
    let mut message = json!({"role": "assistant", "content": answer.text()});
    if let Some(call) = &answer.call {
        message = json!({"role": "assistant", "content": null, "tool_calls": [tool_call(answer, call)]});
    }
    json!({
        "id": id(answer),
        "object": "chat.completion",
        "created": 0,
        "model": answer.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish(answer)}],
        "usage": usage(answer),
    })
}

pub(super) fn events(answer: &Answer, wants_usage: bool) -> Events {
    let pieces = answer.pieces.iter().map(|words| piece(answer, words)).collect();
    let mut after = Vec::new();
    if let Some(call) = &answer.call {
        after.push(choice(answer, &json!({"tool_calls": [tool_call(answer, call)]}), None));
    }
    after.push(choice(answer, &json!({}), Some(finish(answer))));
    let mut trailer = Vec::new();
    if wants_usage {
        let mut last = chunk(answer, &json!([]));
        if let Some(fields) = last.as_object_mut() {
            fields.insert("usage".to_owned(), usage(answer));
        }
        trailer.push(event(&last));
    }
    trailer.push("data: [DONE]\n\n".to_owned());
    Events { before: before(answer), pieces, after, trailer }
}

pub(super) fn before(answer: &Answer) -> Vec<String> {
    vec![choice(answer, &json!({"role": "assistant", "content": ""}), None)]
}

/// As DeepSeek and most others write it.
pub(super) fn thought(answer: &Answer, words: &str) -> String {
    choice(answer, &json!({"reasoning_content": words}), None)
}

pub(super) fn piece(answer: &Answer, words: &str) -> String {
    choice(answer, &json!({"content": words}), None)
}

pub(super) fn error(kind: &str, code: Option<&str>, message: &str) -> Value {
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

fn choice(answer: &Answer, delta: &Value, finish: Option<&str>) -> String {
    event(&chunk(answer, &json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}])))
}

fn chunk(answer: &Answer, choices: &Value) -> Value {
    json!({
        "id": id(answer),
        "object": "chat.completion.chunk",
        "created": 0,
        "model": answer.model,
        "choices": choices,
    })
}

fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

fn id(answer: &Answer) -> String {
    format!("chatcmpl-{}", answer.number)
}

fn tool_call(answer: &Answer, call: &Call) -> Value {
    let function = json!({"name": call.name, "arguments": call.arguments});
    json!({"index": 0, "id": format!("call_{}", answer.number), "type": "function", "function": function})
}

fn finish(answer: &Answer) -> &'static str {
    match answer.finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::Call => "tool_calls",
    }
}

fn usage(answer: &Answer) -> Value {
    let (read, written) = (answer.input_tokens, answer.output_tokens);
    json!({"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written})
}
