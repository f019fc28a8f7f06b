//! What the pieces of an answer of Anthropic's messages add up to: pure.
//!
//! Thoughts do not get into the reply. They count: towards the size of the answer, and as tokens. How bytes become
//! pieces is decided in `answering/decoder.rs`.

use std::collections::BTreeMap;

use nanobot_core::model::{FinishReason, ModelReply, ToolCall, Usage};
use nanobot_core::ports::DeltaSink;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::answer::{Block, Delta, Event, Message};
use crate::answering::{
    ANSWER_LIMIT, Answer, CallIds, DecodeError, DecodedReply, Gain, Progress, TOOL_CALL_LIMIT, arguments,
    json_of, settled_finish, too_long,
};
use crate::error::AnswerError;

/// The reply as far as it was read.
#[derive(Debug)]
pub(super) struct MessageAnswer {
    text: String,
    calls: BTreeMap<u64, Draft>,
    ids: CallIds,
    finish: Option<FinishReason>,
    counts: Counts,
    progress: Progress,
    /// Bytes of thoughts and tool calls.
    other_bytes: usize,
    repaired_utf8: bool,
    /// Something other than comments came.
    saw_event: bool,
    saw_message: bool,
}

/// A tool call as far as it was read.
#[derive(Debug)]
struct Draft {
    id: String,
    name: String,
    input: Option<Value>,
    json: String,
}

impl Answer for MessageAnswer {
    fn take_event(&mut self, data: &[u8], deltas: &mut dyn DeltaSink) -> Result<Gain, DecodeError> {
        let data = data.trim_ascii();
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
        if !self.saw_message && (self.progress == Progress::Ended || !self.saw_event) {
            return Err(AnswerError::NoChoice.into());
        }
        if self.progress == Progress::Writing {
            return Err(AnswerError::Truncated.into());
        }
        let ids = &mut self.ids;
        let tool_calls: Vec<ToolCall> =
            self.calls.into_values().map(|draft| draft.into_call(ids)).collect::<Result<_, _>>()?;
        let finish = settled_finish(self.finish, !tool_calls.is_empty());
        let usage = self.counts.usage();
        let reply = ModelReply { text: self.text, tool_calls, finish, usage, served: None };
        Ok(DecodedReply { reply, repaired_utf8: self.repaired_utf8 })
    }
}

impl MessageAnswer {
    /// Nothing has come yet; calls get their ids from `ids`.
    pub(super) fn new(ids: CallIds) -> Self {
        Self {
            text: String::new(),
            calls: BTreeMap::new(),
            ids,
            finish: None,
            counts: Counts::default(),
            progress: Progress::Writing,
            other_bytes: 0,
            repaired_utf8: false,
            saw_event: false,
            saw_message: false,
        }
    }

    fn take_json(&mut self, json: &[u8], deltas: &mut dyn DeltaSink) -> Result<Gain, DecodeError> {
        let value = json_of(json, &mut self.repaired_utf8)?;
        let event = Event::deserialize(value).map_err(|_| AnswerError::WrongShape)?;
        let gain = Gain::if_so(event.is_part());
        match event {
            Event::MessageStart { message } | Event::Message(message) => {
                self.take_message(message, deltas)?;
            }
            Event::ContentBlockStart { index, content_block } => {
                self.saw_message = true;
                self.start(index, content_block, deltas)?;
            }
            Event::ContentBlockDelta { index, delta } => self.grow(index, delta, deltas)?,
            Event::MessageDelta { delta, usage } => {
                self.saw_message = true;
                self.count(usage.as_ref());
                self.stop(delta.stop_reason.as_deref());
            }
            Event::MessageStop => self.progress = Progress::Ended,
            Event::Other => {}
        }
        Ok(gain)
    }

    fn take_message(&mut self, message: Message, deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        self.saw_message = true;
        self.count(message.usage.as_ref());
        for (index, block) in (0..).zip(message.content) {
            self.start(index, block, deltas)?;
        }
        self.stop(message.stop_reason.as_deref());
        Ok(())
    }

