//! Which model answers: the route's profile, the account that serves it, and `offline` when there is none.
//!
//! The daemon, a chat without one, `status` at rest and `onboard` all ask here, so that they name the same one.

mod first_model;
mod hop;
mod money;
mod plan;
mod sense;
mod tuning;

use std::sync::Arc;

use nanobot_config::settings::{Headers, ModelProfile};
use nanobot_config::{Config, Loaded};
use nanobot_core::Secret;
use nanobot_core::model::ModelTask;
use nanobot_core::ports::{BreakerState, BudgetLedger, Clock, IdGenerator, ModelInfo, Telemetry};
use nanobot_llm_router::{
    ChatProvider as _, Endpoint, OfflineModel, PROVIDERS, ProviderAccount, Resolved, Router, RouterParts,
    SetupError, provider_named, resolve,
};

use crate::app::StartError;
use plan::manners;
pub use plan::{ModelPlan, budgets, plan_first, plan_models, plan_profile};
pub use tuning::Tuning;

/// The task whose route decides who answers chats.
const REPLY: &str = "assistant.reply";
/// The provider name that chooses the model which needs none.
const OFFLINE: &str = "offline";
/// The model that is built into the settings. As a value it means that nobody chose one, wherever it stands: a
/// full dump of the settings writes it down, and that must not change who answers.
const BUILT_IN: &str = "anthropic/claude-opus-4-5";
/// What stands for a model that its server names when it is first asked.
const FIRST_MODEL: &str = "the server's first model";

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
        /// Limits and temperature, the profile's among them.
        tuning: Tuning,
        /// Nobody chose the model, and the server is somebody's own: the first model that it lists answers.
        guessed: bool,
    },
}

impl ChosenModel {
    /// What `status` says about the model, before it is opened. Asks nobody.
    pub fn info(&self) -> ModelInfo {
        match self {
            Self::Offline => OfflineModel.info(),
            Self::Account { model, resolved, guessed, .. } => ModelInfo {
                provider: resolved.provider.to_owned(),
                model: if *guessed { FIRST_MODEL.to_owned() } else { model.clone() },
                // What a person may have put before the host is nobody's business here.
                endpoint: Endpoint::parse(&resolved.base).ok().map(|base| base.to_string()),
                is_language_model: true,
            },
        }
    }

    /// What an operator should know about the choice.
    pub const fn warning(&self) -> Option<&'static str> {
        match self {
            Self::Offline => Some("not a language model; set a provider key or run nanobot-cli onboard"),
            Self::Account { guessed: true, .. } => Some(
                "nobody chose a model, so the server's first one answers; choose with nanobot-cli onboard",
            ),
            Self::Account { guessed: false, .. } => None,
        }
    }
}

/// The name of the model that somebody chose; none when it is the built-in one, or a blank.
pub fn named_model(config: &Config) -> Option<&str> {
    let model = model_of(profile(config), config);
    (model != BUILT_IN && !model.trim().is_empty()).then_some(model)
}

/// The name of the profile that answers chats: the task's short name comes first, as the router has it.
pub fn reply_profile(config: &Config) -> Option<&str> {
    let routes = &config.models.routes;
    routes.get(ModelTask::Reply.name()).or_else(|| routes.get(REPLY)).map(String::as_str)
}

fn profile(config: &Config) -> Option<&ModelProfile> {
    config.models.profiles.get(reply_profile(config)?)
}

fn model_of<'a>(profile: Option<&'a ModelProfile>, config: &'a Config) -> &'a str {
    let own = profile.and_then(|profile| profile.model.as_deref()).filter(|model| !model.trim().is_empty());
    own.unwrap_or(&config.agents.defaults.model)
}

/// Chooses the model that answers chats. Reads settings only.
///
/// Somebody who sets a key and names no model gets the key's provider's own: the built-in default belongs to
/// one provider and would be unknown to the others.
///
/// # Errors
/// When the profile names a provider that does not exist, or the provider's address is none.
pub fn choose_model(loaded: &Loaded) -> Result<ChosenModel, StartError> {
    let config = &loaded.config;
    let named = reply_profile(config).and_then(|name| Some((name, config.models.profiles.get(name)?)));
    choose_for(loaded, named, true)
}

