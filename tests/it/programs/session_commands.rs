//! `session …`, on files that two turns have left, with and without a daemon.

use std::os::unix::fs::PermissionsExt as _;

use nanobot_tests::{FakeProvider, Script};
use serde_json::{Value, json};

use super::harness::Home;

/// A home in which two messages were answered with themselves.
fn talked() -> (FakeProvider, Home) {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = Home::with_provider(&provider);
    let ran = home.cli_with_input(&["chat"], b"one\ntwo\n").exits(0);
    assert_eq!(ran.stdout, "one\ntwo\n", "{ran:?}");
    (provider, home)
}

fn stdout(home: &Home, args: &[&str]) -> String {
    let ran = home.cli(args).exits(0);
    assert_eq!(ran.stderr, "");
    home.redact(&ran.stdout)
}

#[test]
fn what_listing_and_showing_print() {
    let (_provider, home) = talked();
    insta::assert_snapshot!(stdout(&home, &["session", "list"]), @"
    SESSION      MESSAGES  LAST USED
    cli:default  4         TIME
    ");
    insta::assert_snapshot!(stdout(&home, &["session", "list", "--json"]), @r#"
    {
      "sessions": [
        {
          "session": "cli:default",
          "messages": 4,
          "created_at": "TIME",
          "updated_at": "TIME",
          "file": "cli_default.jsonl"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(stdout(&home, &["session", "list", "--jsonl"]), @r#"{"session":"cli:default","messages":4,"created_at":"TIME","updated_at":"TIME","file":"cli_default.jsonl"}"#);
    insta::assert_snapshot!(stdout(&home, &["session", "show", "cli:default"]), @"
    user: one
    assistant: one
    user: two
    assistant: two
    ");
    insta::assert_snapshot!(stdout(&home, &["session", "show", "cli:default", "-n", "1", "--json"]), @r#"
    {
      "session": "cli:default",
      "messages": [
        {
          "role": "assistant",
          "content": "two",
          "labels": "owner"
        }
      ]
    }
    "#);
}

#[test]
fn what_inspecting_and_exporting_print() {
    let (_provider, home) = talked();
    let file = home.path("sessions/cli_default.jsonl").display().to_string();
    insta::assert_snapshot!(stdout(&home, &["session", "inspect", &file]), @r#"{"file":"~/.nanobot/sessions/cli_default.jsonl","messages":4,"metadata":{"nanobot_key":"cli:default"},"history":[{"role":"user","content":"one"},{"role":"assistant","content":"one"},{"role":"user","content":"two"},{"role":"assistant","content":"two"}],"problems":[]}"#);
    assert_eq!(
        home.cli(&["session", "export", "cli:default"]).stdout,
        home.read("sessions/cli_default.jsonl")
    );
    insta::assert_snapshot!(stdout(&home, &["session", "export", "cli:default"]), @r#"
    {"_type": "metadata", "created_at": "TIME", "updated_at": "TIME", "metadata": {"nanobot_key": "cli:default"}}
    {"role": "user", "content": "one", "timestamp": "TIME", "nanobot_label": "owner"}
    {"role": "assistant", "content": "one", "timestamp": "TIME", "nanobot_label": "owner"}
    {"role": "user", "content": "two", "timestamp": "TIME", "nanobot_label": "owner"}
    {"role": "assistant", "content": "two", "timestamp": "TIME", "nanobot_label": "owner"}
    "#);
    insta::assert_snapshot!(stdout(&home, &["session", "export", "cli:default", "--format", "markdown"]), @"
    # cli:default

    **user**

    one

    **assistant**

    one

    **user**

    two

    **assistant**

    two
    ");
    let missing = home.cli(&["session", "inspect", &file, "no-such-file"]).exits(65);
    insta::assert_snapshot!(missing.stdout.lines().last().unwrap(), @r#"{"file":"no-such-file","error":{"code":"unreadable","message":"cannot read no-such-file: No such file or directory (os error 2)"}}"#);
}

#[test]
fn what_is_exported_is_the_file_that_counts_and_not_the_newer_one() {
    let (_provider, home) = talked();
    let saved = "{\"role\": \"user\", \"content\": \"saved from elsewhere\"}\n";
    home.write("data/sessions/cli_default.jsonl", saved);
    let exported = home.cli(&["session", "export", "default"]).exits(0);
    assert_eq!(exported.stdout, home.read("sessions/cli_default.jsonl"));
    assert!(!exported.stdout.contains("elsewhere"), "{exported:?}");
}

#[test]
fn an_empty_home_has_no_sessions_and_says_so() {
    let home = Home::empty();
    let list = home.cli(&["session", "list"]).exits(0);
    assert_eq!(
        (list.stdout.as_str(), list.one_line()),
        ("", "no conversations yet; start one with nanobot-cli chat")
    );
    assert_eq!(home.cli(&["session", "list", "--json"]).exits(0).json(), json!({"sessions": []}));
    assert_eq!(home.cli(&["session", "list", "--jsonl"]).exits(0).stdout, "");
    for command in ["show", "export", "reset"] {
        let ran = home.cli(&["session", command, "cli:nope"]).exits(1);
        assert_eq!(
            (ran.stdout.as_str(), ran.stderr.as_str()),
            ("", "nanobot-cli: there is no session cli:nope\n")
        );
    }
}

#[test]
fn a_short_name_is_a_conversation_of_the_terminal() {
    let (_provider, home) = talked();
    let whole = stdout(&home, &["session", "show", "cli:default"]);
    assert_eq!(stdout(&home, &["session", "show", "default"]), whole);
    assert_eq!(stdout(&home, &["session", "show"]), whole);
    assert_eq!(
        stdout(&home, &["session", "export", "default"]),
        stdout(&home, &["session", "export", "cli:default"])
    );
    let nope = home.cli(&["session", "show", "nope"]).exits(1);
    assert_eq!(nope.one_line(), "nanobot-cli: there is no session cli:nope");
    let done = home.cli(&["session", "reset", "default", "--yes"]).exits(0);
    assert_eq!(done.stdout, "4 messages of cli:default were forgotten\n");
}

#[test]
fn forgetting_in_a_home_that_is_not_there_makes_none() {
    let home = Home::empty();
    let ran = home.cli(&["session", "reset", "default", "--yes"]).exits(1);
    assert_eq!(ran.one_line(), "nanobot-cli: there is no session cli:default");
    assert!(!home.root().exists());
}

/// Forgets over one of the two ways and checks what is left.
fn forgets(home: &Home, via: &str) {
    let file = "sessions/cli_default.jsonl";
    let before = home.read(file);
    let dry = home.cli(&["session", "reset", "cli:default", "--dry-run"]).exits(0);
    assert_eq!(dry.stdout, "4 messages of cli:default would be forgotten\n");
    let dry = home.cli(&["session", "reset", "cli:default", "--dry-run", "--json"]).exits(0);
    assert_eq!(dry.json(), json!({"session": "cli:default", "would_forget": 4}));
    let unasked = home.cli(&["session", "reset", "cli:default"]).exits(1);
    assert_eq!(unasked.one_line(), "nothing was forgotten (use --yes where nobody can be asked)");
    assert_eq!(home.read(file), before);
    assert_eq!(home.audit(), Vec::<Value>::new(), "nothing happened yet");

    let done = home.cli(&["session", "reset", "cli:default", "--yes", "--json"]).exits(0);
    assert_eq!(done.json(), json!({"session": "cli:default", "forgotten": 4}));
    assert_eq!(home.conversation("cli:default"), []);
    let missing = home.cli(&["session", "reset", "cli:nope", "--yes"]).exits(1);
    assert_eq!(missing.one_line(), "nanobot-cli: there is no session cli:nope");

    let row = |target, result| {
        let actor = format!("local:uid={}", rustix::process::getuid().as_raw());
        json!({"v": 1, "actor": actor, "via": via, "action": "session.reset", "target": target, "result": result})
    };
    assert_eq!(home.audit(), [row("cli:default", "done"), row("cli:nope", "refused")]);
    let mode = home.path("audit/admin.jsonl").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn forgetting_without_a_daemon_is_written_down() {
    let (_provider, home) = talked();
    forgets(&home, "cli");
}

#[test]
fn forgetting_through_the_daemon_is_written_down() {
    let (provider, home) = talked();
    let daemon = home.daemon();
    forgets(&home, "socket");
    let before = provider.requests().len();
    assert_eq!(home.talk().ask("three").delivered, ["three"]);
    let asked = provider.requests()[before].json().to_string();
    assert!(!asked.contains("two"), "the model was told what is forgotten: {asked}");
    daemon.stop();
}
