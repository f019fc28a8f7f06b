//! What holds for every document, valid or not.
#![expect(clippy::expect_used, reason = "a test stops where its own ground gives way")]

use std::path::Path;

use jiff::Timestamp;
use nanobot_config::{Environment, Home, LoadRequest, check_text, load, migrate};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn simple_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..70_000_i64).prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "[a-zA-Z0-9_. é😂/:-]{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["yes", "80", "0.5", "closed", "chat", "my_fast", "ws://h:1"])
            .prop_map(Value::from),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    simple_value().prop_recursive(4, 32, 5, |inner| {
        let keys = prop_oneof![prop::sample::select(known_keys()), "[a-zA-Z0-9_.-]{0,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Every key of a full document, and those of older ones.
fn known_keys() -> Vec<String> {
    fn walk(value: &Value, keys: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            keys.push(key.clone());
            walk(value, keys);
        }
    }
    let older = ["memory2", "restrictToWorkspace", "isolationEnabled", "allowlist", "config_version"];
    let own =
        ["fallback", "cooldown_seconds", "price", "chats", "keys", "concurrency", "budget", "tasks", "api"];
    let mut keys: Vec<String> = older.iter().chain(&own).map(|key| (*key).to_owned()).collect();
    walk(&full(), &mut keys);
    keys.sort();
    keys.dedup();
    keys
}

fn full() -> Value {
    let text = migrate(Path::new("config.json"), "{}", Timestamp::UNIX_EPOCH).expect("valid").text_after;
    serde_json::from_str(&text).expect("JSON")
}

/// Paths to all values of a full document.
fn known_paths() -> Vec<Vec<String>> {
    fn walk(value: &Value, path: &[String], out: &mut Vec<Vec<String>>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let path = [path, std::slice::from_ref(key)].concat();
            walk(value, &path, out);
            out.push(path);
        }
    }
    let mut out = Vec::new();
    walk(&full(), &[], &mut out);
    out
}

/// Our own keys, and values that each takes at least one of.
const OWN: [(&str, &str); 16] = [
    ("models.profiles.subagent_default", "fallback"),
    ("models.profiles.subagent_default", "cooldown_seconds"),
    ("models.profiles.subagent_default", "allow_escalation"),
    ("models.profiles.subagent_default", "trust"),
    ("models.profiles.subagent_default", "price"),
    ("models.profiles.nobody", "fallback"),
    ("models.chats.\"irc:#Garden\"", "reply"),
    ("models.chats.nowhere", "embed"),
    ("providers.openai", "keys"),
    ("providers.openai", "concurrency"),
    ("model", "patience_seconds"),
    ("budget", "day_dollars"),
    ("budget", "background_share"),
    ("budget.tasks", "reply"),
    ("api", "bind"),
    ("telemetry", "otlp_endpoint"),
];

/// A `config.toml` of settings of ours, right or wrong.
fn own_settings() -> impl Strategy<Value = String> {
    let values = prop::sample::select(vec![
        "0",
        "1",
        "90",
        "-0.5",
        "0.5",
        "nan",
        "true",
        "\"http://u:hunter2@h\"",
        "\"own_account\"",
        "\"assistant_default\"",
        "\"127.0.0.1:0\"",
        "[\"assistant_default\"]",
        "[\"hunter2@h\", \"hunter2@h\"]",
        "{ input = 1, output = 2.5 }",
        "{ input = 1 }",
        "{ second = \"hunter2\" }",
        "{ \"Hunter 2\" = \"hunter2\" }",
    ]);
    let settings = prop::collection::btree_map(0..OWN.len(), values, 0..4);
    settings.prop_map(|settings| {
        let lines = settings.into_iter().filter_map(|(which, value)| {
            let (section, key) = OWN.get(which)?;
            Some(format!("{section}.{key} = {value}\n"))
        });
        lines.collect()
    })
}

/// Documents with a few known keys set, most of them loadable.
fn document() -> impl Strategy<Value = Value> {
    let settings = (prop::sample::select(known_paths()), prop_oneof![3 => simple_value(), 1 => any_value()]);
    let names = ("[a-zA-Z0-9_-]{1,8}", "[A-Za-z_-]{1,8}", any::<bool>());
    (prop::collection::vec(settings, 0..4), names, 0..3_i64).prop_map(
        |(settings, (name, header, named), version)| {
            let mut document = json!({ "configVersion": version, name.clone(): version });
            for (path, value) in settings {
                set(&mut document, &path, value);
            }
            if named {
                let profile = ["models".to_owned(), "profiles".to_owned(), name.clone()];
                set(&mut document, &profile, json!({ "kind": "chat", "model": "m", "odd": 1 }));
                let headers = ["providers".to_owned(), name, "extraHeaders".to_owned(), header];
                set(&mut document, &headers, json!("v"));
            }
            document
        },
    )
}

fn set(document: &mut Value, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *document = value;
        return;
    };
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    let Value::Object(object) = document else { return };
    set(object.entry(first.clone()).or_insert(Value::Null), rest, value);
}

