//! Which account serves a model, and under which name: a pure function over the table and the accounts.
//!
//! Matching is the original's. Three things differ, on purpose:
//! - An account whose base somebody set needs no key, wherever that server is: naming it is wish enough, and
//!   nothing is sent in the key's place. A vendor's own server is the exception, because nothing goes to a
//!   vendor without credentials.
//! - An account that has neither a base nor a default one is passed over, because it cannot be called.
//! - A key only ever goes to its own account's server. The original handed it to whichever vendor the model's
//!   name suggested. Whose key it is, only the caller knows: it leaves out of an account what was borrowed from
//!   another one, `OPENAI_API_KEY` for AiHubMix (`Loaded::key_is_borrowed` of `nanobot-config`).

use nanobot_core::Secret;

use crate::endpoint::Endpoint;
use crate::registry::{
    LOCAL_PROVIDER, OPENAI_BASE, PROVIDERS, Provider, ProviderKind, ROUTING_SEGMENTS, provider_named,
};
use crate::settings::{Temperature, TokenLimitField};

/// What the configuration knows about one provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderAccount {
    /// The provider's name in the table; accounts of other names are never matched.
    pub name: String,
    /// Its own key, never one borrowed from another account; blank counts as none.
    pub key: Option<Secret<String>>,
    /// Its base address, when it is not the default one; blank counts as none.
    pub base: Option<String>,
    /// Further headers, sent to that base only.
    pub headers: Vec<(String, Secret<String>)>,
}

/// Who serves a model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resolved {
    /// The account's name.
    pub provider: &'static str,
    /// The gateway or local server that key or base give away; may differ from the account's name.
    pub detected: Option<&'static str>,
    /// The base address.
    pub base: String,
    /// The model's name with routing segment, spelled as the original's library expects it.
    pub routed_model: String,
    /// The model's name in the request.
    pub wire_model: String,
    /// The account's key.
    pub key: Option<Secret<String>>,
    /// The account's further headers.
    pub headers: Vec<(String, Secret<String>)>,
    /// The server is on this machine.
    pub local: bool,
    /// The model's name does not mention the account; it was taken because no other could be used.
    pub fallback: bool,
    /// The only temperature handling that the model accepts; none when any value will do.
    pub temperature: Option<Temperature>,
    /// How the limit of tokens is called there.
    pub token_limit_field: TokenLimitField,
}

/// Finds who serves `model`: the first provider of the table that the name mentions and whose account can be
/// used, else the first with such an account. None when there is none.
pub fn resolve(model: &str, accounts: &[ProviderAccount]) -> Option<Resolved> {
    let lower = model.to_lowercase();
    let usable: Vec<Usable<'_>> =
        PROVIDERS.iter().filter_map(|provider| Usable::find(provider, accounts)).collect();
    let named = usable.iter().find(|entry| entry.provider.is_meant_by(&lower));
    let chosen = named.or(usable.first())?;

    let detected = detect(chosen);
    let base = chosen
        .configured_base()
        .or_else(|| detected.and_then(|provider| provider.default_base))
        .or(chosen.provider.default_base)?;
    let standard = standard_entry(&lower);
    let (routed_model, is_local_server) = match (detected, standard) {
        (Some(gateway), _) => (with_prefix_unless_there(gateway, model), false),
        (None, Some(entry)) => (with_prefix(entry, model), false),
        (None, None) if chosen.configured_base().is_some() => match provider_named(LOCAL_PROVIDER) {
            Some(local) => (with_prefix_unless_there(local, model), true),
            None => (model.to_owned(), false),
        },
        (None, None) => (model.to_owned(), false),
    };
    let wire_model = wire_name(&routed_model);
    // A gateway's names begin with a vendor, and stay as they are.
    let wire_model =
        if detected.is_some() { wire_model } else { without_own_segment(chosen.provider, wire_model) };
    let at_openai = base.trim_end_matches('/') == OPENAI_BASE;
    let temperature = fixed_temperature(&routed_model)
        .or_else(|| (at_openai && is_reasoning_model(&wire_model)).then_some(Temperature::ServerDefault));

    Some(Resolved {
        provider: chosen.provider.name,
        detected: if is_local_server { Some(LOCAL_PROVIDER) } else { detected.map(|entry| entry.name) },
        base: base.to_owned(),
        wire_model,
        routed_model,
        key: chosen.key().cloned(),
        headers: chosen.account.headers.clone(),
        local: is_loopback(base),
        fallback: named.is_none(),
        temperature,
        token_limit_field: if at_openai {
            TokenLimitField::MaxCompletionTokens
        } else {
            TokenLimitField::MaxTokens
        },
    })
}

/// An account that could be called.
struct Usable<'a> {
    provider: &'static Provider,
    account: &'a ProviderAccount,
}

