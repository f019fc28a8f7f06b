//! Older shapes of `config.json`, brought into today's before and after the document is read.
//!
//! Works in memory only. The order of the steps and the spellings they look at are the original's: its
//! renames know `camelCase` keys only. A key that is there already, in either spelling, is never replaced.

use serde_json::{Map, Value};

use crate::bridge_url;
use crate::error::{ConfigError, Fault, Origin};
use crate::key_path::KeyPath;
use crate::reading::{coerce, type_name};
use crate::schema::object_or_empty;
use crate::settings::built_in_profiles;
use crate::spelling::canonical;

/// The version that documents have today.
pub(crate) const CURRENT_VERSION: i64 = 2;

/// Something that differs between a document and its migrated form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// Where.
    pub path: KeyPath,
    /// What.
    pub what: String,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_root() { f.write_str(&self.what) } else { write!(f, "{}: {}", self.path, self.what) }
    }
}

/// What the steps before reading found.
#[derive(Default)]
pub(crate) struct Legacy {
    /// 1 when the document does not say.
    pub(crate) version: i64,
    /// Settings that moved to another key.
    pub(crate) moved: Vec<Note>,
    /// Values that gave way to a default although they were there.
    pub(crate) replaced: Vec<Note>,
    pub(crate) errors: Vec<ConfigError>,
}

/// The steps on the raw document.
pub(crate) fn before_reading(document: &mut Map<String, Value>, origin: &Origin) -> Legacy {
    let mut legacy = Legacy { version: take_version(document), ..Legacy::default() };
    for path in [&["tools"][..], &["tools", "exec"], &["tools", "exec", "isolation"]] {
        legacy.replace_unless_object(document, path);
    }
    legacy.move_exec_keys(document);
    legacy.split_bridge_url(document, origin);
    legacy.collapse_memory2(document);
    for name in ["capture", "recall", "embedding", "scoring", "acl", "wal"] {
        legacy.replace_unless_object(document, &["memory", name]);
    }
    legacy.replace_unless_object(document, &["security", "stages"]);
    for profile in object_or_empty(Some(built_in_profiles())).keys() {
        legacy.replace_unless_object(document, &["models", "profiles", profile]);
    }
    legacy
}

/// The steps on the tree, where keys and values are in form.
pub(crate) fn after_reading(tree: &mut Value, version: i64) {
    let Value::Object(tree) = tree else { return };
    tree.insert("config_version".to_owned(), Value::from(CURRENT_VERSION));
    if version < CURRENT_VERSION {
        copy_bridge_settings(tree);
    }
    seed_assistant_model(tree);
}

/// Takes the version out: any whole number, in any form that a person may have given it, else 1.
fn take_version(document: &mut Map<String, Value>) -> i64 {
    let Some(key) = key_named(document, "config_version") else { return 1 };
    let value = document.shift_remove(&key);
    match value {
        Some(Value::Number(number)) => number.as_f64().and_then(|n| coerce::whole(n.trunc())).unwrap_or(1),
        Some(Value::String(text)) if text.contains('.') => 1,
        Some(other) => coerce::integer(&other).unwrap_or(1),
        None => 1,
    }
}

impl Legacy {
    fn replace_unless_object(&mut self, document: &mut Map<String, Value>, path: &[&str]) {
        let Some((last, parents)) = path.split_last() else { return };
        let mut at = document;
        for name in parents {
            let Some(below) = object_named(at, name) else { return };
            at = below;
        }
        let Some(key) = key_named(at, last) else { return };
        if at.get(&key).is_some_and(Value::is_object) {
            return;
        }
        let found = at.shift_remove(&key).as_ref().map_or("nothing", type_name);
        let what = format!("expected an object, found {found}; the defaults are used");
        self.replaced.push(Note { path: path.iter().copied().collect(), what });
    }

    fn move_exec_keys(&mut self, document: &mut Map<String, Value>) {
        let Some(tools) = object_named(document, "tools") else { return };
        let Some(exec) = object_named(tools, "exec") else { return };
        let moves = [
            ("isolationEnabled", "enabled", "tools.exec.isolation.enabled"),
            ("isolationBackend", "backend", "tools.exec.isolation.backend"),
        ];
        for (old, new, path) in moves {
            let isolation_has_it =
                object_named(exec, "isolation").is_some_and(|isolation| key_named(isolation, new).is_some());
            if isolation_has_it {
                continue;
            }
            let Some(value) = exec.shift_remove(old) else { continue };
            if let Some(isolation) = object_or_new(exec, "isolation") {
                isolation.insert(new.to_owned(), value);
                self.note_move(path, &format!("tools.exec.{old}"));
            }
        }
        if let Some(isolation) = object_named(exec, "isolation")
            && key_named(isolation, "allowlist_path").is_none()
            && let Some(value) = isolation.shift_remove("allowlist")
        {
            isolation.insert("allowlistPath".to_owned(), value);
            self.note_move("tools.exec.isolation.allowlistPath", "tools.exec.isolation.allowlist");
        }
        let restriction = exec.get("restrictToWorkspace").cloned();
        if let Some(value) = restriction
            && key_named(tools, "restrict_to_workspace").is_none()
        {
            if let Some(exec) = object_named(tools, "exec") {
                exec.shift_remove("restrictToWorkspace");
            }
            tools.insert("restrictToWorkspace".to_owned(), value);
            self.note_move("tools.restrictToWorkspace", "tools.exec.restrictToWorkspace");
        }
    }

