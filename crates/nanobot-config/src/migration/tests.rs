//! Migration on disk, and what the text looks like.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn migrated(text: &str) -> Migration {
    migrate(Path::new("config.json"), text, AT).expect("valid")
}

#[test]
fn writing_leaves_a_private_file_and_a_private_backup() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("config.json");
    fs::write(&file, "{}").expect("config");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("mode");
    let migration = migrated("{}");
    let backup = write_migration(&file, &migration).expect("written").expect("a backup");
    assert_eq!(backup, folder.path().join("config.backup.19700101-000000.json"));
    assert_eq!(fs::read_to_string(&backup).expect("backup"), "{}");
    assert_eq!(fs::read_to_string(&file).expect("config"), migration.text_after);
    for path in [&file, &backup] {
        assert_eq!(fs::metadata(path).expect("file").permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 2, "no temporary file stays");
}

#[test]
fn a_file_that_changed_or_backups_without_a_free_name_stop_the_write() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("config.json");
    fs::write(&file, "{ }").expect("config");
    let error = write_migration(&file, &migrated("{}")).expect_err("changed");
    assert_eq!((error.exit_code(), error.to_string().ends_with("changed since it was read")), (75, true));
    fs::write(&file, "{}").expect("config");
    let numbers = std::iter::once(String::new()).chain((2..=100).map(|number| format!("-{number}")));
    for number in numbers {
        let backup = format!("config.backup.19700101-000000{number}.json");
        fs::write(folder.path().join(backup), "other").expect("backup");
    }
    let error = write_migration(&file, &migrated("{}")).expect_err("every name is taken");
    assert_eq!(error.exit_code(), 73);
    assert_eq!(fs::read_to_string(&file).expect("config"), "{}");
}

#[test]
fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().expect("folder");
    let (real, link) = (folder.path().join("real.json"), folder.path().join("config.json"));
    fs::write(&real, "{}").expect("config");
    std::os::unix::fs::symlink(&real, &link).expect("link");
    write_migration(&link, &migrated("{}")).expect("written");
    assert!(fs::symlink_metadata(&link).expect("link").is_symlink());
    assert!(fs::read_to_string(&real).expect("config").contains("configVersion"));
}

#[test]
fn a_migrated_file_has_nothing_left_to_do() {
    let first = migrated(r#"{"foo":{"b_c":1},"channels":{"whatsapp":{"bridgeUrl":"ws://H:1","x":[]}}}"#);
    let second = migrated(&first.text_after);
    assert_eq!(second.text_after, first.text_after);
    assert_eq!((second.changes, second.backup_name), (Vec::new(), None));
    assert!(first.changes.iter().any(|note| note.path.to_string() == "channels.whatsapp.bridgePort"));
}

#[test]
fn unknown_keys_and_names_survive() {
    let text = r#"{"foo":{"b_c":1},"providers":{"my_llm":{"apiKey":"k","extraHeaders":{"APP-Code":"x","X_C":"y"},"odd":1}},
        "models":{"profiles":{"fast_gpt4o":{"kind":"chat","zap":true}},"routes":{"assistant.reply":"fast_gpt4o"}}}"#;
    let after: serde_json::Value = serde_json::from_str(&migrated(text).text_after).expect("json");
    assert_eq!(after["foo"], serde_json::json!({ "b_c": 1 }));
    assert_eq!(
        after["providers"]["myLlm"],
        serde_json::json!({ "apiKey": "k", "extraHeaders": { "APP-Code": "x", "X_C": "y" }, "odd": 1 })
    );
    assert_eq!(after["models"]["profiles"]["fast_gpt4o"]["zap"], serde_json::json!(true));
    assert_eq!(after["models"]["routes"]["assistant.reply"], "fast_gpt4o");
}

/// serde_json reads floats to within one unit in the last place unless `float_roundtrip` is on.
#[test]
fn a_rewritten_number_is_the_number_that_was_read() {
    let first = migrated(r#"{"x":-1.668819017986849e-103}"#);
    assert!(first.text_after.ends_with("\"x\": -1.668819017986849e-103\n}"), "{}", first.text_after);
}

#[test]
fn keys_of_ours_are_never_added_to_a_file() {
    let after: serde_json::Value = serde_json::from_str(&migrated("{}").text_after).expect("json");
    for pointer in [
        "/budget",
        "/telemetry",
        "/api",
        "/model",
        "/models/chats",
        "/models/profiles/assistantDefault/fallback",
        "/models/profiles/assistantDefault/cooldownSeconds",
        "/models/profiles/assistantDefault/price",
        "/providers/openai/keys",
        "/providers/openai/concurrency",
    ] {
        assert_eq!(after.pointer(pointer), None, "{pointer}");
    }
}

/// Later states of the original have the two in their profiles.
#[test]
fn fallbacks_of_a_newer_original_are_kept_where_they_stand() {
    let text = r#"{"models":{"profiles":{
        "myBig":{"kind":"chat","fallback":["my_fast"],"cooldown_seconds":"5"},"my_fast":{"kind":"chat"}
    }}}"#;
    let first = migrated(text);
    let after: serde_json::Value = serde_json::from_str(&first.text_after).expect("json");
    let big = &after["models"]["profiles"]["myBig"];
    assert_eq!(big["fallback"], serde_json::json!(["my_fast"]));
    assert_eq!(big["cooldownSeconds"], serde_json::json!(5));
    assert_eq!(after["models"]["profiles"]["myFast"].get("fallback"), None);
    assert_eq!(migrated(&first.text_after).backup_name, None);
}

/// They are reported as settings of `config.toml`, and not lost.
#[test]
fn keys_of_ours_in_the_wrong_file_stay_there_as_they_are() {
    let text = r#"{"budget":{"dayDollars":1},"providers":{"openai":{"keys":{"second":"sk"}}}}"#;
    let after: serde_json::Value = serde_json::from_str(&migrated(text).text_after).expect("json");
    assert_eq!(after["budget"], serde_json::json!({ "dayDollars": 1 }));
    assert_eq!(after["providers"]["openai"]["keys"], serde_json::json!({ "second": "sk" }));
}