/// Chooses the model of a profile with its name. Where nobody chose one for chats, the account's own is taken.
fn choose_for(
    loaded: &Loaded,
    named: Option<(&str, &ModelProfile)>,
    is_reply: bool,
) -> Result<ChosenModel, StartError> {
    let config = &loaded.config;
    let (name, profile) = named.unzip();
    let wanted = profile.and_then(|profile| profile.provider.as_deref());
    let wanted = wanted.map(str::trim).filter(|name| !name.is_empty());
    match wanted {
        Some(OFFLINE) => return Ok(ChosenModel::Offline),
        Some(wanted) if provider_named(wanted).is_none() => {
            return Err(unknown_provider(name.unwrap_or_default(), wanted));
        }
        _ => {}
    }
    let model = model_of(profile, config).to_owned();
    let accounts: Vec<ProviderAccount> = accounts(loaded)
        .into_iter()
        .filter(|account| wanted.is_none_or(|wanted| wanted == account.name))
        .collect();
    let Some(mut resolved) = resolve(&model, &accounts) else { return Ok(ChosenModel::Offline) };
    let mut chosen = model;
    let mut guessed = is_reply && resolved.fallback && chosen == BUILT_IN;
    if guessed && let Some(own) = suggestion(&resolved, &accounts) {
        resolved = resolve(own, &accounts).unwrap_or(resolved);
        own.clone_into(&mut chosen);
        guessed = false;
    }
    let tuning = Tuning::of(config, profile);
    // An address that is none is told before anything is opened.
    tuning.settings(&chosen, &resolved).map_err(|error| refused(resolved.provider, &error))?;
    Ok(ChosenModel::Account { model: chosen, resolved: Box::new(resolved), tuning, guessed })
}

fn unknown_provider(profile: &str, provider: &str) -> StartError {
    let known: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
    StartError::Model(format!(
        "profile {profile} names provider {provider:?}; known are {OFFLINE}, {}",
        known.join(", ")
    ))
}

/// The provider's own model, unless its address is somebody's own server.
fn suggestion(resolved: &Resolved, accounts: &[ProviderAccount]) -> Option<&'static str> {
    let own_server =
        accounts.iter().any(|account| account.name == resolved.provider && account.base.is_some());
    if own_server { None } else { provider_named(resolved.provider)?.suggested_model }
}

/// The accounts of the settings, in the registry's order. A key goes to the server of its own account only: one
/// that was borrowed (`OPENAI_API_KEY` also fills AiHubMix's key) stays with its owner.
fn accounts(loaded: &Loaded) -> Vec<ProviderAccount> {
    let account = |name: &str| {
        let settings = loaded.config.providers.get(name)?;
        let own = |key: &Secret<String>| !key.is_blank() && !loaded.key_is_borrowed(name);
        let headers = settings.extra_headers.iter().flat_map(Headers::iter);
        Some(ProviderAccount {
            name: name.to_owned(),
            key: Some(settings.api_key.clone()).filter(own),
            base: settings.api_base.clone(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        })
    };
    PROVIDERS.iter().filter_map(|provider| account(provider.name)).collect()
}

fn refused(provider: &str, error: &SetupError) -> StartError {
    StartError::Model(format!("provider {provider}: {error}"))
}

/// What the router works with, beside the settings.
pub(crate) struct Around {
    pub(crate) ledger: Arc<dyn BudgetLedger>,
    pub(crate) breakers: Arc<dyn BreakerState>,
    pub(crate) telemetry: Arc<dyn Telemetry>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

/// Opens the router over what was planned. Connects to nothing yet.
///
/// # Errors
/// When the state of circuits cannot be read.
pub(crate) async fn open(config: &Config, plan: ModelPlan, around: Around) -> Result<Router, StartError> {
    for warning in &plan.warnings {
        tracing::warn!("{warning}");
    }
    let router = Router::open(RouterParts {
        routes: plan.routes,
        chains: plan.chains,
        budgets: budgets(config),
        manners: manners(config),
        ledger: Some(around.ledger),
        breakers: Some(around.breakers),
        telemetry: around.telemetry,
        clock: around.clock,
        ids: around.ids,
    });
    Ok(router.await?)
}

#[cfg(test)]
mod tests;
