//! A profile as commands show it: what the settings say, and who would serve it. It asks nobody.

use nanobot_config::Loaded;
use nanobot_config::settings::{ModelProfile, ProfileKind};
use nanobot_core::pipeline::chain as causes;
use nanobot_llm_router::{Chain, Hop, PerToken, Price, PriceSource};
use nanobotd::{ChosenModel, plan_first, plan_profile};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::output;

/// A profile, and the chain that it begins.
pub(super) struct Known<'a> {
    pub(super) name: &'a str,
    pub(super) profile: &'a ModelProfile,
    /// The model; of a profile that names none, the one of the settings.
    pub(super) model: &'a str,
    /// Who would be asked; none where nobody can be.
    pub(super) chain: Option<Chain>,
    /// Why a start is refused over this profile.
    pub(super) refused: Option<String>,
    /// Nobody else can be asked, and chats are answered all the same.
    pub(super) has_stand_in: bool,
    /// The first of the chain by itself, where the chain is refused: what is wrong with it is seen beside the others.
    alone: Option<Chain>,
    /// What the settings say of those that stand in.
    written: Vec<&'a str>,
}

impl<'a> Known<'a> {
    /// The profile of that name.
    pub(super) fn find(loaded: &'a Loaded, name: &str) -> Option<Self> {
        let profiles = &loaded.config.models.profiles;
        let (name, profile) = profiles.get_key_value(name)?;
        let own = |profile: &'a ModelProfile| {
            let named = profile.model.as_deref().filter(|model| !model.trim().is_empty());
            named.unwrap_or(&loaded.config.agents.defaults.model)
        };
        let (planned, refused) = match plan_profile(loaded, name) {
            Ok(chain) => (chain, None),
            Err(error) => (None, Some(causes(&error))),
        };
        let has_stand_in = planned.as_ref().is_some_and(|chain| !is_served(chain));
        let chain = planned.filter(is_served);
        let alone = refused.as_ref().and_then(|_| plan_first(loaded, name).ok()?).filter(is_served);
        let written = profile.fallback.iter().filter_map(|name| profiles.get(name).map(own)).collect();
        Some(Self { name, profile, model: own(profile), chain, refused, has_stand_in, alone, written })
    }

    /// Who is asked first; would be, where a start is refused.
    pub(super) fn first(&self) -> Option<&Hop> {
        self.chain.as_ref().or(self.alone.as_ref())?.hops().first().map(AsRef::as_ref)
    }

    /// Where the price of whoever is asked first is from; of one that the settings name, in their words.
    pub(super) fn price_source(&self) -> Option<String> {
        let source = self.first()?.price.get()?.source;
        let told = self.profile.price.as_ref().and_then(|price| price.source.as_deref()).map(str::trim);
        Some(match told.filter(|told| source == PriceSource::Configured && !told.is_empty()) {
            Some(told) => format!("{source}: {told}"),
            None => source.to_string(),
        })
    }

    /// The models of the chain, best first; as the settings have them where nobody can be asked.
    pub(super) fn models(&self) -> Vec<&str> {
        match &self.chain {
            Some(chain) => chain.hops().iter().map(|hop| hop.model.as_str()).collect(),
            None => std::iter::once(self.model).chain(self.written.iter().copied()).collect(),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self.profile.kind {
            ProfileKind::Chat => "chat",
            ProfileKind::Vision => "vision",
            ProfileKind::Asr => "asr",
            ProfileKind::Ocr => "ocr",
            ProfileKind::Video => "video",
            ProfileKind::Embedding => "embedding",
            ProfileKind::Tts => "tts",
            _ => "other",
        }
    }

    /// What every command says about the profile, in one object.
    pub(super) fn to_json(&self) -> Value {
        let ModelProfile { provider, max_tokens, temperature, timeout_ms, .. } = self.profile;
        let first = self.first();
        // As the settings have it, also where an account's own model takes the place of one that nobody chose.
        let chain: Vec<&str> = std::iter::once(self.model).chain(self.models().into_iter().skip(1)).collect();
        json!({
            "profile": self.name,
            "provider": provider,
            "model": self.model,
            "chain": chain,
            "kind": self.kind(),
            "max_tokens": max_tokens,
            "temperature": temperature,
            "timeout_ms": timeout_ms,
            "served_by": first.map(|hop| hop.provider.as_str()),
            "served_model": first.map(|hop| hop.model.as_str()),
            "trust": first.map(|hop| hop.trust.name()),
            "price": first.and_then(|hop| hop.price.get()).map(|of| price(&of, self.price_source().as_deref())),
            "refused": self.refused,
        })
    }
}

/// Who serves a profile, for people.
pub(super) fn served_by(known: &Known<'_>) -> String {
    match known.first() {
        Some(hop) => hop.provider.clone(),
        None if known.has_stand_in => "(stand-in)".to_owned(),
        None => "-".to_owned(),
    }
}

/// Says below a table what a stand-in is.
pub(super) fn stand_in() -> Result<(), Failure> {
    let warning = ChosenModel::Offline.warning().unwrap_or_default();
    output::line(format!("! the offline stand-in answers chats: {warning}"))
}

/// The stand-in stands everywhere where nobody else can be asked, and is no model.
fn is_served(chain: &Chain) -> bool {
    let first = chain.hops().first().and_then(|hop| hop.seats.first());
    first.is_some_and(|seat| seat.client.info().is_language_model)
}

/// Dollars for a million tokens.
fn price(price: &Price, source: Option<&str>) -> Value {
    let dollars = |token: PerToken| token.times(1_000_000).as_dollars();
    json!({
        "input": dollars(price.input),
        "output": dollars(price.output),
        "cached_input": dollars(price.cached()),
        "cache_write": dollars(price.written()),
        "source": source,
    })
}
