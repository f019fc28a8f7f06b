//! Which model answers: the route's profile, the account that serves it, and `offline` when there is none.

use std::sync::Arc;
use std::time::Duration;

use nanobot_config::settings::{Headers, ModelProfile};
use nanobot_config::{Config, Loaded, Origin};
use nanobot_core::ports::ModelClient;
use nanobot_llm_router::{
    Limits, OfflineModel, OpenAiClient, PROVIDERS, ProviderAccount, ProviderSettings, Resolved,
    provider_named, resolve,
};

use crate::app::StartError;

/// The task whose route decides who answers chats.
const REPLY: &str = "assistant.reply";
/// The provider name that chooses the model which needs none.
const OFFLINE: &str = "offline";

/// The choice, before anything is opened.
#[derive(Debug)]
pub enum ChosenModel {
    /// No account can be used, or the profile asks for it: answers without a language model.
    Offline,
    /// An account serves the model.
    Account {
        /// The model as configured.
        model: String,
        /// Who serves it.
        resolved: Box<Resolved>,
        /// The profile's longest answer.
        max_tokens: Option<u32>,
        /// The profile's temperature.
        temperature: Option<f64>,
        /// Time limits, the profile's among them.
        limits: Limits,
        /// Nobody chose the model, and the server is somebody's own: it may not know the name.
        guessed: bool,
    },
}

/// Chooses the model that answers chats. Reads settings only.
///
/// Somebody who sets a key and names no model gets the key's provider's own: the built-in default belongs to
/// one provider and would be unknown to the others.
///
/// # Errors
/// When the profile names a provider that does not exist.
pub fn choose_model(loaded: &Loaded) -> Result<ChosenModel, StartError> {
    let config = &loaded.config;
    let profile = config.models.routes.get(REPLY).and_then(|name| config.models.profiles.get(name));
    let wanted = profile.and_then(|profile| profile.provider.as_deref());
    match wanted {
        Some(OFFLINE) => return Ok(ChosenModel::Offline),
        Some(name) if provider_named(name).is_none() => return Err(unknown_provider(name)),
        _ => {}
    }
    let model = profile
        .and_then(|profile| profile.model.clone())
        .filter(|model| !model.trim().is_empty())
        .unwrap_or_else(|| config.agents.defaults.model.clone());
    let accounts: Vec<ProviderAccount> = accounts(loaded)
        .into_iter()
        .filter(|account| wanted.is_none_or(|wanted| wanted == account.name))
        .collect();
    let Some(mut resolved) = resolve(&model, &accounts) else { return Ok(ChosenModel::Offline) };
    let mut chosen = model;
    let mut guessed = resolved.fallback && is_built_in(loaded, &chosen);
    if guessed && let Some(own) = suggestion(&resolved, &accounts) {
        resolved = resolve(own, &accounts).unwrap_or(resolved);
        own.clone_into(&mut chosen);
        guessed = false;
    }
    Ok(ChosenModel::Account {
        model: chosen,
        resolved: Box::new(resolved),
        max_tokens: profile.and_then(|profile| profile.max_tokens),
        temperature: profile.and_then(|profile| profile.temperature),
        limits: limits(config, profile),
        guessed,
    })
}

fn unknown_provider(name: &str) -> StartError {
    let known: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
    StartError::Model(format!(
        "the profile of route {REPLY} names provider {name:?}; known are {OFFLINE}, {}",
        known.join(", ")
    ))
}

/// Whether nobody chose the model: no layer but the built-in one names it.
fn is_built_in(loaded: &Loaded, model: &str) -> bool {
    let origins = ["models.profiles.assistant_default.model", "agents.defaults.model"];
    let untouched = |path: &&str| matches!(loaded.source_of(path), None | Some(Origin::Default));
    model == loaded.config.agents.defaults.model && origins.iter().all(untouched)
}

/// The provider's own model, unless its address is somebody's own server.
fn suggestion(resolved: &Resolved, accounts: &[ProviderAccount]) -> Option<&'static str> {
    let own_server =
        accounts.iter().any(|account| account.name == resolved.provider && account.base.is_some());
    if own_server { None } else { provider_named(resolved.provider)?.suggested_model }
}

/// The accounts of the settings, in the registry's order.
///
/// `OPENAI_API_KEY` also fills AiHubMix's key, as in the original, and AiHubMix comes first in the registry.
/// A key that nobody wrote down for AiHubMix stays with `OpenAI` unless its address is configured.
fn accounts(loaded: &Loaded) -> Vec<ProviderAccount> {
    let account = |name: &str| {
        let settings = loaded.config.providers.get(name)?;
        let origin = loaded.source_of(&format!("providers.{name}.api_key"));
        let borrowed = matches!(origin, Some(Origin::Variable(_) | Origin::DotEnv(_)));
        if name == "aihubmix" && borrowed && settings.api_base.is_none() {
            return None;
        }
        let headers = settings.extra_headers.iter().flat_map(Headers::iter);
        Some(ProviderAccount {
            name: name.to_owned(),
            key: Some(settings.api_key.clone()).filter(|key| !key.is_blank()),
            base: settings.api_base.clone(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        })
    };
    PROVIDERS.iter().filter_map(|provider| account(provider.name)).collect()
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

/// Opens the chosen model. Connects to nothing yet.
pub(crate) fn open(chosen: ChosenModel) -> Result<Arc<dyn ModelClient>, StartError> {
    match chosen {
        ChosenModel::Offline => Ok(Arc::new(OfflineModel)),
        ChosenModel::Account { model, resolved, max_tokens, temperature, limits, guessed: _ } => {
            let name = resolved.provider;
            let refused =
                |error: &dyn std::fmt::Display| StartError::Model(format!("provider {name}: {error}"));
            let mut settings = ProviderSettings::for_resolved(&model, &resolved, temperature)
                .map_err(|error| refused(&error))?;
            settings.max_tokens = max_tokens;
            settings.limits = limits;
            Ok(Arc::new(OpenAiClient::new(settings).map_err(|error| refused(&error))?))
        }
    }
}
