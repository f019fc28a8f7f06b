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
    let mut keys: Vec<String> = older.map(str::to_owned).to_vec();
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
    fn any_variable_gives_a_verdict(name in "NANOBOT_[A-Za-z_]{0,20}", value in ".{0,20}") {
        let request = LoadRequest::new(Home::at("/nonexistent", None), [(name, value)].into_iter().collect());
        let _ = load(&request);
    }
}
