//! After nanobot has worked in a home of the original, the original can still read every file in it.

use std::fs;
use std::path::Path;

use nanobot_tests::{FakeProvider, MODEL, Script};
use serde_json::Value;

use super::harness::Home;

/// Sessions that the original reads, and in whose chats the operator can talk.
const OPERATORS: [(&str, &str); 3] = [
    ("cli:default", "cli_default.jsonl"),
    ("cli:direct", "cli_direct.jsonl"),
    ("cli:long", "cli_long.jsonl"),
];

/// Sessions of networks, which nobody talks in here.
const OTHERS: [&str; 4] = [
    "whatsapp_tools@g.us.jsonl",
    "telegram_123456789.jsonl",
    "discord_998877665544332211.jsonl",
    "feishu_oc_5ad11d72b830411d72b836c20.jsonl",
];

/// A home as the original leaves it, its model at another address.
fn home_of_the_original(provider: &FakeProvider) -> Home {
    let home = Home::empty();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compat");
    let dump = fs::read_to_string(fixtures.join("config/default_dump_snake.json")).unwrap();
    let mut config = camel(serde_json::from_str(&dump).unwrap());
    config["agents"]["defaults"]["model"] = format!("openai/{MODEL}").into();
    config["models"]["profiles"]["assistantDefault"]["model"] = format!("openai/{MODEL}").into();
    config["providers"]["openai"]["apiKey"] = "sk-of-the-original".into();
    config["providers"]["openai"]["apiBase"] = provider.base_url().into();
    home.write("config.json", format!("{config:#}"));
    for name in OPERATORS.iter().map(|(_, name)| name).chain(&OTHERS) {
        home.write(
            &format!("sessions/{name}"),
            fs::read(fixtures.join("sessions/files").join(name)).unwrap(),
        );
    }
    home
}

/// Keys in the spelling of the file. Names of routes have dots and are kept.
fn camel(value: Value) -> Value {
    let spell = |key: String| {
        if key.contains('.') {
            return key;
        }
        let mut words = key.split('_');
        let first = words.next().unwrap().to_owned();
        words.fold(first, |key, word| key + &word[..1].to_uppercase() + &word[1..])
    };
    match value {
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (spell(key), camel(value))).collect(),
        Value::Array(items) => items.into_iter().map(camel).collect(),
        other => other,
    }
}

/// A line of a session file, read as the original reads it: one object, ASCII only.
#[track_caller]
fn read_strictly(line: &str) -> Value {
    assert!(line.is_ascii(), "not escaped: {line}");
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
    assert!(value.is_object(), "{line}");
    value
}

/// A naive local time as the original writes it.
fn is_naive_time(value: &Value) -> bool {
    let shape =
        |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect::<String>();
    let shape = value.as_str().map(shape);
    matches!(shape.as_deref(), Some("9999-99-99T99:99:99" | "9999-99-99T99:99:99.999999"))
}

/// The rules of the format: metadata first and only there, then messages, each line closed.
#[track_caller]
fn check_session(text: &str) {
    let body = text.strip_suffix('\n').expect("the last line is closed");
    let mut lines = body.split('\n').map(read_strictly);
    let first = lines.next().unwrap();
    let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["_type", "created_at", "updated_at", "metadata"], "{first}");
    assert!(first["_type"] == "metadata" && first["metadata"].is_object(), "{first}");
    assert!(is_naive_time(&first["created_at"]) && is_naive_time(&first["updated_at"]), "{first}");
    for line in lines {
        let keys: Vec<&String> = line.as_object().unwrap().keys().take(3).collect();
        assert_eq!(keys, ["role", "content", "timestamp"], "{line}");
        assert!(line["role"].is_string() && is_naive_time(&line["timestamp"]), "{line}");
    }
}

fn without_first_line(text: &str) -> &str {
    text.split_once('\n').unwrap().1
}

#[test]
fn the_original_can_read_every_file_that_nanobot_has_worked_on() {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = home_of_the_original(&provider);
    let config = home.read("config.json");
    let sessions = |home: &Home| OPERATORS.map(|(_, name)| home.read(&format!("sessions/{name}")));
    let others = |home: &Home| OTHERS.map(|name| home.read(&format!("sessions/{name}")));
    let (before, others_before) = (sessions(&home), others(&home));
    for text in &before {
        check_session(text);
    }

    let daemon = home.daemon();
    let said = "Grüße\u{2028}🎉 and \\ and \"quotes\"";
    for (key, _) in OPERATORS {
        let ran = home.cli(&["chat", "-s", key, "-m", said]).exits(0);
        assert_eq!(ran.stdout, format!("{said}\n"));
    }
    home.cli(&["session", "list", "--json"]).exits(0);
    home.cli(&["config", "show"]).exits(0);
    daemon.stop();
    assert_eq!(
        home.cli(&["chat", "-s", "direct", "-m", "without a daemon"]).exits(0).stdout,
        "without a daemon\n"
    );

    assert_eq!(home.read("config.json"), config, "a load wrote to config.json");
    let backups = home.files().iter().filter(|(path, _)| path.to_string_lossy().contains("backup")).count();
    assert_eq!(backups, 0, "a load made a backup");
    assert_eq!(others(&home), others_before, "a session that nobody spoke in changed");
    let after = sessions(&home);
    for (old, new) in before.iter().zip(&after) {
        check_session(new);
        let (old, new) = (without_first_line(old), without_first_line(new));
        let added = new.strip_prefix(old).unwrap_or_else(|| panic!("earlier lines changed:\n{new}"));
        let words: Vec<Value> = added.lines().map(|line| read_strictly(line)["content"].clone()).collect();
        assert_eq!(words[..2], [said, said]);
    }

    home.cli(&["session", "reset", "cli:direct", "--yes"]).exits(0);
    let emptied = home.read("sessions/cli_direct.jsonl");
    check_session(&emptied);
    assert_eq!(emptied.lines().count(), 1);
}

#[test]
fn the_history_of_the_original_reaches_the_model() {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = home_of_the_original(&provider);
    let earlier = home.conversation("cli:direct");
    home.cli(&["chat", "-s", "cli:direct", "-m", "and now?"]).exits(0);
    let asked = provider.requests()[0].json();
    let contents: Vec<&str> = asked["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|message| message["content"].as_str())
        .collect();
    for (_, words) in earlier {
        assert!(contents.contains(&words.as_str()), "the model was not told {words:?}");
    }
}

#[test]
fn a_torn_session_costs_the_torn_line_only() {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = home_of_the_original(&provider);
    let whole = home.read("sessions/cli_direct.jsonl");
    let torn = format!("{whole}{{\"role\": \"assistant\", \"content\": \"half of");
    home.write("sessions/cli_direct.jsonl", &torn);
    let said = home.cli(&["chat", "-s", "cli:direct", "-m", "still there?"]).exits(0);
    assert_eq!(said.stdout, "still there?\n");
    let after = home.read("sessions/cli_direct.jsonl");
    assert!(without_first_line(&after).starts_with(without_first_line(&torn)), "bytes are gone:\n{after}");
    let words: Vec<String> = home.conversation("cli:direct").into_iter().map(|(_, words)| words).collect();
    assert_eq!(words[words.len() - 2..], ["still there?", "still there?"]);
    assert_eq!(words.len(), whole.lines().count() - 1 + 2);
}
