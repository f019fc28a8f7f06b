//! What could answer: what was chosen before, providers whose key is set, servers on this machine, and nothing
//! at all.

use nanobot_config::Loaded;
use nanobot_llm_router::{Endpoint, PROVIDERS, models_at, probe_local, usual_candidates};
use nanobotd::{ChosenModel, choose_model, named_model, reply_profile};

use super::{By, Choice};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

/// Something that could answer.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) label: String,
    pub(crate) choice: Choice,
}

/// What was named on the command line, if anything was.
pub(crate) fn named(model: Option<&str>, base: Option<&str>) -> Result<Option<Choice>, Failure> {
    if let Some(base) = base {
        Endpoint::parse(base).map_err(|error| Failure::new(Code::Usage, format!("--base-url: {error}")))?;
    }
    match (model.map(str::trim), base) {
        (None, None) => Ok(None),
        (Some("offline"), None) => Ok(Some(Choice::Offline)),
        (Some(""), _) => Err(Failure::new(Code::Usage, "--model: the name is blank")),
        (None, Some(_)) => Err(Failure::new(Code::Usage, "--base-url wants --model NAME beside it")),
        (Some(model), base) => Ok(Some(Choice::Model {
            model: model.to_owned(),
            by: base.map_or(By::Name, |base| By::Server(base.to_owned())),
        })),
    }
}

/// The first offer. Where there is none but nothing at all, nobody has chosen that: the settings stay as they
/// are, and a key that is set later counts.
pub(crate) fn first(offers: Vec<Offer>) -> Choice {
    match offers.into_iter().next() {
        Some(Offer { choice: Choice::Offline, .. }) | None => Choice::Keep,
        Some(offer) => offer.choice,
    }
}

/// Everything that could answer, best first.
pub(crate) async fn offers(place: &Place, loaded: &Loaded) -> Vec<Offer> {
    let mut offers: Vec<Offer> = kept(loaded).into_iter().collect();
    offers.extend(named_by_environment(place).await);
    let nothing = offers.pop();
    output::say("looking for model servers on this machine ...");
    for found in probe_local(&usual_candidates()).await {
        let address = found.base.to_string();
        for model in found.models.iter().take(3) {
            offers.push(Offer {
                label: format!("{model} from {} at {address}", found.kind.name()),
                choice: Choice::Model { model: model.clone(), by: By::Server(address.clone()) },
            });
        }
    }
    offers.extend(nothing);
    offers
}

/// The model that was chosen before; none when nothing was, nor when the choice cannot be started with.
fn kept(loaded: &Loaded) -> Option<Offer> {
    let config = &loaded.config;
    let provider =
        reply_profile(config).and_then(|name| config.models.profiles.get(name)?.provider.as_deref());
    let model = named_model(config).filter(|_| provider != Some("offline"))?;
    let label = match choose_model(loaded).ok()? {
        ChosenModel::Offline => format!("keep {model} (cannot answer yet)"),
        chosen @ ChosenModel::Account { .. } => format!("keep {}", output::model(&chosen.info())),
    };
    Some(Offer { label, choice: Choice::Keep })
}

/// What the environment, or `.env`, names: an address, and keys. The last offer is nothing at all.
pub(crate) async fn named_by_environment(place: &Place) -> Vec<Offer> {
    let dotenv = std::fs::read_to_string(place.home.dotenv()).unwrap_or_default();
    let environment = place.environment.with_dotenv(&dotenv);
    let mut offers = Vec::new();
    if let Some(base) = environment.get_non_blank("OPENAI_BASE_URL") {
        offers.extend(server(base, environment.get_non_blank("OPENAI_API_KEY")).await);
    }
    for provider in PROVIDERS {
        let variable = provider.key_variable;
        if let Some(model) =
            provider.suggested_model.filter(|_| environment.get_non_blank(variable).is_some())
        {
            let label = format!("{model} with {variable}");
            let choice = Choice::Model { model: model.to_owned(), by: By::Account(provider.name) };
            offers.push(Offer { label, choice });
        }
    }
    offers.push(Offer {
        label: "nothing (the offline stand-in answers, which is no language model)".to_owned(),
        choice: Choice::Offline,
    });
    offers
}

/// The first model of a server that the environment names. The address stays in the environment.
async fn server(base: &str, key: Option<&str>) -> Option<Offer> {
    let endpoint = Endpoint::parse(base)
        .inspect_err(|error| output::say(format!("OPENAI_BASE_URL is not used: {error}")))
        .ok()?;
    let key = key.map(|key| nanobot_core::Secret::new(key.to_owned()));
    let models = models_at(&endpoint, key.as_ref())
        .await
        .inspect_err(|error| output::say(format!("OPENAI_BASE_URL names {endpoint}, but {error}")))
        .ok()?;
    let model = models.into_iter().next()?;
    let label = format!("{model} at {endpoint} (OPENAI_BASE_URL)");
    Some(Offer { label, choice: Choice::Model { model, by: By::Account("openai") } })
}
