//! From the bytes of a successful response to a reply: pure, fed piece by piece.
//!
//! Whether the server streams or answers in one piece of JSON is seen from the first byte, not from the content
//! type, which servers get wrong. However the bytes are cut, the same reply comes out. Times, statuses and the
//! network are the client's business.

use std::borrow::Cow;
use std::mem;

use nanobot_core::model::{FinishReason, ModelReply, Usage};
use nanobot_core::ports::DeltaSink;
use nanobot_core::units::ByteCount;
use serde::Deserialize as _;
use serde_json::Value;

use crate::error::AnswerError;
use crate::openai::answer::{Choice, Completion};
use crate::openai::calls::{CallIds, CallsBeingWritten};
use crate::openai::errors::{Refusal, refusal_in};
use crate::openai::sse::EventReader;

/// Longest answer: text, names and arguments of tool calls together, in bytes.
pub const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// Longest body of an answer in one piece. JSON may write one byte as six.
const JSON_BODY_LIMIT: usize = 4 * ANSWER_LIMIT;

/// Why an answer is none.
#[derive(Debug)]
pub(super) enum DecodeError {
    /// It cannot be read.
    Unreadable(AnswerError),
    /// It is a refusal inside a response that began well.
    Refused(Refusal),
}

impl From<AnswerError> for DecodeError {
    fn from(error: AnswerError) -> Self {
        Self::Unreadable(error)
    }
}

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More is to come.
    Writing,
    /// The model is done; a count of tokens may still come.
    Finished,
    /// Nothing more will come.
    Ended,
}

/// Reads one answer.
#[derive(Debug)]
pub(super) struct AnswerDecoder {
    framing: Framing,
    answer: Answer,
}

#[derive(Debug)]
enum Framing {
    /// Only white space came so far.
    Unknown,
    Events(EventReader),
    OnePiece(Vec<u8>),
}

impl AnswerDecoder {
    pub(super) fn new(ids: CallIds) -> Self {
        Self { framing: Framing::Unknown, answer: Answer::new(ids) }
    }

    /// Takes the next bytes; text that they complete goes to `deltas`.
    ///
    /// # Errors
    /// [`DecodeError`]; the decoder is of no use afterwards.
    pub(super) fn push(&mut self, bytes: &[u8], deltas: &mut dyn DeltaSink) -> Result<Progress, DecodeError> {
        let bytes = match self.framing {
            Framing::Unknown => self.recognise(bytes)?,
            Framing::Events(_) | Framing::OnePiece(_) => bytes,
        };
        match &mut self.framing {
            Framing::Unknown => {}
            Framing::OnePiece(body) => {
                if body.len() + bytes.len() > JSON_BODY_LIMIT {
                    return Err(too_long().into());
                }
                body.extend_from_slice(bytes);
            }
            Framing::Events(reader) => {
                let answer = &mut self.answer;
                let mut refused = None;
                reader.push(bytes, &mut |data| match answer.take_event(&data, deltas) {
                    Ok(()) => Ok(answer.progress != Progress::Ended),
                    Err(DecodeError::Unreadable(error)) => Err(error),
                    Err(DecodeError::Refused(refusal)) => {
                        refused = Some(refusal);
                        Ok(false)
                    }
                })?;
                if let Some(refusal) = refused {
                    return Err(DecodeError::Refused(refusal));
                }
            }
        }
        Ok(self.answer.progress)
    }

    /// How far the answer has come.
    pub(super) fn progress(&self) -> Progress {
        self.answer.progress
    }

    /// Ends the answer where the response ended.
    ///
    /// # Errors
    /// [`DecodeError`]; `Truncated` when the answer never said that it was done.
    pub(super) fn finish(self, deltas: &mut dyn DeltaSink) -> Result<DecodedReply, DecodeError> {
        let Self { framing, mut answer } = self;
        match framing {
            Framing::Unknown => return Err(AnswerError::Truncated.into()),
            Framing::OnePiece(body) => answer.take_whole(&body, deltas)?,
            Framing::Events(_) if answer.progress == Progress::Ended => {}
            Framing::Events(reader) => {
                // A stream may end without its last blank line, or in the middle of a line.
                if let Some(data) = reader.finish()? {
                    match answer.take_event(&data, deltas) {
                        Err(DecodeError::Unreadable(AnswerError::NotJson { .. })) => {}
                        other => other?,
                    }
                }
            }
        }
        answer.into_reply()
    }

