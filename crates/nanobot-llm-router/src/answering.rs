//! One answer, from the request's bytes to the reply, within the limits of time and size: the same for every wire.
//!
//! What the pieces of an answer mean is decided by an [`Answer`], which does no I/O. It asks once.
//!
//! ```text
//! connect + first_byte              idle: until the next byte; idle or first_byte, the longer: until the next event
//! ├─ request ─ head ─ comments ─┤ event ├─ comments ─┤ event ├─ … ─┤ finish ├─ trailer ─┤
//!                               ╰──────────────────── whole_answer ─────────────────────╯
//! ```

mod call_ids;
mod decoder;
mod reading;
mod sse;

use nanobot_core::model::{FinishReason, ModelError, ModelErrorKind, ModelReply};
use nanobot_core::ports::DeltaSink;
use tokio::time::timeout;
use tracing::warn;

use crate::error::AnswerError;
use crate::http::Caller;
use crate::settings::Limits;
use reading::{Reading, decode_error};

pub(crate) use call_ids::{CallIds, TOOL_CALL_LIMIT, arguments};
pub use decoder::ANSWER_LIMIT;
pub(crate) use decoder::{
    Answer, AnswerDecoder, DecodeError, DecodedReply, Gain, Progress, json_of, too_long,
};
pub use sse::SSE_LINE_LIMIT;

/// Sends a request and reads the answer to it.
///
/// # Errors
/// [`ModelError`] by kind. Whatever goes wrong inside of a response that began well may have been charged.
pub(crate) async fn ask<A: Answer>(
    caller: &Caller,
    body: Vec<u8>,
    answer: A,
    limits: Limits,
    deltas: &mut dyn DeltaSink,
) -> Result<ModelReply, ModelError> {
    let mut decoder = AnswerDecoder::new(answer);
    let begun = begin(caller, body, &mut decoder, deltas);
    let begun = timeout(limits.connect.saturating_add(limits.first_byte), begun).await;
    let begun = begun.map_err(|_| ModelError::new(ModelErrorKind::FirstByteTimeout))??;
    let read = read_answer(decoder, begun, limits, deltas).await?;
    if read.repaired_utf8 {
        warn!("the provider sent bytes that are no UTF-8; they were replaced by U+FFFD");
    }
    Ok(read.reply)
}

/// Sends the request and reads until the answer begins. Comments are no beginning.
async fn begin<A: Answer>(
    caller: &Caller,
    body: Vec<u8>,
    decoder: &mut AnswerDecoder<A>,
    deltas: &mut dyn DeltaSink,
) -> Result<Reading, ModelError> {
    let mut reading = Reading::of(caller.post(body).await?);
    reading.until_gain(decoder, deltas, None).await?;
    Ok(reading)
}

/// Reads the answer, for as long as a whole one may take.
async fn read_answer<A: Answer>(
    mut decoder: AnswerDecoder<A>,
    mut reading: Reading,
    limits: Limits,
    deltas: &mut dyn DeltaSink,
) -> Result<DecodedReply, ModelError> {
    let limit = limits.whole_answer;
    match timeout(limit, reading.read_on(&mut decoder, limits, deltas)).await {
        Ok(read) => read?,
        Err(_) if decoder.progress() == Progress::Writing => {
            return Err(ModelError::caused_by(ModelErrorKind::BadAnswer, AnswerError::Endless(limit)));
        }
        // The answer is whole; only the count of tokens is missing.
        Err(_) => {}
    }
    decoder.finish(deltas).map_err(|error| decode_error(error, reading.status()))
}

/// Why an answer ended, given what the provider said and whether tools are called: some servers say `stop` beside
/// tool calls, some say nothing at all.
pub(crate) fn settled_finish(said: Option<FinishReason>, calls_tools: bool) -> FinishReason {
    match said {
        None | Some(FinishReason::Stop | FinishReason::Other) if calls_tools => FinishReason::ToolCalls,
        None => FinishReason::Stop,
        Some(FinishReason::ToolCalls) if !calls_tools => FinishReason::Stop,
        Some(reason) => reason,
    }
}
