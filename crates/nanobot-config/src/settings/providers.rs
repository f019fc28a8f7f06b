//! `providers`: keys and addresses of model providers, by name.
//!
//! Which model goes to which provider is the router's business, not this crate's.

use std::collections::BTreeMap;

use nanobot_core::Secret;
use serde_json::{Value, json};

use crate::schema::macros::section;
use crate::schema::setting::Setting;
use crate::schema::{Entries, Kind, Names};

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

/// Headers by name. Names keep their spelling; values may be keys and are secret.
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