    fn start(&mut self, index: u64, block: Block, deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        match block {
            Block::Text { text } => self.say(&text, deltas),
            Block::Thinking { thinking } => self.weigh(thinking.len()),
            Block::ToolUse { id, name, input } => {
                if self.calls.len() == TOOL_CALL_LIMIT && !self.calls.contains_key(&index) {
                    return Err(AnswerError::TooManyTools { limit: TOOL_CALL_LIMIT }.into());
                }
                let written = input.as_ref().filter(|input| !is_empty(input)).map_or(0, written_bytes);
                self.weigh(id.len().saturating_add(name.len()).saturating_add(written))?;
                self.calls.insert(index, Draft { id, name, input, json: String::new() });
                Ok(())
            }
            Block::Other => Ok(()),
        }
    }

    fn grow(&mut self, index: u64, delta: Delta, deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        match delta {
            Delta::Text { text } => self.say(&text, deltas),
            Delta::Thinking { thinking } => self.weigh(thinking.len()),
            Delta::Input { partial_json } => {
                self.weigh(partial_json.len())?;
                // Input of a block that we do not know belongs to a tool that the provider runs by itself.
                if let Some(draft) = self.calls.get_mut(&index) {
                    draft.json.push_str(&partial_json);
                }
                Ok(())
            }
            Delta::Other => Ok(()),
        }
    }

    fn say(&mut self, text: &str, deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        self.check_room(text.len())?;
        if !text.is_empty() {
            self.text.push_str(text);
            deltas.text(text);
        }
        Ok(())
    }

    fn weigh(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.check_room(bytes)?;
        self.other_bytes += bytes;
        Ok(())
    }

    fn check_room(&self, more: usize) -> Result<(), DecodeError> {
        if self.text.len() + self.other_bytes + more > ANSWER_LIMIT {
            return Err(too_long().into());
        }
        Ok(())
    }

    fn stop(&mut self, reason: Option<&str>) {
        if let Some(reason) = reason {
            self.finish = Some(finish_reason(reason));
            self.progress = Progress::Finished;
        }
    }

    fn count(&mut self, usage: Option<&Value>) {
        if let Some(usage) = usage {
            self.counts.take(usage);
        }
    }
}

impl Draft {
    fn into_call(self, ids: &mut CallIds) -> Result<ToolCall, AnswerError> {
        if self.name.trim().is_empty() {
            return Err(AnswerError::NamelessTool);
        }
        let arguments = match (self.json.is_empty(), self.input) {
            (true, Some(input @ Value::Object(_))) => input,
            (true, Some(Value::Null) | None) => Value::Object(Map::new()),
            (true, Some(input)) => arguments(&input.to_string()),
            (false, _) => arguments(&self.json),
        };
        Ok(ToolCall { id: ids.settle(self.id), name: self.name, arguments })
    }
}

/// Counts of tokens as they stand on the wire: what was read is told in three parts that do not overlap.
#[derive(Debug, Default)]
struct Counts {
    fresh: Option<u64>,
    cached: Option<u64>,
    stored: Option<u64>,
    written: Option<u64>,
    thoughts: Option<u64>,
}

impl Counts {
    /// Takes over the counts that are there. Each is the whole so far, so that a later one replaces an earlier one.
    fn take(&mut self, usage: &Value) {
        for (count, field) in [
            (&mut self.fresh, "/input_tokens"),
            (&mut self.cached, "/cache_read_input_tokens"),
            (&mut self.stored, "/cache_creation_input_tokens"),
            (&mut self.written, "/output_tokens"),
            (&mut self.thoughts, "/output_tokens_details/thinking_tokens"),
        ] {
            *count = usage.pointer(field).and_then(Value::as_u64).or(*count);
        }
    }

    fn usage(&self) -> Usage {
        let besides = self.cached.unwrap_or(0).saturating_add(self.stored.unwrap_or(0));
        Usage {
            input: self.fresh.map(|fresh| fresh.saturating_add(besides)),
            cached_input: self.cached,
            cache_write: self.stored,
            output: self.written,
            reasoning: self.thoughts,
        }
    }
}

/// What stands where the input is still to come.
fn is_empty(input: &Value) -> bool {
    input.is_null() || input.as_object().is_some_and(Map::is_empty)
}

fn written_bytes(input: &Value) -> usize {
    input.to_string().len()
}

fn finish_reason(word: &str) -> FinishReason {
    match word {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "tool_use" => FinishReason::ToolCalls,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "refusal" => FinishReason::ContentFilter,
        // `pause_turn`, and what comes to be.
        _ => FinishReason::Other,
    }
}

#[cfg(test)]
mod tests;
