//! Overflows that a provider answers as bad requests, for want of a field that says so: Anthropic does ("prompt is
//! too long"), and others after it. The words of an error are not read; the size of the request is.

use nanobot_core::model::{ModelError, ModelErrorKind, ModelRequest};

use super::hop::Hop;
use crate::price::text_bytes;

/// Bytes that a token stands for in ordinary text (OpenAI, "What are tokens and how to count them": about four
/// characters of English).
const BYTES_OF_A_TOKEN: u64 = 4;

/// The same error, or an overflow where the request's words take most of the model's context: three quarters, since
/// tokens are only guessed, and the answer needs room as well. Where the guess is wrong a model with a larger context
/// says once more that the request is bad.
pub(super) fn recognised(error: ModelError, hop: &Hop, request: &ModelRequest) -> ModelError {
    let Some(context) = hop.context_tokens.filter(|_| error.kind == ModelErrorKind::BadRequest) else {
        return error;
    };
    let likely = text_bytes(request) / BYTES_OF_A_TOKEN;
    if likely <= u64::from(context) / 4 * 3 {
        return error;
    }
    let is_free = error.is_free;
    ModelError { is_free, ..ModelError::caused_by(ModelErrorKind::ContextOverflow, error) }
}
