//! Completions as OpenAI writes them: as much of it as the front needs.

use anyhow::{Context as _, Result, bail};
use nanobot_core::label::Labels;
use nanobot_core::model::{ChatMessage, ModelReply, ModelRequest};
use serde_json::{Value, json};

use crate::arm::Form;
use crate::target::MODEL;

/// What is asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) form: Form,
    pub(super) request: ModelRequest,
}

impl Asked {
    pub(super) fn read(body: &[u8]) -> Result<Self> {
        let body: Value = serde_json::from_slice(body).context("the request is no JSON")?;
        let messages = body.get("messages").and_then(Value::as_array).context("no messages")?;
        let messages = messages.iter().map(message).collect::<Result<_>>()?;
        let is_streamed = body.get("stream").and_then(Value::as_bool) == Some(true);
        Ok(Self {
            form: if is_streamed { Form::Streamed } else { Form::Whole },
            request: ModelRequest { messages, ..ModelRequest::default() },
        })
    }
}

fn message(message: &Value) -> Result<ChatMessage> {
    let field = |name: &str| message.get(name).and_then(Value::as_str);
    let text = field("content").context("a message without words")?.to_owned();
    match field("role") {
        Some("system") => Ok(ChatMessage::System(text)),
        Some("user") => Ok(ChatMessage::User { text, images: Vec::new(), labels: Labels::NONE }),
        other => bail!("a message by {other:?}"),
    }
}

/// An answer in one piece.
pub(super) fn whole(reply: &ModelReply) -> String {
    json!({
        "id": "front",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": reply.text},
            "finish_reason": "stop",
        }],
        "usage": usage(reply),
    })
    .to_string()
}

/// The event of a piece of an answer.
pub(super) fn piece(text: &str) -> String {
    event(&json!({"content": text}), &Value::Null)
}

/// The last events of a streamed answer.
pub(super) fn end(reply: &ModelReply) -> String {
    let counted = json!({
        "id": "front",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": MODEL,
        "choices": [],
        "usage": usage(reply),
    });
    event(&json!({}), &json!("stop")) + &format!("data: {counted}\n\ndata: [DONE]\n\n")
}

/// The event of an error.
pub(super) fn error(told: &str) -> String {
    format!("data: {}\n\n", json!({"error": {"message": told}}))
}

fn event(delta: &Value, finish: &Value) -> String {
    let chunk = json!({
        "id": "front",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    });
    format!("data: {chunk}\n\n")
}

fn usage(reply: &ModelReply) -> Value {
    let (input, output) = (reply.usage.input.unwrap_or(0), reply.usage.output.unwrap_or(0));
    json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output})
}

#[cfg(test)]
mod tests {
    use nanobot_core::model::{FinishReason, Usage};

    use super::*;
    use crate::events::{Events, text_of};

    fn reply(text: &str) -> ModelReply {
        ModelReply {
            text: text.to_owned(),
            tool_calls: Vec::new(),
            finish: FinishReason::Stop,
            usage: Usage::default(),
            served: None,
        }
    }

    #[test]
    fn what_the_front_writes_the_generator_reads() {
        assert_eq!(text_of(whole(&reply("Good day")).as_bytes()).unwrap(), "Good day");
        let stream = piece("Good ") + &piece("\"day\"\n") + &end(&reply(""));
        let mut events = Events::default();
        events.take(stream.as_bytes()).unwrap();
        assert_eq!(events.pieces(), 2);
        assert_eq!(events.text().unwrap(), "Good \"day\"\n");
        assert!(Events::default().take(error("no").as_bytes()).is_err());
    }

    #[test]
    fn a_request_is_read_with_its_form() {
        let read = |body: &str| Asked::read(body.as_bytes());
        let asked = read(r#"{"stream":true,"messages":[{"role":"system","content":"Be brief."}]}"#).unwrap();
        assert_eq!(asked.form, Form::Streamed);
        assert_eq!(asked.request.messages, [ChatMessage::System("Be brief.".to_owned())]);
        assert_eq!(read(r#"{"messages":[]}"#).unwrap().form, Form::Whole);
        assert!(read(r#"{"messages":[{"role":"tool","content":""}]}"#).is_err());
        assert!(read("{}").is_err() && read("no").is_err());
    }
}
