//! One answer, from the request's bytes to the reply, within the limits of time and size: the same for every wire.
//!
//! What the pieces of an answer mean is decided by an [`Answer`], which does no I/O. It asks once.

mod call_ids;
mod decoder;
mod sse;

use std::time::Duration;

use nanobot_core::model::{FinishReason, ModelError, ModelErrorKind, ModelReply};
use nanobot_core::ports::DeltaSink;
use reqwest::Response;
use tokio::time::timeout;
use tracing::warn;

use crate::error::AnswerError;
use crate::http::{Caller, transport_error};
use crate::settings::Limits;

pub(crate) use call_ids::{CallIds, TOOL_CALL_LIMIT, arguments};
pub use decoder::ANSWER_LIMIT;
pub(crate) use decoder::{Answer, AnswerDecoder, DecodeError, DecodedReply, Progress, json_of, too_long};
pub use sse::SSE_LINE_LIMIT;

/// How long all that follows is waited for once the model is done: the count of tokens, and comments. Never
/// longer than the idle limit.
const TRAILER_LIMIT: Duration = Duration::from_secs(5);

/// Sends a request and reads the answer to it.
///
/// # Errors
/// [`ModelError`] by kind.
pub(crate) async fn ask<A: Answer>(
    caller: &Caller,
    body: Vec<u8>,
    answer: A,
    limits: Limits,
    deltas: &mut dyn DeltaSink,
) -> Result<ModelReply, ModelError> {
    let first = timeout(limits.connect.saturating_add(limits.first_byte), first_piece(caller, body)).await;
    let started = first.map_err(|_| ModelError::new(ModelErrorKind::FirstByteTimeout))??;
    let read = read_answer(AnswerDecoder::new(answer), started, limits, deltas).await?;
    if read.repaired_utf8 {
        warn!("the provider sent bytes that are no UTF-8; they were replaced by U+FFFD");
    }
    Ok(read.reply)
}

/// Sends the request and waits for the first piece of a successful answer.
async fn first_piece(caller: &Caller, body: Vec<u8>) -> Result<Started, ModelError> {
    let mut response = caller.post(body).await?;
    let piece = response.chunk().await.map_err(transport_error)?;
    Ok(Started { response, piece: piece.map(|bytes| bytes.to_vec()) })
}

/// Reads the answer, for as long as a whole one may take.
async fn read_answer<A: Answer>(
    mut decoder: AnswerDecoder<A>,
    started: Started,
    limits: Limits,
    deltas: &mut dyn DeltaSink,
) -> Result<DecodedReply, ModelError> {
    let status = started.response.status().as_u16();
    let limit = limits.whole_answer;
    match timeout(limit, read_into(&mut decoder, started, limits.idle, deltas)).await {
        Ok(read) => read?,
        Err(_) if decoder.progress() == Progress::Writing => {
            return Err(ModelError::caused_by(ModelErrorKind::BadAnswer, AnswerError::Endless(limit)));
        }
        // The answer is whole; only the count of tokens is missing.
        Err(_) => {}
    }
    decoder.finish(deltas).map_err(|error| decode_error(error, status))
}

/// Feeds the decoder until the answer has ended, or is whole and nothing more comes in time.
async fn read_into<A: Answer>(
    decoder: &mut AnswerDecoder<A>,
    started: Started,
    idle: Duration,
    deltas: &mut dyn DeltaSink,
) -> Result<(), ModelError> {
    let Started { mut response, mut piece } = started;
    let status = response.status().as_u16();
    let failed = |error| decode_error(error, status);
    while let Some(bytes) = piece {
        if decoder.push(&bytes, deltas).map_err(failed)? != Progress::Writing {
            break;
        }
        let next = timeout(idle, response.chunk()).await;
        let next = next.map_err(|_| ModelError::new(ModelErrorKind::IdleTimeout))?;
        piece = next.map_err(transport_error)?.map(|bytes| bytes.to_vec());
    }
    if decoder.progress() == Progress::Finished {
        // One limit for everything, because each keep-alive by itself comes in time.
        let rest = timeout(idle.min(TRAILER_LIMIT), read_trailer(&mut response, decoder, deltas)).await;
        rest.unwrap_or(Ok(())).map_err(failed)?;
    }
    Ok(())
}

/// Reads what follows a whole answer. A connection that breaks here takes nothing away.
async fn read_trailer<A: Answer>(
    response: &mut Response,
    decoder: &mut AnswerDecoder<A>,
    deltas: &mut dyn DeltaSink,
) -> Result<(), DecodeError> {
    while decoder.progress() == Progress::Finished {
        let Ok(Some(bytes)) = response.chunk().await else { break };
        decoder.push(&bytes, deltas)?;
    }
    Ok(())
}

/// A response that succeeded so far; no piece when its body was empty.
struct Started {
    response: Response,
    piece: Option<Vec<u8>>,
}

fn decode_error(error: DecodeError, status: u16) -> ModelError {
    match error {
        DecodeError::Refused(refusal) => refusal.into_error(status, None),
        // A server that hangs up in the middle is a broken connection, however politely it did so.
        DecodeError::Unreadable(cause @ AnswerError::Truncated) => {
            ModelError::caused_by(ModelErrorKind::Network, cause)
        }
        DecodeError::Unreadable(cause) => ModelError::caused_by(ModelErrorKind::BadAnswer, cause),
    }
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
