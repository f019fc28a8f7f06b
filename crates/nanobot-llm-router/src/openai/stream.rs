//! What the pieces of an answer of chat completions add up to: pure.
//!
//! How bytes become pieces is decided in `answering/decoder.rs`, what a refusal means in `http/refusal.rs`.

use nanobot_core::model::{FinishReason, ModelReply, Usage};
use nanobot_core::ports::DeltaSink;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::answering::{
    ANSWER_LIMIT, Answer, CallIds, DecodeError, DecodedReply, Gain, Progress, json_of, settled_finish,
    too_long,
};
use crate::error::AnswerError;
use crate::http::{Refusal, refusal_in};
use crate::openai::answer::{Choice, Completion};
use crate::openai::calls::CallsBeingWritten;
use crate::openai::usage::counted;

/// The reply as far as it was read.
#[derive(Debug)]
pub(super) struct CompletionAnswer {
    text: String,
    calls: CallsBeingWritten,
    ids: CallIds,
    finish: Option<FinishReason>,
    usage: Usage,
    progress: Progress,
    repaired_utf8: bool,
    /// Something other than comments came.
    saw_event: bool,
    saw_choice: bool,
}

impl Answer for CompletionAnswer {
    fn take_event(&mut self, data: &[u8], deltas: &mut dyn DeltaSink) -> Result<Gain, DecodeError> {
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.progress = Progress::Ended;
            return Ok(Gain::Something);
        }
        if data.is_empty() {
            return Ok(Gain::Nothing);
        }
        self.saw_event = true;
        self.take_json(data, deltas)
    }

    fn take_whole(&mut self, body: &[u8], deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        self.take_json(body, deltas)?;
        // One piece of JSON that could be read is complete, whatever it says.
        self.progress = Progress::Ended;
        Ok(())
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn into_reply(mut self) -> Result<DecodedReply, DecodeError> {
        if !self.saw_choice && (self.progress == Progress::Ended || !self.saw_event) {
            return Err(AnswerError::NoChoice.into());
        }
        if self.progress == Progress::Writing {
            return Err(AnswerError::Truncated.into());
        }
        let tool_calls = self.calls.into_calls(&mut self.ids)?;
        let finish = settled_finish(self.finish, !tool_calls.is_empty());
        let reply = ModelReply { text: self.text, tool_calls, finish, usage: self.usage, served: None };
        Ok(DecodedReply { reply, repaired_utf8: self.repaired_utf8 })
    }
}

impl CompletionAnswer {
    /// Nothing has come yet; calls get their ids from `ids`.
    pub(super) fn new(ids: CallIds) -> Self {
        Self {
            text: String::new(),
            calls: CallsBeingWritten::default(),
            ids,
            finish: None,
            usage: Usage::default(),
            progress: Progress::Writing,
            repaired_utf8: false,
            saw_event: false,
            saw_choice: false,
        }
    }

    fn take_json(&mut self, json: &[u8], deltas: &mut dyn DeltaSink) -> Result<Gain, DecodeError> {
        let value = json_of(json, &mut self.repaired_utf8)?;
        let (is_part, before) = (is_part(&value), (self.usage, self.progress));
        let piece = Completion::deserialize(value).map_err(|_| AnswerError::WrongShape)?;
        if let Some(counts) = piece.counts() {
            self.usage = counted(self.usage, counts);
        }
        // Of several answers, which we never ask for, the first counts.
        for choice in piece.choices.into_iter().flatten().filter(|each| each.index.unwrap_or(0) == 0) {
            self.saw_choice = true;
            self.take_choice(choice, deltas)?;
        }
        // A count that is repeated is no news.
        Ok(Gain::if_so(is_part || before != (self.usage, self.progress)))
    }

    fn take_choice(&mut self, choice: Choice, deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        if let Some(counts) = &choice.usage {
            self.usage = counted(self.usage, counts);
        }
        let delta = choice.delta.unwrap_or_default();
        if let Some(content) = delta.content {
            let piece = content.into_text();
            self.check_room(piece.len())?;
            if !piece.is_empty() {
                self.text.push_str(&piece);
                deltas.text(&piece);
            }
        }
        for call in delta.tool_calls.into_iter().flatten() {
            self.calls.take(call)?;
            self.check_room(0)?;
        }
        if let Some(reason) = choice.finish_reason.as_deref().filter(|reason| !reason.is_empty()) {
            if let Some(refusal) = refusal_as_reason(reason, choice.error) {
                return Err(DecodeError::Refused(refusal));
            }
            self.finish = Some(finish_reason(reason));
            self.progress = Progress::Finished;
        }
        Ok(())
    }

    fn check_room(&self, more: usize) -> Result<(), AnswerError> {
        if self.text.len() + self.calls.bytes() + more > ANSWER_LIMIT {
            return Err(too_long());
        }
        Ok(())
    }
}

/// Whether a piece is a part of the answer: words, thoughts under whatever name, tool calls. The role by itself is none,
/// with which some servers begin before the model does, nor are empty texts, with which some keep connections alive.
fn is_part(piece: &Value) -> bool {
    let choices = piece.get("choices").and_then(Value::as_array).into_iter().flatten();
    let deltas =
        choices.filter_map(|choice| choice.get("delta").or_else(|| choice.get("message"))?.as_object());
    deltas.flatten().any(|(name, value)| name != "role" && is_filled(value))
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// What some providers say in the place of a finish reason: that they failed. OpenRouter explains it beside.
fn refusal_as_reason(word: &str, beside: Option<Value>) -> Option<Refusal> {
    match word {
        "error" => {
            let explained = beside.and_then(|error| refusal_in(&json!({ "error": error })));
            Some(explained.unwrap_or_else(Refusal::unexplained))
        }
        // DeepSeek, Z.ai.
        "insufficient_system_resource" | "network_error" => Some(Refusal::of_word(word)),
        _ => None,
    }
}

fn finish_reason(word: &str) -> FinishReason {
    match word {
        "stop" => FinishReason::Stop,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        // The second is Z.ai's.
        "length" | "model_context_window_exceeded" => FinishReason::Length,
        // The second is Z.ai's.
        "content_filter" | "sensitive" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

#[cfg(test)]
mod tests;
