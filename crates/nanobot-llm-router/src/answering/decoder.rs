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

/// Longest answer in bytes: all that is kept of it, and thoughts where they are read: text, and ids, names and arguments
/// of tool calls together.
pub const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// Longest body of an answer in one piece. JSON may write one byte as six.
const JSON_BODY_LIMIT: usize = 4 * ANSWER_LIMIT;

/// Most bytes of a stream, whatever they are: comments, thoughts that nobody keeps, and the wrapping of each token. At
/// some 350 bytes a token this is room for 380,000 of them, more than any model writes.
const STREAM_LIMIT: usize = 32 * ANSWER_LIMIT;

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

/// What an event does for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gain {
    /// It shows that somebody is there: a ping, an empty piece.
    Nothing,
    /// It is a part of the answer: words, thoughts, tool calls, counts, its beginning and its end.
    Something,
}

impl Gain {
    /// Something, if that is so.
    pub(crate) const fn if_so(is_so: bool) -> Self {
        if is_so { Self::Something } else { Self::Nothing }
    }
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
    fn take_event(&mut self, data: &[u8], deltas: &mut dyn DeltaSink) -> Result<Gain, DecodeError>;

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
    /// Bytes that came.
    bytes: usize,
    /// Pieces that brought the answer on.
    gains: u64,
}

#[derive(Debug)]
enum Framing {
    /// Only white space came so far.
    Unknown,
    Events(EventReader),
    OnePiece(Vec<u8>),
    /// The answer is whole, and what followed it is not worth reading.
    Over,
}

impl<A: Answer> AnswerDecoder<A> {
    /// For an answer of which nothing has come yet.
    pub(crate) fn new(answer: A) -> Self {
        Self { framing: Framing::Unknown, answer, bytes: 0, gains: 0 }
    }

    /// Takes the next bytes; text that they complete goes to `deltas`. Rubbish behind a whole answer ends it, and takes
    /// nothing away.
    ///
    /// # Errors
    /// [`DecodeError`]; the decoder is of no use afterwards.
    pub(crate) fn push(&mut self, bytes: &[u8], deltas: &mut dyn DeltaSink) -> Result<Progress, DecodeError> {
        match self.take(bytes, deltas) {
            Ok(()) => {}
            Err(_) if self.answer.progress() != Progress::Writing => self.framing = Framing::Over,
            Err(error) => return Err(error),
        }
        Ok(self.progress())
    }

    fn take(&mut self, bytes: &[u8], deltas: &mut dyn DeltaSink) -> Result<(), DecodeError> {
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > STREAM_LIMIT {
            return Err(AnswerError::TooLong { limit: ByteCount::of(STREAM_LIMIT) }.into());
        }
        let bytes = match self.framing {
            Framing::Unknown => self.recognise(bytes)?,
            Framing::Events(_) | Framing::OnePiece(_) | Framing::Over => bytes,
        };
        match &mut self.framing {
            Framing::Unknown | Framing::Over => {}
            Framing::OnePiece(body) => {
                if body.len() + bytes.len() > JSON_BODY_LIMIT {
                    return Err(too_long().into());
                }
                body.extend_from_slice(bytes);
                // White space between the parts of an answer is how servers say that they are still there.
                self.gains += u64::from(!bytes.trim_ascii().is_empty());
            }
            Framing::Events(reader) => {
                let (answer, gains) = (&mut self.answer, &mut self.gains);
                let mut refused = None;
                reader.push(bytes, &mut |data| match answer.take_event(&data, deltas) {
                    Ok(gain) => {
                        *gains += u64::from(gain == Gain::Something);
                        Ok(answer.progress() != Progress::Ended)
                    }
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
        Ok(())
    }

    /// How far the answer has come.
    pub(crate) fn progress(&self) -> Progress {
        match self.framing {
            Framing::Over => Progress::Ended,
            Framing::Unknown | Framing::Events(_) | Framing::OnePiece(_) => self.answer.progress(),
        }
    }

    /// How many pieces have brought the answer on so far. Comments, pings and white space do not.
    pub(crate) fn gains(&self) -> u64 {
        self.gains
    }

    /// Ends the answer where the response ended.
    ///
    /// # Errors
    /// [`DecodeError`]; `Truncated` when the answer never said that it was done.
    pub(crate) fn finish(self, deltas: &mut dyn DeltaSink) -> Result<DecodedReply, DecodeError> {
        let Self { framing, mut answer, .. } = self;
        match framing {
            Framing::Unknown => return Err(AnswerError::Truncated.into()),
            Framing::OnePiece(body) => answer.take_whole(&body, deltas)?,
            Framing::Over => {}
            Framing::Events(_) if answer.progress() == Progress::Ended => {}
            Framing::Events(reader) => {
                let is_whole = answer.progress() == Progress::Finished;
                match take_rest(reader, &mut answer, deltas) {
                    Ok(()) | Err(DecodeError::Unreadable(AnswerError::NotJson { .. })) => {}
                    Err(_) if is_whole => {}
                    Err(error) => return Err(error),
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

/// Takes what a stream left behind that ended without its last blank line, or in the middle of a line.
fn take_rest<A: Answer>(
    reader: EventReader,
    answer: &mut A,
    deltas: &mut dyn DeltaSink,
) -> Result<(), DecodeError> {
    match reader.finish()? {
        Some(data) => answer.take_event(&data, deltas).map(|_| ()),
        None => Ok(()),
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
