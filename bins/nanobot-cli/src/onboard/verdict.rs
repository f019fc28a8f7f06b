//! What will really answer once the settings are written, and the next step where nothing does.
//!
//! The same decision as at a start, read from the files that are there now. A server of somebody's own is asked
//! for its models; providers are not: a question there costs and tells little.

use std::time::Duration;

use nanobot_config::Loaded;
use nanobot_core::model::ModelErrorKind;
use nanobot_core::ports::ModelInfo;
use nanobot_llm_router::{Endpoint, PROVIDERS, Provider, ProviderKind, Resolved, models_at, provider_named};
use nanobotd::{ChosenModel, choose_model, named_model, reply_profile};

use super::OWN_SERVER;
use crate::exit::Failure;
use crate::home::Place;
use crate::output;

/// How long a server of somebody's own may take to list its models.
const LIST_LIMIT: Duration = Duration::from_secs(2);

/// How many models of a server are named.
const NAMED_MODELS: usize = 5;

/// One sentence, or two.
pub(crate) async fn verdict(place: &Place, loaded: &Loaded) -> Result<String, Failure> {
    let chosen = choose_model(loaded)?;
    let ChosenModel::Account { model, resolved, guessed, .. } = &chosen else {
        return Ok(without_account(place, loaded));
    };
    if is_own_server(resolved) {
        return Ok(at_own_server(place, model, resolved, *guessed, chosen.info()).await);
    }
    let other = meant_by(model).filter(|meant| meant.name != resolved.provider);
    if let Some(meant) = other.filter(|_| resolved.fallback && !is_gateway(resolved)) {
        let why =
            format!("{} would be asked, and does not know it; {}", resolved.provider, key_for(place, meant));
        return Ok(not_yet(model, &why));
    }
    Ok(format!("{} will answer.", output::model(&chosen.info())))
}

/// The address of somebody's own server that `before` asks and `after` does not.
pub(crate) fn left_server(before: &Loaded, after: &Loaded) -> Option<String> {
    let asked = |loaded: &Loaded| match choose_model(loaded) {
        Ok(ChosenModel::Account { resolved, .. }) => {
            Some((resolved.provider, Endpoint::parse(&resolved.base).ok()?.to_string()))
        }
        Ok(ChosenModel::Offline) | Err(_) => None,
    };
    let (_, old) = asked(before).filter(|(provider, _)| *provider == OWN_SERVER)?;
    asked(after).is_none_or(|(_, new)| new != old).then_some(old)
}

fn not_yet(model: &str, why: &str) -> String {
    format!("{model} is set, but cannot answer yet: {why}")
}

/// No account can be used, or the stand-in was chosen.
fn without_account(place: &Place, loaded: &Loaded) -> String {
    let profile = reply_profile(&loaded.config).and_then(|name| loaded.config.models.profiles.get(name));
    let wanted = profile.and_then(|profile| profile.provider.as_deref());
    if wanted == Some("offline") {
        return "The offline stand-in will answer, which is no language model; choose another with \
                nanobot-cli onboard."
            .to_owned();
    }
    let dotenv = place.home.dotenv();
    let Some(model) = named_model(&loaded.config) else {
        return format!(
            "No language model answers yet: put a provider's key, such as OPENAI_API_KEY=…, into {}.",
            dotenv.display()
        );
    };
    let wanted = wanted.and_then(provider_named).or_else(|| meant_by(model));
    let why = match wanted {
        Some(own) if own.name == OWN_SERVER && address(loaded, own).is_none() => {
            format!("its server has no address; add --base-url URL to --model {model}")
        }
        Some(provider) => key_for(place, provider),
        None => {
            format!("no provider has a key; put one, such as OPENAI_API_KEY=…, into {}", dotenv.display())
        }
    };
    not_yet(model, &why)
}

fn address<'a>(loaded: &'a Loaded, provider: &Provider) -> Option<&'a str> {
    loaded.config.providers.get(provider.name)?.api_base.as_deref()
}

fn key_for(place: &Place, provider: &Provider) -> String {
    let dotenv = place.home.dotenv();
    format!(
        "there is no key for {}; put {}=… into {}",
        provider.name,
        provider.key_variable,
        dotenv.display()
    )
}

/// The provider whose words stand in a model's name.
fn meant_by(model: &str) -> Option<&'static Provider> {
    let lower = model.to_lowercase();
    PROVIDERS.iter().find(|provider| provider.keywords.iter().any(|word| lower.contains(word)))
}

fn is_own_server(resolved: &Resolved) -> bool {
    provider_named(resolved.provider)
        .is_none_or(|provider| provider.default_base != Some(resolved.base.as_str()))
}

fn is_gateway(resolved: &Resolved) -> bool {
    provider_named(resolved.provider).is_some_and(|provider| provider.kind == ProviderKind::Gateway)
}

async fn at_own_server(
    place: &Place,
    model: &str,
    resolved: &Resolved,
    guessed: bool,
    info: ModelInfo,
) -> String {
    let Ok(endpoint) = Endpoint::parse(&resolved.base) else {
        return not_yet(model, "its server's address is none");
    };
    let will = |name: &str| {
        let named = ModelInfo { model: name.to_owned(), ..info.clone() };
        format!("{} will answer.", output::model(&named))
    };
    let shown = if guessed { info.model.as_str() } else { model };
    let listed = tokio::time::timeout(LIST_LIMIT, models_at(&endpoint, resolved.key.as_ref())).await;
    match listed.map_err(|_| ModelErrorKind::FirstByteTimeout).and_then(|list| list.map_err(|e| e.kind)) {
        Ok(models) => match models.first() {
            Some(first) if guessed => will(first),
            None if guessed => not_yet(shown, &format!("{endpoint} lists no model yet; give it one")),
            Some(_) if !models.iter().any(|listed| is_the_same(listed, model, resolved)) => {
                let names: Vec<&str> = models.iter().take(NAMED_MODELS).map(String::as_str).collect();
                format!("{model} is set, but the server at {endpoint} lists only {}.", names.join(", "))
            }
            _ => will(&info.model),
        },
        Err(ModelErrorKind::Auth) => match provider_named(resolved.provider) {
            Some(provider) => {
                not_yet(shown, &format!("{endpoint} refuses the key; {}", key_for(place, provider)))
            }
            None => not_yet(shown, &format!("{endpoint} refuses the key")),
        },
        Err(ModelErrorKind::Network | ModelErrorKind::ConnectTimeout | ModelErrorKind::FirstByteTimeout) => {
            not_yet(shown, &format!("nothing answers at {endpoint}; start the server"))
        }
        // It speaks and lists nothing.
        Err(_) => will(&info.model),
    }
}

/// Servers name a model by itself, or with a tag behind it (`qwen3:latest`).
fn is_the_same(listed: &str, model: &str, resolved: &Resolved) -> bool {
    let tagged = |name: &str| listed.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
    [model, &resolved.wire_model].into_iter().any(|name| listed == name || tagged(name))
}
