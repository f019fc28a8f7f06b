//! What went into a recorded load, and the conditions of the rules.
//!
//! A rule looks at the input and at nothing else: never at a case's id, never at what was recorded.

use std::collections::{BTreeMap, BTreeSet};

use nanobot_config::spelling::{camel_to_snake, canonical, snake_to_camel};
use serde_json::{Map, Value, json};

use super::flat::{Flat, flat};

/// What went into a recorded load; the rules' conditions look at nothing else.
pub(super) struct Input {
    pub(super) text: Option<String>,
    document: Value,
    pub(super) variables: BTreeMap<String, String>,
}

impl Input {
    pub(super) fn new(row: &Value) -> Self {
        let text = match (&row["input_text"], &row["input"]) {
            (Value::String(text), _) => Some(text.clone()),
            (_, Value::Null) => None,
            (_, document) => Some(ascii(&format!("{document:#}"))),
        };
        let document = text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let variables = row["env"].as_object().cloned().unwrap_or_default();
        let variables =
            variables.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()));
        Self { text, document, variables: variables.collect() }
    }

    /// Why a document that the original takes is refused.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        let text = self.text.as_deref().unwrap_or_default();
        if text.len() > 1024 * 1024 {
            return Some("strict_json");
        }
        if self.document.is_null() || has_key_twice(text) {
            // The original's parser takes these, and each leaves a doubt.
            let doubtful = ["NaN", "Infinity", "\\ud", "\\uD"].iter().any(|mark| text.contains(mark));
            return (doubtful || has_key_twice(text)).then_some("strict_json");
        }
        let providers = self.document.get("providers").and_then(Value::as_object);
        if providers.into_iter().flatten().any(|(_, value)| !is_provider(value)) {
            return Some("provider_shape_refused");
        }
        if has_two_spellings(&self.document) {
            return Some("one_spelling_only");
        }
        has_number_out_of_range(&self.document).then_some("range_checked")
    }

    /// Whether some route names its profile in another spelling than the original would look for.
    pub(super) fn routes_differ_in_spelling(&self) -> bool {
        let profiles = names_at(&self.document, "/models/profiles");
        let routes = self.document.pointer("/models/routes").and_then(Value::as_object);
        let mut values = routes.into_iter().flatten().filter_map(|(_, value)| value.as_str());
        values.any(|value| {
            canonical(value) != value && profiles.iter().any(|p| canonical(p) == canonical(value))
        })
    }

    /// Why a setting differs, by its path in inner spelling.
    pub(super) fn rule_for_setting(&self, path: &str) -> Option<&'static str> {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match segments.as_slice() {
            ["providers", name, key, ..] if self.has_odd_key(name, key) => return Some("unknown_keys_kept"),
            ["providers", "openai", "api_base"] => {
                let base = self.variables.get("OPENAI_BASE_URL").is_some_and(|url| !url.trim().is_empty());
                return base.then_some("openai_base_url");
            }
            ["providers", "aihubmix", "api_key"] => {
                let lent = self.variables.get("OPENAI_API_KEY").is_some_and(|key| !key.trim().is_empty());
                let own = ["apiKey", "api_key"].iter().any(|key| {
                    let key = self.document.pointer(&format!("/providers/aihubmix/{key}"));
                    key.and_then(Value::as_str).is_some_and(|key| !key.trim().is_empty())
                });
                return (lent && own).then_some("own_key_kept");
            }
            _ => {}
        }
        let filled = ["models", "memory", "security", "channels", "runtime"];
        if self.text.is_some()
            && self.sets_variable(path)
            && segments.first().is_some_and(|s| filled.contains(s))
        {
            return Some("env_over_defaults");
        }
        self.mixes_spellings(path).then_some("explicit_key_kept")
    }

    /// Why the file differs at a path, given the two values.
    pub(super) fn rule_for_file(
        &self,
        path: &str,
        ours: Option<&Value>,
        recorded: Option<&Value>,
        defaults: &Flat,
    ) -> Option<&'static str> {
        let kept = ours.is_some() && recorded.is_none() && self.document.pointer(path) == ours;
        if kept && !is_known(path, defaults) {
            return Some("unknown_keys_kept");
        }
        if let ["providers", name, key, ..] = path.split('/').skip(1).collect::<Vec<_>>().as_slice()
            && self.has_odd_key(name, key)
        {
            return Some("unknown_keys_kept");
        }
        let inner: String = path.split('/').map(camel_to_snake).collect::<Vec<_>>().join("/");
        if self.sets_variable(&inner) {
            return Some("env_never_persisted");
        }
        self.mixes_spellings(path).then_some("explicit_key_kept")
    }

    /// Whether a header, profile, route or provider has a name that the original does not give back.
    pub(super) fn loses_names(&self) -> bool {
        let lost = |name: &String| canonical(name) != camel_to_snake(name);
        let names = ["/models/profiles", "/models/routes", "/providers"];
        let providers = self.document.get("providers").and_then(Value::as_object);
        let headers = providers.into_iter().flatten().flat_map(|(_, provider)| {
            [names_at(provider, "/extraHeaders"), names_at(provider, "/extra_headers")].concat()
        });
        names.iter().any(|pointer| names_at(&self.document, pointer).iter().any(lost))
            || headers.into_iter().any(|name| canonical(&name) != name)
    }

    /// Whether a provider has a key, in whatever spelling, that belongs to no provider.
    fn has_odd_key(&self, provider: &str, key: &str) -> bool {
        let known = ["api_key", "api_base", "extra_headers", "voice_id", "model_id"];
        let providers = self.document.get("providers").and_then(Value::as_object).into_iter().flatten();
        let named = providers.filter(|(name, _)| canonical(name) == canonical(provider));
        !known.contains(&canonical(key).as_str())
            && named.flat_map(|(_, value)| names_at(value, "")).any(|name| canonical(&name) == canonical(key))
    }

    /// Whether a `NANOBOT_*` variable sets the value at a path or a section around it.
    fn sets_variable(&self, inner: &str) -> bool {
        self.variables.keys().filter(|name| *name != "NANOBOT_HOME").any(|name| {
            let path = name
                .to_lowercase()
                .strip_prefix("nanobot_")
                .map(|rest| format!("/{}", rest.replace("__", "/")));
            path.is_some_and(|path| inner == path || inner.starts_with(&format!("{path}/")))
        })
    }

    /// Whether an older key stands beside the snake_case spelling of the newer one.
    fn mixes_spellings(&self, path: &str) -> bool {
        let has = |pointer: &str| self.document.pointer(pointer).is_some();
        let whatsapp = ["/channels/whatsapp/bridge_host", "/channels/whatsapp/bridge_port"];
        let path = path.split('/').map(canonical).collect::<Vec<_>>().join("/");
        let below = |prefix: &str| path.starts_with(prefix);
        (has("/channels/whatsapp/bridgeUrl")
            && whatsapp.iter().any(|key| has(key))
            && (below("/channels/whatsapp/bridge_") || below("/runtime/whatsapp_bridge/")))
            || (has("/tools/exec/restrictToWorkspace")
                && has("/tools/restrict_to_workspace")
                && path == "/tools/restrict_to_workspace")
            || (has("/tools/exec/isolation/allowlist")
                && has("/tools/exec/isolation/allowlist_path")
                && path == "/tools/exec/isolation/allowlist_path")
    }

    /// Whether the document has every key already.
    pub(super) fn is_complete(&self, defaults: &Flat) -> bool {
        let ours = flat(&self.document);
        let spelled = |path: &String| path.split('/').map(snake_to_camel).collect::<Vec<_>>().join("/");
        self.document.get("configVersion") == Some(&json!(2))
            && defaults.keys().all(|path| {
                let path = spelled(path);
                ours.keys().any(|key| *key == path || key.starts_with(&format!("{path}/")))
            })
    }
}

