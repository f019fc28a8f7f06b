//! From settings to a model at a provider: the one place that knows which client speaks which interface.

use std::sync::Arc;

use crate::anthropic::AnthropicClient;
use crate::chat::ChatProvider;
use crate::error::SetupError;
use crate::openai::OpenAiClient;
use crate::registry::Interface;
use crate::settings::ProviderSettings;

/// A client for the settings. Opens no connection and reads no file.
///
/// # Errors
/// [`SetupError`] when the key or a header cannot be sent.
pub fn provider_for(settings: ProviderSettings) -> Result<Arc<dyn ChatProvider>, SetupError> {
    Ok(match settings.interface {
        Interface::ChatCompletions => Arc::new(OpenAiClient::new(settings)?),
        Interface::Messages => Arc::new(AnthropicClient::new(settings)?),
    })
}

#[cfg(test)]
mod providers;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nanobot_core::model::ModelRequest;
    use nanobot_core::testing::CollectedDeltas;

    use super::*;
    use crate::scripted_server::ScriptedServer;

    #[tokio::test]
    async fn each_interface_is_asked_at_its_own_address() {
        let server = ScriptedServer::answering("500 Internal Server Error", "text/plain", "").await;
        for (interface, path) in
            [(Interface::ChatCompletions, "/v1/chat/completions"), (Interface::Messages, "/v1/messages")]
        {
            let mut settings = ProviderSettings::new("vllm", "tiny", server.base());
            settings.interface = interface;
            let provider = provider_for(settings).unwrap();
            let patience = Duration::from_secs(20);
            provider
                .ask(&ModelRequest::default(), patience, &mut CollectedDeltas::default())
                .await
                .unwrap_err();
            let head = server.requests().pop().unwrap().head;
            assert!(head.starts_with(&format!("POST {path} HTTP/1.1")), "{head}");
        }
    }
}
