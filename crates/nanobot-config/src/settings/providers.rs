//! `providers`: keys and addresses of model providers, by name.
//!
//! Which model goes to which provider is the router's business, not this crate's.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use nanobot_core::Secret;
use serde_json::{Value, json};

use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::merged::View;
use crate::nearest::nearest;
use crate::schema::macros::section;
use crate::schema::setting::Setting;
use crate::schema::{Entries, Kind, Names, Spelling, object_or_empty};

/// Model providers by name; names that the original does not know are kept.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Providers {
    /// Speech by ElevenLabs.
    pub elevenlabs: ElevenLabs,
    /// All others.
    pub by_name: BTreeMap<String, ProviderConfig>,
}

impl Providers {
    /// The settings of a provider, if it is named.
    pub fn get(&self, name: &str) -> Option<&ProviderConfig> {
        self.by_name.get(name)
    }
}

section! {
    /// One provider.
    pub struct ProviderConfig {
        /// The key.
        api_key: Secret<String> = "",
        /// Address, when it is not the provider's usual one.
        api_base: Option<String> = null,
        /// Headers sent with each request, names as written.
        extra_headers: Option<Headers> = null,
        /// Further keys, by names of 1 to 32 of `a-z 0-9 _ -`: when one is refused, another is tried.
        @own keys: Option<Headers> = null,
        /// Calls at a time, for each key.
        @own concurrency: NonZeroU32 = 16,
    }
}

section! {
    /// ElevenLabs.
    pub struct ElevenLabs {
        /// The key.
        api_key: Secret<String> = "",
        /// Address, when it is not the provider's usual one.
        api_base: Option<String> = null,
        /// Headers sent with each request, names as written.
        extra_headers: Option<Headers> = null,
        /// The voice.
        voice_id: Option<String> = null,
        /// The speech model.
        model_id: Option<String> = null,
    }
}

/// Secret texts by name: headers, keys. Names keep their spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, Secret<String>>);

impl Headers {
    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret<String>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl Setting for Headers {
    const KIND: Kind = Kind::Headers;

    fn extract(value: &Value) -> Option<Self> {
        let entries = value.as_object()?.iter();
        let headers = entries.map(|(name, value)| Some((name.clone(), Secret::extract(value)?)));
        headers.collect::<Option<_>>().map(Self)
    }
}

const ELEVENLABS: &str = "elevenlabs";

impl Setting for Providers {
    const KIND: Kind = Kind::Names(&Names {
        each: ProviderConfig::KIND,
        special: Some((ELEVENLABS, ElevenLabs::KIND)),
        spelling: Spelling::AsKeys,
        entries: Entries::AsGiven,
    });

    fn extract(value: &Value) -> Option<Self> {
        let others = value.as_object()?.iter().filter(|(name, _)| *name != ELEVENLABS);
        Some(Self {
            elevenlabs: ElevenLabs::extract(value.get(ELEVENLABS).unwrap_or(&Value::Null))?,
            by_name: others
                .map(|(name, value)| Some((name.clone(), ProviderConfig::extract(value)?)))
                .collect::<Option<_>>()?,
        })
    }
}

/// Longest name of a key, in bytes. Names stand in logs and figures.
const MAX_KEY_NAME: usize = 32;

/// What is wrong with the further keys of providers in a tree of all settings, whose types are right. A name that is
/// none may be a key in the wrong place, so no message shows it.
pub(crate) fn faults(tree: &Value, view: View) -> Vec<(KeyPath, Fault)> {
    let mut faults = if view == View::Whole { additions_to_nobody(tree) } else { Vec::new() };
    for (provider, settings) in tree.get("providers").and_then(Value::as_object).into_iter().flatten() {
        let path: KeyPath = ["providers", provider, "keys"].into_iter().collect();
        let mut fault = |path: KeyPath, expected: &str, found: &str| {
            faults.push((path, Fault::WrongValue { expected: expected.to_owned(), found: found.to_owned() }));
        };
        for (name, key) in settings.get("keys").and_then(Value::as_object).into_iter().flatten() {
            if !is_key_name(name) {
                fault(path.clone(), "names of 1 to 32 of a-z, 0-9, _ and -", "another name");
            } else if key.as_str().is_none_or(|key| key.trim().is_empty()) {
                fault(path.child(name), "a key", "a blank text");
            }
        }
    }
    faults
}

/// Providers of whom nothing is set but what `config.toml` adds, and who are not built in: such a key is never used.
fn additions_to_nobody(tree: &Value) -> Vec<(KeyPath, Fault)> {
    let built_in = object_or_empty(Some(built_in_providers()));
    let known = || built_in.keys().map(String::as_str);
    let all = tree.get("providers").and_then(Value::as_object).into_iter().flatten();
    let nobody = all.filter(|(name, settings)| !built_in.contains_key(*name) && is_addition(settings));
    let fault = |(name, _): (&String, &Value)| {
        let meant = nearest(name, known()).map(str::to_owned);
        let fault = Fault::UnknownProvider { meant, known: known().collect::<Vec<_>>().join(", ") };
        (["providers", name].into_iter().collect(), fault)
    };
    nobody.map(fault).collect()
}

fn is_addition(settings: &Value) -> bool {
    let Kind::Section(section) = ProviderConfig::KIND else { return false };
    section.is_addition(settings)
}

fn is_key_name(name: &str) -> bool {
    (1..=MAX_KEY_NAME).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

/// The providers that every document lists, in the original's order.
pub(crate) fn built_in_providers() -> Value {
    let empty = json!({ "api_key": "", "api_base": null, "extra_headers": null });
    let mut speech = empty.clone();
    if let Value::Object(speech) = &mut speech {
        speech.extend([("voice_id".to_owned(), Value::Null), ("model_id".to_owned(), Value::Null)]);
    }
    let others = [
        "openrouter",
        "aihubmix",
        "anthropic",
        "openai",
        "deepseek",
        "gemini",
        "zhipu",
        "dashscope",
        "moonshot",
        "vllm",
        "groq",
    ];
    let others = others.into_iter().map(|name| (name.to_owned(), empty.clone()));
    Value::Object(std::iter::once((ELEVENLABS.to_owned(), speech)).chain(others).collect())
}

#[cfg(test)]
mod tests {
    use crate::check::check_text;

    fn said(keys: &str) -> Vec<String> {
        let check = check_text("config.toml", &format!("[providers.openai]\nkeys = {keys}"));
        check.errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect()
    }

    #[test]
    fn further_keys_have_plain_names_and_are_in_no_message() {
        assert_eq!(said("{ second = \"sk-1\", \"work-3_a\" = \"sk-2\" }"), [""; 0]);
        let long = "a".repeat(33);
        for name in ["Second", "a.b", "", "sk hunter2", &long] {
            assert_eq!(
                said(&format!("{{ \"{name}\" = \"hunter2\" }}")),
                ["providers.openai.keys: expected names of 1 to 32 of a-z, 0-9, _ and -, found another name"]
            );
        }
        assert_eq!(
            said("{ second = \" \" }"),
            ["providers.openai.keys.second: expected a key, found a blank text"]
        );
        assert_eq!(said("{ second = 7 }"), ["providers.openai.keys.second: expected a text, found a number"]);
    }

    #[test]
    fn a_provider_is_called_at_least_once_at_a_time() {
        let check =
            check_text("config.toml", "[providers.mine]\nconcurrency = 0\n[providers.groq]\nconcurrency = 1");
        assert_eq!(check.errors.len(), 1, "{check:?}");
        assert_eq!(check.errors[0].path, "providers.mine.concurrency");
    }
}