fn names_at(document: &Value, pointer: &str) -> Vec<String> {
    let names = document.pointer(pointer).and_then(Value::as_object);
    names.into_iter().flat_map(Map::keys).cloned().collect()
}

/// Whether the parser that keeps the last of two equal keys loses something.
fn has_key_twice(text: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return false };
    // Every key is followed by a colon outside of strings; count both.
    let (mut colons, mut inside, mut escaped) = (0, false, false);
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            ':' if !inside => colons += 1,
            _ => {}
        }
    }
    key_count(&document) != colons
}

fn key_count(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.len() + map.values().map(key_count).sum::<usize>(),
        Value::Array(items) => items.iter().map(key_count).sum(),
        _ => 0,
    }
}

/// Whether the original has a key for the path, in its file's spelling.
fn is_known(path: &str, defaults: &Flat) -> bool {
    let path = path.split('/').map(canonical).collect::<Vec<_>>().join("/");
    let key = path.rsplit('/').next().unwrap_or_default();
    let of_profile = ["kind", "model", "provider", "max_tokens", "temperature", "timeout_ms"];
    let of_provider = ["api_key", "api_base", "extra_headers"];
    defaults.contains_key(&path)
        || path.starts_with("/models/routes/")
        || (path.starts_with("/models/profiles/") && of_profile.contains(&key))
        || (path.starts_with("/providers/")
            && (of_provider.contains(&key) || path.contains("/extra_headers/")))
}

/// Whether a value may stand below a provider's name: null, or an object whose known keys hold texts.
fn is_provider(value: &Value) -> bool {
    let texts = ["api_key", "api_base", "voice_id", "model_id"];
    match value {
        Value::Null => true,
        Value::Object(keys) => keys.iter().all(|(key, value)| match camel_to_snake(key).as_str() {
            "api_key" => value.is_string(),
            "extra_headers" => value.is_object() || value.is_null(),
            key => !texts.contains(&key) || value.is_string() || value.is_null(),
        }),
        _ => false,
    }
}

/// Whether an object has two keys that the original takes for one.
fn has_two_spellings(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    let names: BTreeSet<String> = object.keys().map(|key| canonical(key)).collect();
    names.len() < object.len() || object.values().any(has_two_spellings)
}

/// Whether a number is negative, or no port where one belongs, or larger than any setting.
fn has_number_out_of_range(value: &Value) -> bool {
    fn number(value: &Value) -> Option<f64> {
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
    }
    let Some(object) = value.as_object() else { return false };
    object.iter().any(|(key, value)| {
        let limit = if key.to_lowercase().ends_with("port") { 65_535.0 } else { 4_294_967_295.0 };
        has_number_out_of_range(value) || number(value).is_some_and(|n| !(0.0..=limit).contains(&n))
    })
}

/// Escapes what is not ASCII, as the original's files have it.
fn ascii(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            let units = character.encode_utf16(&mut [0; 2]).to_vec();
            out.extend(units.into_iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}