    /// Decides on the framing by the first byte that is no white space, and answers the bytes from there on.
    fn recognise<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], AnswerError> {
        let bytes = bytes.trim_ascii_start();
        match bytes.first() {
            None => {}
            Some(b'{' | b'[') => self.framing = Framing::OnePiece(Vec::new()),
            Some(b'<') => return Err(AnswerError::WebPage),
            Some(_) => self.framing = Framing::Events(EventReader::default()),
        }
        Ok(bytes)
    }
}

/// A reply, and what was odd about it.
#[derive(Debug)]
pub(super) struct DecodedReply {
    pub(super) reply: ModelReply,
    /// Bytes that were no UTF-8 were replaced by U+FFFD.
    pub(super) repaired_utf8: bool,
}

/// The reply as far as it was read.
#[derive(Debug)]
struct Answer {
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

impl Answer {
    fn new(ids: CallIds) -> Self {
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

    fn take_event(&mut self, data: &[u8], deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.progress = Progress::Ended;
            return Ok(());
        }
        if data.is_empty() {
            return Ok(());
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

    fn take_json(&mut self, json: &[u8], deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        let text = String::from_utf8_lossy(json);
        self.repaired_utf8 |= matches!(text, Cow::Owned(_));
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| AnswerError::NotJson { line: error.line(), column: error.column() })?;
        if let Some(refusal) = refusal_in(&value) {
            return Err(DecodeError::Refused(refusal));
        }
        let piece = Completion::deserialize(value).map_err(|_| AnswerError::WrongShape)?;
        if let Some(counts) = &piece.usage {
            self.count(counts);
        }
        // Of several answers, which we never ask for, the first counts.
        for choice in piece.choices.into_iter().flatten().filter(|each| each.index.unwrap_or(0) == 0) {
            self.saw_choice = true;
            self.take_choice(choice, deltas)?;
        }
        Ok(())
    }

    fn take_choice(&mut self, choice: Choice, deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        if let Some(counts) = &choice.usage {
            self.count(counts);
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
            // OpenRouter's word for a failure that it does not explain.
            if reason == "error" {
                return Err(DecodeError::Refused(Refusal::unexplained()));
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

    /// Takes the counts that are there; a later count replaces an earlier one.
    fn count(&mut self, counts: &Value) {
        let read = |names: &[&str]| names.iter().find_map(|name| counts.pointer(name)?.as_u64());
        let Usage { input, cached_input, output } = &mut self.usage;
        *input = read(&["/prompt_tokens"]).or(*input);
        // OpenAI and most others; DeepSeek; Moonshot.
        *cached_input =
            read(&["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens", "/cached_tokens"])
                .or(*cached_input);
        *output = read(&["/completion_tokens"]).or(*output);
    }

    fn into_reply(mut self) -> Result<DecodedReply, DecodeError> {
        if !self.saw_choice && (self.progress == Progress::Ended || !self.saw_event) {
            return Err(AnswerError::NoChoice.into());
        }
        if self.progress == Progress::Writing {
            return Err(AnswerError::Truncated.into());
        }
        let tool_calls = mem::take(&mut self.calls).into_calls(&mut self.ids)?;
        let finish = match self.finish {
            // Some servers say `stop` beside tool calls, some say nothing at all.
            None | Some(FinishReason::Stop | FinishReason::Other) if !tool_calls.is_empty() => {
                FinishReason::ToolCalls
            }
            None => FinishReason::Stop,
            Some(FinishReason::ToolCalls) if tool_calls.is_empty() => FinishReason::Stop,
            Some(reason) => reason,
        };
        let reply = ModelReply { text: self.text, tool_calls, finish, usage: self.usage };
        Ok(DecodedReply { reply, repaired_utf8: self.repaired_utf8 })
    }
}

fn finish_reason(word: &str) -> FinishReason {
    match word {
        "stop" => FinishReason::Stop,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "length" => FinishReason::Length,
        "content_filter" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

fn too_long() -> AnswerError {
    AnswerError::TooLong { limit: ByteCount::of(ANSWER_LIMIT) }
}

#[cfg(test)]
mod tests;
