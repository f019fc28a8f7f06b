//! The original's recorded cases, and what ours adds.

use serde_json::json;

use super::*;

fn redaction() -> LogRedaction {
    LogRedaction::load().expect("the packs are in order")
}

#[test]
fn telling_keys_and_secrets_in_texts_are_blanked_at_every_depth() {
    let context = json!({
        "api_key": "x", "Token": "y", "chat": "ok", "author": "auth is in the word", "n": 5,
        "nested": {"password": 1, "l": ["sk-aaaaaaaaaaaaaaaaaaaaaaaaa", {"cookie": 2}]},
        "t": ["Bearer abc.def"],
    });
    let clean = redaction().log_context(&context);
    let expected = json!({
        "api_key": "[REDACTED]", "Token": "[REDACTED]", "chat": "ok", "author": "[REDACTED]", "n": 5,
        "nested": {"password": "[REDACTED]", "l": ["[REDACTED]", {"cookie": "[REDACTED]"}]},
        "t": ["[REDACTED]"],
    });
    assert_eq!(clean, expected);
}

#[test]
fn long_texts_are_cut_by_characters() {
    let clean = redaction().log_context(&json!("ü".repeat(600)));
    assert_eq!(clean, json!(format!("{}...(truncated)", "ü".repeat(512))));
    assert_eq!(redaction().log_context(&json!("z".repeat(512))), json!("z".repeat(512)));
}

#[test]
fn a_log_names_files_as_they_are() {
    let path = json!("reading ~/.nanobot/workspace/SOUL.md");
    assert_eq!(redaction().log_context(&path), path);
}

#[test]
fn a_value_without_a_floor_is_cut_off() {
    let mut deep = json!("sk-aaaaaaaaaaaaaaaaaaaaaaaaa");
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert!(redaction().log_context(&deep).to_string().contains("[REDACTED]"));
}
