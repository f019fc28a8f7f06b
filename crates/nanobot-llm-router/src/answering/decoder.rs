//! From the bytes of a successful response to the pieces of an answer: pure, fed piece by piece.
//!
//! Whether the server streams or answers in one piece of JSON is seen from the first byte, not from the content
//! type, which servers get wrong. However the bytes are cut, the same reply comes out. Times, statuses and the
//! network are not known here.

use std::borrow::Cow;

use nanobot_core::model::ModelReply;
use nanobot_core::ports::DeltaSink;
use nanobot_core::units::ByteCount;
use serde_json::Value;

use super::sse::EventReader;
use crate::error::AnswerError;
use crate::http::{Refusal, refusal_in};

/// Longest answer in bytes: text, thoughts, and names and arguments of tool calls together.
pub const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// Longest body of an answer in one piece. JSON may write one byte as six.
const JSON_BODY_LIMIT: usize = 4 * ANSWER_LIMIT;

/// Why an answer is none.
#[derive(Debug)]
pub(crate) enum DecodeError {
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
pub(crate) enum Progress {
    /// More is to come.
    Writing,
    /// The model is done; a count of tokens may still come.
    Finished,
    /// Nothing more will come.
    Ended,
}

/// A reply, and what was odd about it.
#[derive(Debug)]
pub(crate) struct DecodedReply {
    pub(crate) reply: ModelReply,
    /// Bytes that were no UTF-8 were replaced by U+FFFD.
    pub(crate) repaired_utf8: bool,
}

/// The answer as one wire writes it.
pub(crate) trait Answer: Send {
    /// Takes the data of one event; text goes to `deltas`.
    fn take_event(&mut self, data: &[u8], deltas: &mut dyn DeltaSink) -> Result<(), DecodeError>;

    /// Takes an answer in one piece of JSON.
    fn take_whole(&mut self, body: &[u8], deltas: &mut dyn DeltaSink) -> Result<(), DecodeError>;

    /// How far it has come.
    fn progress(&self) -> Progress;

    /// The reply; an error when the answer never said that it was done.
    fn into_reply(self) -> Result<DecodedReply, DecodeError>;
}

/// Reads one answer.
#[derive(Debug)]
pub(crate) struct AnswerDecoder<A> {
    framing: Framing,
    answer: A,
}

#[derive(Debug)]
enum Framing {
    /// Only white space came so far.
    Unknown,
    Events(EventReader),
    OnePiece(Vec<u8>),
}

impl<A: Answer> AnswerDecoder<A> {
    /// For an answer of which nothing has come yet.
    pub(crate) fn new(answer: A) -> Self {
        Self { framing: Framing::Unknown, answer }
    }

    /// Takes the next bytes; text that they complete goes to `deltas`.
    ///
    /// # Errors
    /// [`DecodeError`]; the decoder is of no use afterwards.
    pub(crate) fn push(&mut self, bytes: &[u8], deltas: &mut dyn DeltaSink) -> Result<Progress, DecodeError> {
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
                    Ok(()) => Ok(answer.progress() != Progress::Ended),
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
        Ok(self.answer.progress())
    }

    /// How far the answer has come.
    pub(crate) fn progress(&self) -> Progress {
        self.answer.progress()
    }

    /// Ends the answer where the response ended.
    ///
    /// # Errors
    /// [`DecodeError`]; `Truncated` when the answer never said that it was done.
    pub(crate) fn finish(self, deltas: &mut dyn DeltaSink) -> Result<DecodedReply, DecodeError> {
        let Self { framing, mut answer } = self;
        match framing {
            Framing::Unknown => return Err(AnswerError::Truncated.into()),
            Framing::OnePiece(body) => answer.take_whole(&body, deltas)?,
            Framing::Events(_) if answer.progress() == Progress::Ended => {}
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

/// Reads a piece of JSON that may turn out to be a refusal, and notes when its UTF-8 had to be repaired.
///
/// # Errors
/// `NotJson`, and the refusal.
pub(crate) fn json_of(bytes: &[u8], repaired_utf8: &mut bool) -> Result<Value, DecodeError> {
    let text = String::from_utf8_lossy(bytes);
    *repaired_utf8 |= matches!(text, Cow::Owned(_));
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| AnswerError::NotJson { line: error.line(), column: error.column() })?;
    match refusal_in(&value) {
        Some(refusal) => Err(DecodeError::Refused(refusal)),
        None => Ok(value),
    }
}

/// The answer passed [`ANSWER_LIMIT`].
pub(crate) fn too_long() -> AnswerError {
    AnswerError::TooLong { limit: ByteCount::of(ANSWER_LIMIT) }
}
