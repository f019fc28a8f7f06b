//! A response while its answer is read: which bytes have to come by when.
//!
//! What they mean is decided in `decoder.rs`. Limits for beginning and for all of it are the caller's.

use std::time::Duration;

use nanobot_core::model::{ModelError, ModelErrorKind};
use nanobot_core::ports::DeltaSink;
use reqwest::Response;
use tokio::time::timeout;

use super::decoder::{Answer, AnswerDecoder, DecodeError, Progress};
use crate::error::AnswerError;
use crate::http::transport_error;
use crate::settings::Limits;

/// How long all that follows is waited for once the model is done: the count of tokens, and comments. Never
/// longer than the idle limit.
const TRAILER_LIMIT: Duration = Duration::from_secs(5);

/// A response that succeeded so far.
pub(super) struct Reading {
    response: Response,
    /// It has ended.
    is_over: bool,
}

impl Reading {
    /// Nothing was read yet.
    pub(super) fn of(response: Response) -> Self {
        Self { response, is_over: false }
    }

    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Reads until the answer has come on, is done, or ends; each byte has to come within `silence`, if there is one.
    ///
    /// # Errors
    /// [`ModelError`] when the connection breaks or falls silent, and when what comes is no answer.
    pub(super) async fn until_gain<A: Answer>(
        &mut self,
        decoder: &mut AnswerDecoder<A>,
        deltas: &mut dyn DeltaSink,
        silence: Option<Duration>,
    ) -> Result<(), ModelError> {
        let before = decoder.gains();
        while self.is_expected(decoder) && decoder.gains() == before {
            let next = self.response.chunk();
            let next = match silence {
                Some(limit) => {
                    timeout(limit, next).await.map_err(|_| ModelError::new(ModelErrorKind::IdleTimeout))?
                }
                None => next.await,
            };
            match next.map_err(transport_error)? {
                Some(bytes) => {
                    let status = self.status();
                    decoder.push(&bytes, deltas).map_err(|error| decode_error(error, status))?;
                }
                None => self.is_over = true,
            }
        }
        Ok(())
    }

    /// Reads until the answer has ended, or is whole and nothing more comes in time.
    ///
    /// Comments show that somebody is there, so that they put off the idle limit: Anthropic sends pings while a model
    /// writes a long argument of a tool, which comes in one piece (platform.claude.com, "Streaming messages"). But not
    /// for ever: what a model may take before it begins, it may take between two events, and no more.
    ///
    /// # Errors
    /// As [`Reading::until_gain`].
    pub(super) async fn read_on<A: Answer>(
        &mut self,
        decoder: &mut AnswerDecoder<A>,
        limits: Limits,
        deltas: &mut dyn DeltaSink,
    ) -> Result<(), ModelError> {
        let pause = limits.idle.max(limits.first_byte);
        while self.is_expected(decoder) {
            let gained = timeout(pause, self.until_gain(decoder, deltas, Some(limits.idle))).await;
            gained.map_err(|_| ModelError::new(ModelErrorKind::IdleTimeout))??;
        }
        if decoder.progress() == Progress::Finished {
            // One limit for everything, because each keep-alive by itself comes in time.
            let _ = timeout(limits.idle.min(TRAILER_LIMIT), self.trailer(decoder, deltas)).await;
        }
        Ok(())
    }

    /// Reads what follows a whole answer. What breaks here takes nothing away.
    async fn trailer<A: Answer>(&mut self, decoder: &mut AnswerDecoder<A>, deltas: &mut dyn DeltaSink) {
        while decoder.progress() == Progress::Finished {
            let Ok(Some(bytes)) = self.response.chunk().await else { break };
            if decoder.push(&bytes, deltas).is_err() {
                break;
            }
        }
    }

    /// Whether more has to come.
    fn is_expected<A: Answer>(&self, decoder: &AnswerDecoder<A>) -> bool {
        !self.is_over && decoder.progress() == Progress::Writing
    }
}

/// The error that an answer stands for which is none. It came inside of a response that began well, so that nobody knows
/// whether it is free.
pub(super) fn decode_error(error: DecodeError, status: u16) -> ModelError {
    match error {
        DecodeError::Refused(refusal) => refusal.into_error(status, None),
        // A server that hangs up in the middle is a broken connection, however politely it did so.
        DecodeError::Unreadable(cause @ AnswerError::Truncated) => {
            ModelError::caused_by(ModelErrorKind::Network, cause)
        }
        DecodeError::Unreadable(cause) => ModelError::caused_by(ModelErrorKind::BadAnswer, cause),
    }
}