impl<'a> Usable<'a> {
    fn find(provider: &'static Provider, accounts: &'a [ProviderAccount]) -> Option<Self> {
        let account = accounts.iter().find(|account| account.name == provider.name)?;
        let entry = Self { provider, account };
        let usable = match (entry.configured_base(), entry.key()) {
            (Some(_), Some(_)) => true,
            (Some(base), None) => !is_of_a_vendor(base),
            (None, Some(_)) => provider.default_base.is_some(),
            (None, None) => false,
        };
        usable.then_some(entry)
    }

    fn key(&self) -> Option<&'a Secret<String>> {
        self.account.key.as_ref().filter(|key| !key.is_blank())
    }

    fn configured_base(&self) -> Option<&'a str> {
        self.account.base.as_deref().map(str::trim).filter(|base| !base.is_empty())
    }
}

/// The gateway that the account's key or base gives away. A gateway without a base of its own in the
/// configuration has its default one.
fn detect(entry: &Usable<'_>) -> Option<&'static Provider> {
    let default = (entry.provider.kind == ProviderKind::Gateway).then_some(entry.provider.default_base);
    let base = entry.configured_base().or(default.flatten());
    PROVIDERS.iter().filter(|provider| provider.kind == ProviderKind::Gateway).find(|gateway| {
        let by_key = gateway
            .key_start
            .is_some_and(|start| entry.key().is_some_and(|key| key.expose().starts_with(start)));
        let by_base = gateway.base_part.is_some_and(|part| base.is_some_and(|base| base.contains(part)));
        by_key || by_base
    })
}

fn standard_entry(lower_model: &str) -> Option<&'static Provider> {
    PROVIDERS
        .iter()
        .filter(|provider| provider.kind == ProviderKind::Standard)
        .find(|provider| provider.is_meant_by(lower_model))
}

fn with_prefix(provider: &Provider, model: &str) -> String {
    match provider.prefix {
        Some(prefix) if !provider.unprefixed.iter().any(|start| model.starts_with(start)) => {
            format!("{prefix}/{model}")
        }
        _ => model.to_owned(),
    }
}

fn with_prefix_unless_there(provider: &Provider, model: &str) -> String {
    let model = if provider.last_segment_only { model.rsplit('/').next().unwrap_or(model) } else { model };
    match provider.prefix {
        Some(prefix) if model.split_once('/').is_none_or(|(first, _)| first != prefix) => {
            format!("{prefix}/{model}")
        }
        _ => model.to_owned(),
    }
}

/// Takes the routing segment off. OpenRouter's own models (`openrouter/auto`) keep it: every name there has a
/// vendor.
fn wire_name(routed: &str) -> String {
    match routed.split_once('/') {
        Some(("openrouter", rest @ ("auto" | "free"))) => format!("openrouter/{rest}"),
        Some((first, rest)) if ROUTING_SEGMENTS.contains(&first) => rest.to_owned(),
        _ => routed.to_owned(),
    }
}

/// Takes the account's own segment off, which stands behind that of the vendor whose word is in the model's name:
/// `hosted_vllm/qwen3` is routed as DashScope's.
fn without_own_segment(provider: &Provider, wire: String) -> String {
    match wire.split_once('/') {
        Some((first, rest)) if first == provider.name || provider.prefix == Some(first) => rest.to_owned(),
        _ => wire,
    }
}

/// Looked up under the routed name, as in the original.
fn fixed_temperature(routed: &str) -> Option<Temperature> {
    let lower = routed.to_lowercase();
    let (part, value) = standard_entry(&lower)?.fixed_temperature?;
    lower.contains(part).then_some(Temperature::Value(value))
}

/// OpenAI's models that refuse any temperature but their own: `o1`, `o3-mini`, `gpt-5…` (platform.openai.com,
/// "Reasoning models", as known in November 2026).
fn is_reasoning_model(wire_model: &str) -> bool {
    let mut letters = wire_model.chars();
    let o_series = letters.next() == Some('o') && letters.next().is_some_and(|c| c.is_ascii_digit());
    o_series || wire_model.starts_with("gpt-5")
}

/// Whether a base is at the server of some vendor of the table. What is no address is not; the client refuses
/// it later, by name.
fn is_of_a_vendor(base: &str) -> bool {
    let vendors = PROVIDERS.iter().filter_map(|provider| Endpoint::parse(provider.default_base?).ok());
    Endpoint::parse(base)
        .is_ok_and(|endpoint| vendors.into_iter().any(|vendor| vendor.has_host_of(&endpoint)))
}

fn is_loopback(base: &str) -> bool {
    Endpoint::parse(base).is_ok_and(|endpoint| endpoint.is_loopback())
}

#[cfg(test)]
mod tests;
