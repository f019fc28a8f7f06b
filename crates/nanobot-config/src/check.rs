//! `config check`: what is wrong with one file, as data.
//!
//! Needs no home, no variables and no other file, and gives the same answer everywhere.

use std::path::Path;

use serde::Serialize;

use crate::document::{Document, open_json, open_toml};
use crate::error::{ConfigError, Origin};
use crate::merged::{Layer, Merged, View};
use crate::settings::table;

/// The verdict on one file; serialises as the line that `config check --jsonl` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The file, as it was named.
    pub file: String,
    /// Whether it can be loaded.
    pub accepted: bool,
    /// Whether it is of an older shape and was migrated in memory.
    pub migrated: bool,
    /// What is wrong.
    pub errors: Vec<CheckError>,
    /// Keys that no part of the program knows.
    pub unknown: Vec<String>,
}

/// One fault of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckError {
    /// The key; empty for the file as a whole.
    pub path: String,
    /// What is wrong there; never the value of a secret.
    pub message: String,
}

/// Checks a text as `config.json`, or as `config.toml` when the file's name ends in `.toml`.
pub fn check_text(file: &str, text: &str) -> Check {
    let origin = Origin::File(file.into());
    let is_toml = Path::new(file).extension().is_some_and(|extension| extension == "toml");
    let mut document = if is_toml { open_toml(text, &origin) } else { open_json(text, &origin) };
    let view = if is_toml { View::Addition } else { View::Whole };
    let errors = faults(&mut document, &origin, view);
    Check {
        file: file.to_owned(),
        accepted: errors.is_empty(),
        migrated: errors.is_empty() && document.is_older(),
        errors: errors
            .iter()
            .map(|error| CheckError { path: error.path.to_string(), message: error.fault.to_string() })
            .collect(),
        unknown: document.unknown.iter().map(|unknown| unknown.path.to_string()).collect(),
    }
}

/// All faults of a document on top of the defaults.
pub(crate) fn faults(document: &mut Document, origin: &Origin, view: View) -> Vec<ConfigError> {
    let errors = std::mem::take(&mut document.errors);
    if !errors.is_empty() {
        return errors;
    }
    let defaults = Layer { origin: Origin::Default, tree: table().defaults() };
    let file = Layer { origin: origin.clone(), tree: document.tree.clone() };
    match Merged::new(vec![defaults, file]) {
        Ok(mut merged) => merged.settle(view),
        Err(error) => vec![error],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_faults_of_a_file_are_reported_at_once_and_no_secret_with_them() {
        let text = r#"{
            "gateway": {"port": "many"}, "security": {"failMode": "ajar"},
            "channels": {"telegram": {"token": 12345}}, "providers": {"openai": "sk-key"}
        }"#;
        let check = check_text("c.json", text);
        assert_eq!(
            serde_json::to_value(&check).expect("json"),
            json!({
                "file": "c.json", "accepted": false, "migrated": false, "unknown": [],
                "errors": [
                    {"path": "gateway.port", "message": "expected an integer from 0 to 65535, found a text \"many\""},
                    {"path": "security.failMode", "message": "expected one of open, closed, mixed, found a text \"ajar\""},
                    {"path": "channels.telegram.token", "message": "expected a text, found a number"},
                    {"path": "providers.openai", "message": "expected an object, found a text"},
                ],
            })
        );
    }

    #[test]
    fn an_empty_file_is_told_apart_from_a_torn_one() {
        let said = |text| check_text("c.json", text).errors.remove(0).message;
        for nothing in ["", " \n"] {
            assert_eq!(said(nothing), "the file is empty; put {} into it or delete it");
        }
        assert!(said("{").starts_with("EOF while parsing an object"));
    }

    #[test]
    fn unknown_keys_are_named_and_accepted() {
        let check = check_text("c.json", r#"{"configVersion":2,"foo":1,"channels":{"slack":{"token":"x"}}}"#);
        assert!(check.accepted && !check.migrated);
        assert_eq!(check.unknown, ["foo", "channels.slack"]);
    }

    #[test]
    fn a_misspelt_key_in_toml_is_refused_with_what_was_meant() {
        let said = |text: &str| -> Vec<String> {
            let check = check_text("config.toml", text);
            assert!(check.unknown.is_empty(), "{check:?}");
            check.errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect()
        };
        for (text, fault) in [
            ("[budget]\nday_dolars = 1.0", "budget.day_dolars: not a setting; did you mean `day_dollars`?"),
            (
                "[budget]\nday = 1",
                "budget.day: not a setting; take one of day_dollars, month_dollars, chat_day_dollars, tasks, \
                 background_share",
            ),
            ("[budgets]\nday_dollars = 1.0", "budgets: not a setting; did you mean `budget`?"),
            ("[apis]", "apis: not a setting; did you mean `api`?"),
            ("[models.chat.\"irc:#a\"]", "models.chat: not a setting; did you mean `chats`?"),
            (
                "[models.profiles.big]\nfallbacks = [\"small\"]",
                "models.profiles.big.fallbacks: not a setting; did you mean `fallback`?",
            ),
            (
                "[models.profiles.big]\nprice = { input = 1, output = 2, cached_inptu = 0.5 }",
                "models.profiles.big.price.cached_inptu: not a setting; did you mean `cached_input`?",
            ),
            (
                "[providers.openai.key]\nsecond = \"sk-hunter2\"",
                "providers.openai.key: not a setting; take one of keys, concurrency",
            ),
            ("[providers.elevenlabs]\nconcurrency = 2", "providers.elevenlabs.concurrency: not a setting"),
            (
                "[channels.slack]\nunguarded = true",
                "channels.slack: not a setting; take one of whatsapp, telegram, discord, feishu, irc, matrix",
            ),
            (
                "[channels.irc]\nlinesPerSeconds = 1",
                "channels.irc.linesPerSeconds: not a setting; did you mean `lines_per_second`?",
            ),
        ] {
            assert_eq!(said(text), [fault], "{text}");
        }
    }

    #[test]
    fn the_keys_of_the_original_are_refused_in_toml() {
        let check = check_text("config.toml", "[gateway]\nport = 1\n[channels.irc]\nunguarded = true\n");
        assert_eq!(check.errors.len(), 1, "{check:?}");
        assert!(check.errors[0].message.starts_with("belongs in config.json"));
        let check = check_text("config.toml", "[channels.whatsapp]\nunguarded = true\nenabled = true\n");
        assert_eq!(check.errors.len(), 1, "{check:?}");
        assert_eq!(check.errors[0].path, "channels.whatsapp.enabled");
        let check = check_text(
            "config.toml",
            "[log]\nfilter = \"debug\"\nformat = \"json\"\n[daemon]\nlane_queue = 8\n",
        );
        assert!(check.accepted && check.unknown.is_empty(), "{check:?}");
    }

    #[test]
    fn a_route_needs_its_profile_and_a_profile_its_kind() {
        let text = r#"{"models":{"profiles":{"x":{"model":"m"}},"routes":{"assistant.reply":"nope"}}}"#;
        let check = check_text("c.json", text);
        let paths: Vec<&str> = check.errors.iter().map(|error| error.path.as_str()).collect();
        assert_eq!(paths, ["models.profiles.x.kind", "models.routes.\"assistant.reply\""]);
    }
}
