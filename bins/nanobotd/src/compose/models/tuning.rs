//! What is asked of a model beside its name, and the client that asks it.

use std::sync::Arc;
use std::time::Duration;

use nanobot_config::Config;
use nanobot_config::settings::ModelProfile;
use nanobot_llm_router::{ChatProvider, Limits, ProviderSettings, Resolved, SetupError, provider_for};

/// Sent where a budget has to be kept and the profile names no limit: without one nobody could say what a call may
/// cost. The original's default for every chat.
pub(super) const USUAL_MAX_TOKENS: u32 = 4096;

/// Limits and temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    pub(super) max_tokens: Option<u32>,
    pub(super) temperature: Option<f64>,
    pub(super) limits: Limits,
}

impl Tuning {
    pub(super) fn of(config: &Config, profile: Option<&ModelProfile>) -> Self {
        Self {
            max_tokens: profile.and_then(|profile| profile.max_tokens),
            temperature: profile.and_then(|profile| profile.temperature),
            limits: limits(config, profile),
        }
    }

    /// The settings of a client.
    ///
    /// # Errors
    /// When the account's address is none.
    pub(super) fn settings(self, model: &str, resolved: &Resolved) -> Result<ProviderSettings, SetupError> {
        let mut settings = ProviderSettings::for_resolved(model, resolved, self.temperature)?;
        settings.max_tokens = self.max_tokens;
        settings.limits = self.limits;
        Ok(settings)
    }

    /// A client. Connects to nothing yet.
    ///
    /// # Errors
    /// When the account's address or key is none.
    pub(super) fn open(self, model: &str, resolved: &Resolved) -> Result<Arc<dyn ChatProvider>, SetupError> {
        provider_for(self.settings(model, resolved)?)
    }
}

fn limits(config: &Config, profile: Option<&ModelProfile>) -> Limits {
    let timeouts = &config.model;
    let limits = Limits {
        connect: Duration::from_millis(timeouts.connect_timeout_ms),
        first_byte: Duration::from_millis(timeouts.first_byte_timeout_ms),
        idle: Duration::from_millis(timeouts.idle_timeout_ms),
        ..Limits::default()
    };
    match profile.and_then(|profile| profile.timeout_ms) {
        Some(most) => limits.capped(Duration::from_millis(most)),
        None => limits,
    }
}