fn loaded(text: &str) -> Value {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("config.json"), text).expect("config.json");
    let request = LoadRequest::new(Home::at(folder.path(), None), Environment::default());
    load(&request).map(|loaded| loaded.expose().clone()).expect("accepted by the check")
}

fn migrating_keeps_the_meaning(text: &str) -> Result<(), TestCaseError> {
    let file = Path::new("config.json");
    if check_text("config.json", text).accepted {
        let after = migrate(file, text, Timestamp::UNIX_EPOCH).expect("valid").text_after;
        prop_assert_eq!(loaded(text), loaded(&after), "{}", after);
        let again = migrate(file, &after, Timestamp::UNIX_EPOCH).expect("valid");
        prop_assert_eq!(again.text_after, after);
        prop_assert!(again.changes.is_empty());
    } else {
        prop_assert!(migrate(file, text, Timestamp::UNIX_EPOCH).is_err());
    }
    Ok(())
}

proptest! {
    // Each case loads files several times; 3000 cases were run when this was written.
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_text_gives_a_verdict(text in ".{0,80}", toml in any::<bool>()) {
        let check = check_text(if toml { "config.toml" } else { "config.json" }, &text);
        prop_assert_eq!(check.accepted, check.errors.is_empty());
    }

    #[test]
    fn any_json_gives_a_verdict_and_keeps_its_meaning(value in any_value()) {
        migrating_keeps_the_meaning(&value.to_string())?;
    }

    #[test]
    fn migrated_settings_load_as_they_did_before(document in document()) {
        migrating_keeps_the_meaning(&document.to_string())?;
    }

    #[test]
    fn own_settings_are_taken_as_checked_and_their_secrets_are_in_no_text(toml in own_settings(), key in "[a-z]{0,3}") {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join("config.toml"), &toml).expect("config.toml");
        std::fs::write(folder.path().join("config.json"), json!({ key: 1 }).to_string()).expect("config.json");
        let check = check_text("config.toml", &toml);
        let request = LoadRequest::new(Home::at(folder.path(), None), Environment::default());
        let said = match load(&request) {
            Ok(loaded) => {
                prop_assert!(check.accepted, "{toml}: {check:?}");
                format!("{}{loaded:?}{:?}", loaded.show(), loaded.unknown)
            }
            // What a file by itself cannot know may still be wrong.
            Err(errors) => errors.to_string(),
        };
        if !check.accepted {
            prop_assert!(load(&request).is_err(), "{toml}");
        }
        // Names of chats and profiles stand in messages; keys, and texts that may be addresses, do not.
        let said = format!("{said}{check:?}");
        prop_assert!(!said.contains("hunter2"), "{toml}{said}");
    }

    #[test]
    fn any_variable_gives_a_verdict(name in "NANOBOT_[A-Za-z_]{0,20}", value in ".{0,20}") {
        let request = LoadRequest::new(Home::at("/nonexistent", None), [(name, value)].into_iter().collect());
        let _ = load(&request);
    }
}