    fn split_bridge_url(&mut self, document: &mut Map<String, Value>, origin: &Origin) {
        let Some(channels) = object_named(document, "channels") else { return };
        let Some(whatsapp) = object_named(channels, "whatsapp") else { return };
        let Some(Value::String(url)) = whatsapp.get("bridgeUrl") else { return };
        if url.trim().is_empty() {
            return;
        }
        let (wants_host, wants_port) =
            (key_named(whatsapp, "bridge_host").is_none(), key_named(whatsapp, "bridge_port").is_none());
        if !wants_host && !wants_port {
            return;
        }
        let place = "channels.whatsapp.bridgeUrl";
        let Ok(address) = bridge_url::split(url) else {
            // Only the type: a password or a token may stand in it.
            let fault = Fault::WrongValue {
                expected: "an address with a port from 0 to 65535".to_owned(),
                found: "a text".to_owned(),
            };
            self.errors.push(ConfigError::new(origin.clone(), KeyPath::parse(place), fault));
            return;
        };
        if let Some(host) = address.host.filter(|_| wants_host) {
            whatsapp.insert("bridgeHost".to_owned(), Value::String(host));
            self.note_move("channels.whatsapp.bridgeHost", place);
        }
        if let Some(port) = address.port.filter(|_| wants_port) {
            whatsapp.insert("bridgePort".to_owned(), Value::from(port));
            self.note_move("channels.whatsapp.bridgePort", place);
        }
    }

    /// Each known key of `memory2` replaces that of `memory` as a whole. What else is in it stays there.
    fn collapse_memory2(&mut self, document: &mut Map<String, Value>) {
        let Some(key) = key_named(document, "memory2") else { return };
        let Some(Value::Object(mut newer)) = document.get(&key).cloned() else { return };
        let Some(memory) = object_or_new(document, "memory") else { return };
        for name in ["enabled", "mode", "db_path", "capture", "recall", "embedding", "scoring", "acl", "wal"]
        {
            let Some(new_key) = key_named(&newer, name) else { continue };
            let Some(value) = newer.shift_remove(&new_key) else { continue };
            if let Some(old_key) = key_named(memory, name) {
                memory.shift_remove(&old_key);
            }
            let path: KeyPath = ["memory", new_key.as_str()].into_iter().collect();
            self.moved.push(Note { path, what: format!("taken from memory2.{new_key}") });
            memory.insert(new_key, value);
        }
        if newer.is_empty() {
            document.shift_remove(&key);
        } else {
            document.insert(key, Value::Object(newer));
        }
    }

    fn note_move(&mut self, path: &str, from: &str) {
        self.moved.push(Note { path: KeyPath::parse(path), what: format!("taken from {from}") });
    }
}

/// Version 1 had no bridge settings below `runtime`: they start as copies of the channel's.
fn copy_bridge_settings(tree: &mut Map<String, Value>) {
    let whatsapp = tree.get("channels").and_then(|channels| channels.get("whatsapp")).cloned();
    let Some(Value::Object(whatsapp)) = whatsapp else { return };
    let Some(runtime) = object_or_new(tree, "runtime") else { return };
    let Some(bridge) = object_or_new(runtime, "whatsapp_bridge") else { return };
    for (from, to) in [
        ("bridge_host", "host"),
        ("bridge_port", "port"),
        ("bridge_token", "token"),
        ("bridge_auto_repair", "auto_repair"),
        ("bridge_startup_timeout_ms", "startup_timeout_ms"),
        ("max_payload_bytes", "max_payload_bytes"),
    ] {
        if let Some(value) = whatsapp.get(from).filter(|_| !bridge.contains_key(to)) {
            bridge.insert(to.to_owned(), value.clone());
        }
    }
}

/// The assistant's profile without a model of its own takes the one of `agents.defaults`.
fn seed_assistant_model(tree: &mut Map<String, Value>) {
    let agents = tree.get("agents").and_then(|agents| agents.get("defaults"));
    let model = agents.and_then(|defaults| defaults.get("model")).and_then(Value::as_str);
    let model = model.filter(|model| !model.trim().is_empty()).map(str::to_owned);
    let current = tree.get("models").and_then(|models| models.pointer("/profiles/assistant_default/model"));
    match (current, &model) {
        (Some(Value::String(text)), _) if !text.is_empty() => return,
        (None, None) => return,
        _ => {}
    }
    let Some(models) = object_or_new(tree, "models") else { return };
    let Some(profiles) = object_or_new(models, "profiles") else { return };
    let Some(profile) = object_or_new(profiles, "assistant_default") else { return };
    match model {
        Some(model) => profile.insert("model".to_owned(), Value::String(model)),
        None => profile.shift_remove("model"),
    };
}

/// The key that means `name`, in whatever spelling.
fn key_named(map: &Map<String, Value>, name: &str) -> Option<String> {
    map.keys().find(|key| canonical(key) == name).cloned()
}

fn object_named<'a>(map: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let key = key_named(map, name)?;
    map.get_mut(&key)?.as_object_mut()
}

/// The object below `name`, made when there is nothing; `None` when there is something else.
fn object_or_new<'a>(map: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let key = key_named(map, name).unwrap_or_else(|| name.to_owned());
    map.entry(key).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}

#[cfg(test)]
mod tests;
