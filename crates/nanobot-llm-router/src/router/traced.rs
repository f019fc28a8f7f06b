//! The span of one attempt: who was asked, what for, and what came of it. Never what was said, and never a key.

use nanobot_core::model::{ModelCall, ModelError, ModelErrorKind, ModelReply};
use tracing::Span;
use tracing::field::Empty;

use super::hop::Hop;

/// An attempt under way. Dropped without an end, it was cancelled.
pub(super) struct Traced {
    span: Span,
    outcome: &'static str,
}

impl Traced {
    /// The attempt of this number, counted from 1 within its call.
    pub(super) fn begin(call: &ModelCall<'_>, hop: &Hop, number: u32) -> Self {
        let span = tracing::info_span!(
            "llm.request",
            provider = hop.provider,
            model = hop.model,
            task = call.task.name(),
            attempt = number,
            outcome = Empty,
            error = Empty,
            input_tokens = Empty,
            output_tokens = Empty,
        );
        Self { span, outcome: ModelErrorKind::Cancelled.code() }
    }

    /// What the call itself runs in.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// It ended: with the words that the figures use as well.
    pub(super) fn ended(mut self, asked: &Result<ModelReply, ModelError>) {
        match asked {
            Ok(reply) => {
                self.outcome = "ok";
                // What the provider did not count is left out.
                self.span.record("input_tokens", reply.usage.input);
                self.span.record("output_tokens", reply.usage.output);
            }
            Err(error) => {
                self.outcome = error.kind.code();
                self.span.record("error", self.outcome);
            }
        }
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        self.span.record("outcome", self.outcome);
    }
}
