//! Everything that one client is told: where, as whom, which model, within which limits.
//!
//! It reads no configuration. The binary fills it, usually by way of [`resolve`](crate::resolve()).

use std::time::Duration;

use nanobot_core::Secret;
use nanobot_core::ports::ModelInfo;

use crate::endpoint::Endpoint;
use crate::error::SetupError;
use crate::registry::{Interface, StructuredOutput, provider_named};
use crate::resolve::Resolved;

/// Sent when the profile names no limit of tokens to servers that need one: to those on this machine, which write
/// until their context is full otherwise, and to Anthropic's interface, which insists. The original's default for
/// every chat.
pub(crate) const DEFAULT_MAX_TOKENS: u32 = 4096;

/// The settings of one client.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProviderSettings {
    /// The provider's name in the registry, or any other word; for `status` and logs.
    pub provider: String,
    /// The model as configured; for `status` and logs.
    pub model: String,
    /// The model as the server knows it.
    pub wire_model: String,
    /// Where the server is.
    pub endpoint: Endpoint,
    /// Sent as a bearer token to the endpoint and nowhere else; none for servers that ask for none.
    pub key: Option<Secret<String>>,
    /// Further headers, sent to the endpoint and nowhere else. Their values count as secret.
    pub headers: Vec<(String, Secret<String>)>,
    /// The longest answer in tokens; none leaves it to the server, except on loopback, where 4096 is sent.
    pub max_tokens: Option<u32>,
    /// How the limit of tokens is called there.
    pub token_limit_field: TokenLimitField,
    /// How freely the model chooses its words.
    pub temperature: Temperature,
    /// Where the server accepts system messages.
    pub system_messages: SystemMessages,
    /// Which interface the server speaks: decides which client is made of the settings.
    pub interface: Interface,
    /// How the server is asked for JSON.
    pub structured_output: StructuredOutput,
    /// How answers come.
    pub delivery: Delivery,
    /// How long each part of a call may take.
    pub limits: Limits,
}

impl ProviderSettings {
    /// Settings for a server that is named directly, with everything else at its default: no key, the
    /// server's own temperature, [`SystemMessages::FirstOnly`] on loopback, and streamed answers. The interface, and
    /// how JSON is asked for, are those of the registry's row of that name, if there is one.
    pub fn new(provider: impl Into<String>, model: impl Into<String>, endpoint: Endpoint) -> Self {
        let model = model.into();
        let system_messages =
            if endpoint.is_loopback() { SystemMessages::FirstOnly } else { SystemMessages::Anywhere };
        let provider = provider.into();
        let (interface, structured_output) = wire_habits(&provider, &endpoint);
        Self {
            provider,
            wire_model: model.clone(),
            model,
            endpoint,
            key: None,
            headers: Vec::new(),
            max_tokens: None,
            token_limit_field: TokenLimitField::MaxTokens,
            temperature: Temperature::ServerDefault,
            system_messages,
            interface,
            structured_output,
            delivery: Delivery::Streamed,
            limits: Limits::default(),
        }
    }

    /// Settings for what [`resolve`](crate::resolve()) found. `model` is the name as configured;
    /// `temperature` is the profile's, unless the model allows one value only.
    ///
    /// # Errors
    /// [`SetupError::BadBase`] when the account's base is no address.
    pub fn for_resolved(
        model: &str,
        resolved: &Resolved,
        temperature: Option<f64>,
    ) -> Result<Self, SetupError> {
        let mut settings = Self::new(resolved.provider, model, Endpoint::parse(&resolved.base)?);
        if let Some(detected) = resolved.detected {
            (settings.interface, settings.structured_output) = wire_habits(detected, &settings.endpoint);
        }
        settings.wire_model.clone_from(&resolved.wire_model);
        settings.key.clone_from(&resolved.key);
        settings.headers.clone_from(&resolved.headers);
        settings.token_limit_field = resolved.token_limit_field;
        settings.temperature = match (resolved.temperature, temperature) {
            (Some(only), _) => only,
            (None, Some(value)) => Temperature::Value(value),
            (None, None) => Temperature::ServerDefault,
        };
        Ok(settings)
    }

    /// What `status` says about a model with these settings.
    pub(crate) fn info(&self) -> ModelInfo {
        ModelInfo {
            provider: self.provider.clone(),
            model: self.model.clone(),
            endpoint: Some(self.endpoint.to_string()),
            is_language_model: true,
        }
    }
}

/// What the registry knows about the wire of a provider. Servers on this machine all know schemas, whatever they
/// are called.
fn wire_habits(provider: &str, endpoint: &Endpoint) -> (Interface, StructuredOutput) {
    let row = provider_named(provider);
    let interface = row.map_or(Interface::ChatCompletions, |row| row.interface);
    let structured = row.map_or(StructuredOutput::Object, |row| row.structured_output);
    (interface, if endpoint.is_loopback() { StructuredOutput::Schema } else { structured })
}

/// How answers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// While they are written.
    Streamed,
    /// In one piece when they are whole, so that the limit for the first byte is one for all of the writing.
    Whole,
}

