//! The client for servers that speak Anthropic's messages: Anthropic itself, and llama.cpp among others.
//!
//! It asks once. What the request looks like is decided in `wire.rs`, what the answer means in `stream.rs`; neither
//! does I/O. Retries, fallback, budgets and prices are decided above.

mod answer;
mod ids;
mod messages;
mod stream;
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
use stream::MessageAnswer;
use wire::MessagesRequest;

/// The version of the interface, and the only one there is (platform.claude.com, "Versions", November 2026).
const VERSION: &str = "2023-06-01";

/// A language model behind Anthropic's interface. Dropping a call's future closes its connection.
pub struct AnthropicClient {
    settings: ProviderSettings,
    caller: Caller,
}

impl std::fmt::Debug for AnthropicClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnthropicClient").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl AnthropicClient {
    /// A client for the settings, whose key goes into `x-api-key`. Opens no connection and reads no file.
    ///
    /// # Errors
    /// [`SetupError`] when the key or a header cannot be sent.
    pub fn new(settings: ProviderSettings) -> Result<Self, SetupError> {
        let caller = Caller::new(&settings, "messages", KeyScheme::ApiKey)?;
        Ok(Self { settings, caller: caller.with_header("anthropic-version", VERSION) })
    }

    async fn call(
        &self,
        request: &ModelRequest,
        limits: Limits,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let body = serde_json::to_vec(&MessagesRequest::new(request, &self.settings))
            .map_err(|error| ModelError::caused_by(ModelErrorKind::BadRequest, error).free())?;
        debug!(bytes = body.len(), messages = request.messages.len(), tools = request.tools.len(), "asking");
        ask(&self.caller, body, MessageAnswer::new(CallIds::after(request)), limits, deltas).await
    }
}

#[async_trait]
impl ChatProvider for AnthropicClient {
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
