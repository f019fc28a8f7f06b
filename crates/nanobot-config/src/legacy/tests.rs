//! Older shapes, step by step.

use serde_json::json;

use super::*;

fn upgrade(document: &Value) -> (Value, Legacy) {
    let Value::Object(mut object) = document.clone() else { panic!("an object") };
    let legacy = before_reading(&mut object, &Origin::Default);
    (Value::Object(object), legacy)
}

#[test]
fn versions_are_read_with_the_tolerance_of_the_original() {
    for (value, version) in [
        (json!("1"), 1),
        (json!("2"), 2),
        (json!(2.0), 2),
        (json!(2.9), 2),
        (json!(true), 1),
        (json!("x"), 1),
        (json!("2.0"), 1),
        (json!(null), 1),
        (json!([2]), 1),
        (json!(-1), -1),
        (json!(3), 3),
    ] {
        assert_eq!(upgrade(&json!({ "configVersion": value })).1.version, version, "{value}");
    }
    assert_eq!(upgrade(&json!({ "config_version": 2 })).1.version, 2);
    assert_eq!(upgrade(&json!({})).1.version, 1);
}

#[test]
fn short_keys_of_the_sandbox_move_below_isolation() {
    let old =
        json!({ "tools": { "exec": { "isolationEnabled": false, "isolation": { "allowlist": "/a" } } } });
    let new = json!({ "tools": { "exec": { "isolation": { "enabled": false, "allowlistPath": "/a" } } } });
    assert_eq!(upgrade(&old).0, new);
}

#[test]
fn a_key_that_is_there_is_not_replaced_in_either_spelling() {
    let both =
        json!({ "tools": { "restrict_to_workspace": false, "exec": { "restrictToWorkspace": true } } });
    assert_eq!(upgrade(&both).0, both);
    let both =
        json!({ "tools": { "exec": { "isolationEnabled": false, "isolation": { "enabled": true } } } });
    assert_eq!(upgrade(&both).0, both);
    let both = json!({ "channels": { "whatsapp": {
        "bridgeUrl": "ws://h:1", "bridge_host": "keep", "bridgePort": 2
    } } });
    assert_eq!(upgrade(&both).0, both);
}

#[test]
fn a_bad_bridge_address_is_refused_without_being_quoted() {
    for url in ["ws://me:hunter2@h:99999/?token=abc", "//me:hunter2@h:x", "ws://[::1?token=abc"] {
        let (_, legacy) = upgrade(&json!({ "channels": { "whatsapp": { "bridgeUrl": url } } }));
        let errors: Vec<String> = legacy.errors.iter().map(|error| error.fault.to_string()).collect();
        assert_eq!(errors, ["expected an address with a port from 0 to 65535, found a text"]);
    }
}

#[test]
fn newer_memory_keys_replace_older_ones_as_a_whole() {
    let old = json!({
        "memory": { "recall": { "maxResults": 9 }, "mode": "shadow" },
        "memory2": { "recall": { "maxPromptChars": 1 }, "odd": 5 },
    });
    let new = json!({
        "memory": { "mode": "shadow", "recall": { "maxPromptChars": 1 } },
        "memory2": { "odd": 5 },
    });
    assert_eq!(upgrade(&old).0, new);
    let text = json!({ "memory2": 5 });
    assert_eq!(upgrade(&text).0, text);
}

#[test]
fn values_that_give_way_to_defaults_are_reported() {
    let (document, legacy) = upgrade(&json!({ "tools": "x", "security": { "stages": false } }));
    assert_eq!(document, json!({ "security": {} }));
    let notes: Vec<String> =
        legacy.replaced.iter().map(|note| format!("{}: {}", note.path, note.what)).collect();
    assert_eq!(
        notes,
        [
            "tools: expected an object, found a text; the defaults are used",
            "security.stages: expected an object, found a boolean; the defaults are used",
        ]
    );
}

#[test]
fn the_assistants_profile_takes_the_model_of_the_agents() {
    let mut tree = json!({ "agents": { "defaults": { "model": "z/z" } } });
    after_reading(&mut tree, CURRENT_VERSION);
    assert_eq!(tree["models"]["profiles"]["assistant_default"]["model"], "z/z");
    let mut tree = json!({ "models": { "profiles": { "assistant_default": { "model": "" } } } });
    after_reading(&mut tree, CURRENT_VERSION);
    assert_eq!(tree["models"]["profiles"]["assistant_default"], json!({}));
    let mut tree = json!({ "agents": { "defaults": { "model": " " } } });
    after_reading(&mut tree, CURRENT_VERSION);
    assert_eq!(tree.get("models"), None);
}
