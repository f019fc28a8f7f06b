//! Vectors for texts, from every server that speaks OpenAI's embeddings.
//!
//! It asks once per batch and keeps nothing. What an answer means is decided in `answer.rs`, which does no I/O. It
//! stands behind no port yet: memory brings that.

mod answer;
mod batches;

use std::time::Duration;

use nanobot_core::model::{ModelError, ModelErrorKind, ModelTask, Usage};
use serde::Serialize;
use tokio::time::timeout;
use tracing::{debug, instrument};

use crate::error::{AnswerError, SetupError};
use crate::http::{Caller, KeyScheme, whole_body};
use crate::settings::{Limits, ProviderSettings};
use answer::vectors_of;
use batches::batches;

pub use batches::{BATCH_BYTES, BATCH_TEXTS};

/// Longest body of one batch's answer, in bytes: 96 vectors of 4096 numbers, each written with 20 digits, take half.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// A model that turns texts into vectors. Dropping a call's future closes its connection.
pub struct EmbeddingClient {
    settings: ProviderSettings,
    caller: Caller,
}

/// What became of some texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One vector per text, in the order of the texts: all of one length, each of length 1 as geometry has it.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens read, all batches together; nothing when a batch was not counted.
    pub usage: Usage,
}

impl std::fmt::Debug for EmbeddingClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddingClient").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl EmbeddingClient {
    /// A client for the settings. Opens no connection and reads no file.
    ///
    /// # Errors
    /// [`SetupError`] when the key or a header cannot be sent.
    pub fn new(settings: ProviderSettings) -> Result<Self, SetupError> {
        let caller = Caller::new(&settings, "embeddings", KeyScheme::Bearer)?;
        Ok(Self { settings, caller })
    }

    /// Asks for the vectors of some texts, in batches of at most [`BATCH_TEXTS`] texts and [`BATCH_BYTES`] bytes, one
    /// after the other. No text, no call. The waits of each batch take at most `patience` each, and less where the
    /// settings say less.
    ///
    /// # Errors
    /// [`ModelError`] by kind: `ContextOverflow` without a call when one text alone is longer than a batch, and
    /// `BadAnswer` when the vectors are too few, too many, of several lengths, or none. What other batches brought
    /// does not count then.
    pub async fn embed(&self, texts: &[&str], patience: Duration) -> Result<Embedded, ModelError> {
        if texts.iter().any(|text| text.len() > BATCH_BYTES) {
            return Err(ModelError::new(ModelErrorKind::ContextOverflow).free());
        }
        let limits = self.settings.limits.with_patience(patience);
        let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(texts.len());
        let mut input = Some(0_u64);
        for batch in batches(texts) {
            let dimensions = vectors.first().map(Vec::len);
            // What came before has been paid for, however the rest ends.
            let is_first = vectors.is_empty();
            let body = self.ask(batch, limits).await;
            let body = body.map_err(|error| ModelError { is_free: error.is_free && is_first, ..error })?;
            let read = vectors_of(&body, batch.len(), dimensions)?;
            input = input.zip(read.tokens).map(|(sum, more)| sum.saturating_add(more));
            vectors.extend(read.vectors);
        }
        Ok(Embedded { vectors, usage: Usage { input, ..Usage::default() } })
    }

    #[instrument(
        name = "llm.request",
        skip_all,
        fields(provider = self.settings.provider, model = self.settings.model, task = ModelTask::Embed.name())
    )]
    async fn ask(&self, input: &[&str], limits: Limits) -> Result<Vec<u8>, ModelError> {
        let request = EmbeddingRequest { model: &self.settings.wire_model, input, encoding_format: "float" };
        let body = serde_json::to_vec(&request)
            .map_err(|error| ModelError::caused_by(ModelErrorKind::BadRequest, error).free())?;
        debug!(bytes = body.len(), texts = input.len(), "asking");
        let started = timeout(limits.connect.saturating_add(limits.first_byte), self.caller.post(body)).await;
        let response = started.map_err(|_| ModelError::new(ModelErrorKind::FirstByteTimeout))??;
        let limit = limits.whole_answer;
        let body = timeout(limit, whole_body(response, BODY_LIMIT, limits.idle)).await;
        body.map_err(|_| ModelError::caused_by(ModelErrorKind::BadAnswer, AnswerError::Endless(limit)))?
    }
}

/// The request.
#[derive(Debug, Serialize)]
struct EmbeddingRequest<'a> {
    model: &'a str,
    input: &'a [&'a str],
    /// What every server knows. Some answer in base64 all the same.
    encoding_format: &'static str,
}

#[cfg(test)]
mod tests;