/// Where a server accepts system messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemMessages {
    /// Anywhere in the conversation.
    Anywhere,
    /// Only as the very first message. Several at the start become one; later ones are put, between marks,
    /// in front of the user message that follows them.
    FirstOnly,
}

/// The field that carries the limit of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenLimitField {
    /// `max_tokens`, which nearly every server knows.
    MaxTokens,
    /// `max_completion_tokens`, the only one that OpenAI's own reasoning models accept.
    MaxCompletionTokens,
}

/// How freely a model chooses its words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Temperature {
    /// Nothing is sent.
    ServerDefault,
    /// This value is sent.
    Value(f64),
}

/// Time limits of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For the name look-up, the connection and the TLS handshake.
    pub connect: Duration,
    /// From there until the answer begins, which comments and pings are no part of. Local models read the whole prompt
    /// before, others think. Also the longest that nothing but comments may come between two pieces of the answer, if
    /// `idle` is not longer.
    pub first_byte: Duration,
    /// Between two pieces of the answer, of which comments and pings are some here.
    pub idle: Duration,
    /// From the answer's beginning to its last byte, whatever comes in between. An answer that is whole by
    /// then counts, even if its connection stays open.
    pub whole_answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_mins(2),
            idle: Duration::from_mins(1),
            whole_answer: Duration::from_mins(10),
        }
    }
}

impl Limits {
    /// The same limits, the waits of them not above `patience`.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self {
            connect: self.connect.min(patience),
            first_byte: self.first_byte.min(patience),
            idle: self.idle.min(patience),
            ..self
        }
    }

    /// The same limits, none of them above `most`: for a profile's `timeoutMs`.
    #[must_use]
    pub fn capped(self, most: Duration) -> Self {
        Self {
            connect: self.connect.min(most),
            first_byte: self.first_byte.min(most),
            idle: self.idle.min(most),
            whole_answer: self.whole_answer.min(most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::{ProviderAccount, resolve};

    fn settings(model: &str, base: Option<&str>, temperature: Option<f64>) -> ProviderSettings {
        let account = ProviderAccount {
            name: "moonshot".to_owned(),
            key: Some(Secret::new("k".to_owned())),
            base: base.map(str::to_owned),
            headers: vec![("x-app".to_owned(), Secret::new("v".to_owned()))],
        };
        ProviderSettings::for_resolved(model, &resolve(model, &[account]).unwrap(), temperature).unwrap()
    }

    #[test]
    fn what_was_resolved_is_taken_over() {
        let settings = settings("moonshot/moonshot-v1", None, Some(0.3));
        assert_eq!(
            (settings.provider.as_str(), settings.model.as_str(), settings.wire_model.as_str()),
            ("moonshot", "moonshot/moonshot-v1", "moonshot-v1")
        );
        assert_eq!(settings.endpoint.to_string(), "https://api.moonshot.ai/v1");
        assert_eq!(settings.temperature, Temperature::Value(0.3));
        assert_eq!(settings.system_messages, SystemMessages::Anywhere);
        assert!(settings.key.is_some() && settings.headers.len() == 1);
    }

    #[test]
    fn the_interface_is_that_of_whoever_really_serves() {
        let account = |base: Option<&str>, key: &str| ProviderAccount {
            name: "anthropic".to_owned(),
            key: Some(Secret::new(key.to_owned())),
            base: base.map(str::to_owned),
            headers: Vec::new(),
        };
        let settings = |account, model| {
            ProviderSettings::for_resolved(model, &resolve(model, &[account]).unwrap(), None).unwrap()
        };
        let own = settings(account(None, "k"), "claude-opus-4-5");
        assert_eq!((own.interface, own.structured_output), (Interface::Messages, StructuredOutput::Schema));
        let through_openrouter = settings(account(None, "sk-or-k"), "claude-opus-4-5");
        assert_eq!(through_openrouter.interface, Interface::ChatCompletions);
        let somewhere = settings(account(Some("http://127.0.0.1:1/v1"), "k"), "tiny");
        assert_eq!(somewhere.interface, Interface::ChatCompletions);
    }

    #[test]
    fn a_model_with_one_temperature_overrides_the_profile() {
        assert_eq!(settings("kimi-k2.5", None, Some(0.3)).temperature, Temperature::Value(1.0));
        assert_eq!(settings("kimi-k1", None, None).temperature, Temperature::ServerDefault);
    }

    #[test]
    fn a_local_server_gets_its_system_message_first() {
        let settings = settings("x", Some("http://127.0.0.1:8080/v1"), None);
        assert_eq!(settings.system_messages, SystemMessages::FirstOnly);
    }

    #[test]
    fn a_profiles_time_limit_caps_every_part() {
        let capped = Limits::default().capped(Duration::from_secs(15));
        assert_eq!(capped.connect, Duration::from_secs(10));
        assert_eq!(capped.first_byte, Duration::from_secs(15));
        assert_eq!(capped.idle, Duration::from_secs(15));
        assert_eq!(capped.whole_answer, Duration::from_secs(15));
    }
}
