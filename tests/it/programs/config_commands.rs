//! `config …`: what it prints, and what it writes.

use std::os::unix::fs::PermissionsExt as _;

use nanobot_tests::{FakeProvider, Script};
use serde_json::{Value, json};

use super::harness::{Home, KEY};

const MIGRATABLE: &str =
    r#"{"agents": {"defaults": {"model": "openai/x"}}, "providers": {"openai": {"apiKey": "sk-moves"}}}"#;

#[test]
fn showing_hides_secrets_and_names_sources() {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = Home::with_provider(&provider).with_variable("GROQ_API_KEY", "gsk-from-outside");
    let shown = home.cli(&["config", "show"]).exits(0);
    assert!(!shown.stdout.contains(KEY) && !shown.stdout.contains("gsk-from-outside"));
    assert!(shown.json()["channels"].is_object());
    let value = |key: &str| home.cli(&["config", "show", key]).exits(0).json();
    assert_eq!(value("model.idle_timeout_ms"), 400);
    assert_eq!(value("agents.defaults.maxToolIterations"), 20);
    let source = |key: &str| home.redact(&home.cli(&["config", "show", key, "--source"]).exits(0).stdout);
    insta::assert_snapshot!(source("model.idle_timeout_ms"), @r#"
    {
      "key": "model.idle_timeout_ms",
      "value": 400,
      "source": "~/.nanobot/config.toml"
    }
    "#);
    insta::assert_snapshot!(source("providers.openai.api_key"), @r#"
    {
      "key": "providers.openai.api_key",
      "value": "[secret]",
      "source": "~/.nanobot/config.json"
    }
    "#);
    insta::assert_snapshot!(source("providers.groq.api_key"), @r#"
    {
      "key": "providers.groq.api_key",
      "value": "[secret]",
      "source": "variable GROQ_API_KEY"
    }
    "#);
    insta::assert_snapshot!(source("daemon.lane_queue"), @r#"
    {
      "key": "daemon.lane_queue",
      "value": 64,
      "source": "built-in default"
    }
    "#);
    let nothing = home.cli(&["config", "show", "no.such.key"]).exits(1);
    assert!(nothing.one_line().contains("there is no setting no.such.key"));
}

#[test]
fn paths_and_the_schema() {
    let home = Home::empty();
    insta::assert_snapshot!(home.redact(&home.cli(&["config", "path", "--json"]).exits(0).stdout), @r#"
    {
      "home": "~/.nanobot",
      "config": "~/.nanobot/config.json",
      "config_toml": "~/.nanobot/config.toml",
      "env": "~/.nanobot/.env",
      "policy": "~/.nanobot/policy.json",
      "sessions": "~/.nanobot/sessions",
      "socket": "~/.nanobot/var/run/nanobot.sock"
    }
    "#);
    let schema = home.cli(&["config", "schema"]).exits(0).json();
    assert_eq!(schema["type"], "object");
    assert!(schema["properties"]["providers"].is_object(), "{schema}");
    assert!(!home.root().exists());
}

#[test]
fn checking_accepts_warns_and_refuses() {
    let home = Home::empty();
    home.write("config.json", r#"{"configVersion": 2, "channels": {"telegram": {"shiny": 1}}}"#);
    let checked = |args: &[&str], code| home.redact(&home.cli(args).exits(code).stdout);
    insta::assert_snapshot!(checked(&["config", "check"], 0), @"
    built-in default: accepted
    ~/.nanobot/config.json: accepted
    ~/.nanobot/config.json: channels.telegram.shiny is not a setting and is kept as it is
    ");
    insta::assert_snapshot!(checked(&["config", "check", "--jsonl"], 0), @r#"{"file":"~/.nanobot/config.json","accepted":true,"errors":[],"unknown":["~/.nanobot/config.json: channels.telegram.shiny is not a setting and is kept as it is"]}"#);
    home.write("bad.json", r#"{"gateway": {"port": "many"}}"#);
    home.write("torn.json", "{\n  \"gateway\": {");
    let files = ["config.json", "bad.json", "torn.json"].map(|name| home.path(name).display().to_string());
    let [good, bad, torn] = &files;
    insta::assert_snapshot!(checked(&["config", "check", good, bad, torn], 64), @r#"
    ~/.nanobot/config.json: accepted
      channels.telegram.shiny: unknown, kept
    ~/.nanobot/bad.json: REFUSED
      gateway.port: expected an integer from 0 to 65535, found a text "many"
    ~/.nanobot/torn.json: REFUSED
      : EOF while parsing an object at line 2, column 14
    "#);
    insta::assert_snapshot!(checked(&["config", "check", "--jsonl", good, bad, torn], 64), @r#"
    {"file":"~/.nanobot/config.json","accepted":true,"migrated":false,"errors":[],"unknown":["channels.telegram.shiny"]}
    {"file":"~/.nanobot/bad.json","accepted":false,"migrated":false,"errors":[{"path":"gateway.port","message":"expected an integer from 0 to 65535, found a text \"many\""}],"unknown":[]}
    {"file":"~/.nanobot/torn.json","accepted":false,"migrated":false,"errors":[{"path":"","message":"EOF while parsing an object at line 2, column 14"}],"unknown":[]}
    "#);
    insta::assert_snapshot!(checked(&["config", "check", "--jsonl", "no-such-file"], 65), @r#"{"file":"no-such-file","error":{"code":"unreadable","message":"No such file or directory (os error 2)"}}"#);
}

#[test]
fn checking_a_home_looks_at_all_that_a_start_looks_at() {
    let home = Home::empty();
    let line = |home: &Home| home.redact(&home.cli(&["config", "check", "--jsonl"]).exits(64).stdout);
    home.write("config.json", r#"{"models": {"profiles": {"assistantDefault": {"provider": "opnai"}}}}"#);
    let said = home.cli(&["config", "check"]).exits(64);
    assert!(said.one_line().contains(r#"names provider "opnai""#), "{said:?}");
    assert!(
        line(&home)
            .starts_with(r#"{"file":"~/.nanobot/config.json","accepted":false,"errors":[{"path":"models","#)
    );
    home.write("config.json", "{}");
    home.write("config.toml", "[log]\nfilter = \"=info=\"\n");
    let said = home.cli(&["config", "check"]).exits(64);
    assert!(said.one_line().starts_with("nanobot-cli: log.filter"), "{said:?}");
    home.write("config.toml", "");
    home.write("config.json", " ");
    insta::assert_snapshot!(line(&home), @r#"{"file":"~/.nanobot/config.json","accepted":false,"errors":[{"path":"","message":"the file is empty; put {} into it or delete it"}],"unknown":[]}"#);
}

#[test]
fn migrating_prints_first_and_writes_only_when_told() {
    let home = Home::empty();
    home.write("config.json", MIGRATABLE);
    let printed = home.cli(&["config", "migrate"]).exits(0);
    assert_eq!(printed.json()["configVersion"], 2);
    assert_eq!(home.read("config.json"), MIGRATABLE);
    home.cli(&["config", "migrate", "--write"]).exits(0);
    assert_eq!(home.read("config.json"), printed.stdout.trim_end());
    let backup = backup(&home);
    assert_eq!(home.read(&backup), MIGRATABLE);
    assert_eq!(rows(&home), [("config.migrate".to_owned(), "done".to_owned())]);
    let again = home.cli(&["config", "migrate", "--write"]).exits(0);
    assert!(again.one_line().ends_with("has today's form already"), "{again:?}");
}

#[test]
fn keys_move_into_the_environment_file() {
    let home = Home::empty();
    home.write("config.json", MIGRATABLE);
    let plan = home.cli(&["config", "migrate-to-env"]).exits(0);
    assert_eq!(plan.stdout, "providers.openai.api_key -> OPENAI_API_KEY\n");
    assert!(!home.has(".env"));
    home.cli(&["config", "migrate-to-env", "--write"]).exits(0);
    assert!(home.read(".env").contains("OPENAI_API_KEY"), "{}", home.read(".env"));
    let mode = home.path(".env").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!home.read("config.json").contains("sk-moves"));
    assert_eq!(home.read(&backup(&home)), MIGRATABLE);
    assert_eq!(rows(&home), [("config.migrate_to_env".to_owned(), "done".to_owned())]);
    let after: Value = serde_json::from_str(&home.read("config.json")).unwrap();
    let before: Value = serde_json::from_str(&MIGRATABLE.replace("sk-moves", "")).unwrap();
    assert_eq!(after, before, "only the key has gone");
    let source = home.cli(&["config", "show", "providers.openai.api_key", "--source"]).exits(0).json();
    assert_eq!(source["source"], "variable OPENAI_API_KEY from .env");
    let again = home.cli(&["config", "migrate-to-env", "--write"]).exits(1);
    assert!(again.one_line().contains("it exists"), "{again:?}");
}

/// The one backup in the home.
fn backup(home: &Home) -> String {
    let files = home.files();
    let names = files.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap());
    let mut backups = names.filter(|name| name.starts_with("config.backup."));
    let backup = backups.next().expect("a backup").to_owned();
    assert_eq!(backups.next(), None);
    backup
}

fn rows(home: &Home) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for row in home.audit() {
        assert_eq!(row["via"], json!("cli"));
    }
    home.audit().iter().map(|row| (text(&row["action"]), text(&row["result"]))).collect()
}
