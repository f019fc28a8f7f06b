//! The client for every server that speaks OpenAI's chat completions: one request, one answer, within limits.
//!
//! It asks once. Retries, fallback, budgets and prices are decided above; what an answer means is decided in
//! `stream.rs`, which does no I/O.

mod answer;
mod calls;
mod format;
mod stream;
mod thoughts;
mod usage;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::model::{ModelError, ModelErrorKind, ModelReply, ModelRequest};
use nanobot_core::ports::{DeltaSink, ModelInfo};
use tracing::debug;

use crate::answering::{CallIds, ask};
use crate::chat::ChatProvider;
use crate::error::SetupError;
use crate::http::{Caller, KeyScheme};
use crate::settings::{Limits, ProviderSettings};
use stream::CompletionAnswer;
use wire::CompletionRequest;

/// A language model behind an OpenAI-compatible server. Dropping a call's future closes its connection.
pub struct OpenAiClient {
    settings: ProviderSettings,
    caller: Caller,
}

impl std::fmt::Debug for OpenAiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenAiClient").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl OpenAiClient {
    /// A client for the settings. Opens no connection and reads no file.
    ///
    /// # Errors
    /// [`SetupError`] when the key or a header cannot be sent.
    pub fn new(settings: ProviderSettings) -> Result<Self, SetupError> {
        let caller = Caller::new(&settings, "chat/completions", KeyScheme::Bearer)?;
        Ok(Self { settings, caller })
    }

    async fn call(
        &self,
        request: &ModelRequest,
        limits: Limits,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let body = serde_json::to_vec(&CompletionRequest::new(request, &self.settings))
            .map_err(|error| ModelError::caused_by(ModelErrorKind::BadRequest, error).free())?;
        debug!(bytes = body.len(), messages = request.messages.len(), tools = request.tools.len(), "asking");
        ask(&self.caller, body, CompletionAnswer::new(CallIds::after(request)), limits, deltas).await
    }
}

#[async_trait]
impl ChatProvider for OpenAiClient {
    fn info(&self) -> ModelInfo {
        self.settings.info()
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        patience: Duration,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        self.call(request, self.settings.limits.with_patience(patience), deltas).await
    }
}

#[cfg(test)]
mod tests;
