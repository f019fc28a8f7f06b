//! `onboard`: what it writes, and that what it says will answer is what answers.

use std::net::TcpListener;

use nanobot_tests::{FakeProvider, MODEL, Script};
use serde_json::{Value, json};

use super::super::harness::Home;

fn config(home: &Home) -> Value {
    serde_json::from_str(&home.read("config.json")).unwrap()
}

/// The last lines of what `onboard` says: who answers, and where the settings are.
fn verdict(home: &Home, args: &[&str], code: i32) -> String {
    let ran = home.cli(&[&["onboard"], args].concat()).exits(code);
    home.redact(ran.stderr.lines().rev().nth(1).unwrap_or(&ran.stderr))
}

/// An address on which nothing answers.
fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}/v1")
}

#[test]
fn a_server_that_was_chosen_answers_also_when_there_are_keys() {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home =
        Home::empty().with_variable("OPENAI_API_KEY", "sk-cloud").with_variable("ANTHROPIC_API_KEY", "k");
    let base = provider.base_url();
    let said = verdict(&home, &["--model", MODEL, "--base-url", &base], 0);
    assert_eq!(said, format!("{MODEL} (vllm, {base}) will answer."));
    let entry = json!({"model": MODEL, "provider": "vllm", "kind": "chat"});
    assert_eq!(config(&home).pointer("/models/profiles/assistantDefault"), Some(&entry));
    assert_eq!(home.cli(&["chat", "-m", "hi"]).exits(0).stdout, "hi\n");
    assert_eq!(provider.requests().last().unwrap().header("authorization"), None);
    // Without an address the name decides again, and whoever asked the server is told.
    let ran = home.cli(&["onboard", "--model", "gpt-4o-mini"]).exits(0);
    let will = "gpt-4o-mini (openai, https://api.openai.com/v1) will answer.";
    assert!(ran.stderr.contains(&format!("no longer asked: {base}\n{will}\n")), "{ran:?}");
    let again = home.cli(&["onboard", "--model", "gpt-4o-mini"]).exits(0);
    assert!(!again.stderr.contains("no longer asked"), "{again:?}");
    assert_eq!(config(&home).pointer("/models/profiles/assistantDefault/provider"), None);
}

#[test]
fn nothing_is_what_answers_when_nothing_was_chosen() {
    let home = Home::empty().with_variable("OPENAI_API_KEY", "sk-cloud");
    let said = verdict(&home, &["--model", "offline"], 0);
    assert!(said.starts_with("The offline stand-in will answer"), "{said}");
    let answer = home.cli(&["chat", "-m", "hi"]).exits(0);
    assert!(answer.stdout.starts_with("I am not a language model"), "{answer:?}");
}

#[test]
fn a_home_made_without_a_key_takes_one_that_comes_later() {
    let home = Home::empty();
    home.cli(&["chat", "-m", "hi"]).exits(0);
    home.write(".env", "GROQ_API_KEY=gsk\n");
    let status = home.cli(&["status", "--json"]).exits(0).json();
    assert_eq!(
        (&status["model"]["provider"], status["model"]["is_language_model"].clone()),
        (&json!("groq"), json!(true))
    );
}

#[test]
fn what_cannot_answer_yet_is_told_with_the_next_step() {
    let home = Home::empty();
    let said = verdict(&home, &["--model", "groq/llama-3.3-70b-versatile"], 0);
    insta::assert_snapshot!(said, @"groq/llama-3.3-70b-versatile is set, but cannot answer yet: there is no key for groq; put GROQ_API_KEY=… into ~/.nanobot/.env");
    let base = nobody();
    let said = verdict(&home, &["--model", "qwen3", "--base-url", &base], 0).replace(&base, "URL");
    insta::assert_snapshot!(said, @"qwen3 is set, but cannot answer yet: nothing answers at URL; start the server");
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let said = verdict(&home, &["--model", "qwen3", "--base-url", &provider.base_url()], 0);
    assert!(said.starts_with("qwen3 is set, but the server at ") && said.contains(MODEL), "{said}");
    let home = Home::empty().with_variable("OPENAI_API_KEY", "sk-cloud");
    let said = verdict(&home, &["--model", "claude-opus-4-5"], 0);
    insta::assert_snapshot!(said, @"claude-opus-4-5 is set, but cannot answer yet: openai would be asked, and does not know it; there is no key for anthropic; put ANTHROPIC_API_KEY=… into ~/.nanobot/.env");
}

#[test]
fn nothing_is_taken_in_silence_where_nobody_can_be_asked() {
    let home = Home::empty();
    let ran = home.cli(&["onboard"]).exits(2);
    assert_eq!(
        ran.one_line(),
        "nanobot-cli: nobody can be asked here: add --yes to take the first offer, or --model NAME"
    );
    assert!(!home.root().exists());
}

#[test]
fn what_was_chosen_before_is_the_first_offer() {
    let home = Home::empty().with_variable("OPENAI_API_KEY", "sk-cloud");
    home.cli(&["onboard", "--model", "openai/gpt-4.1"]).exits(0);
    let before = home.read("config.json");
    let said = verdict(&home, &["--yes"], 0);
    assert_eq!(said, "openai/gpt-4.1 (openai, https://api.openai.com/v1) will answer.");
    assert_eq!(home.read("config.json"), before);
    // Nothing is no model to be kept: a key that is there comes first.
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    let said = verdict(&home, &["--yes"], 0);
    assert_eq!(said, "openai/gpt-4o-mini (openai, https://api.openai.com/v1) will answer.");
}

#[test]
fn a_changed_choice_is_written_down_and_a_running_daemon_told_of() {
    let home = Home::empty();
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    assert_eq!(home.audit(), Vec::<Value>::new(), "a new home is no change");
    let daemon = home.daemon();
    let ran = home.cli(&["onboard", "--model", "groq/x"]).exits(0);
    assert!(ran.stderr.contains("restart nanobotd to use it"), "{ran:?}");
    daemon.stop();
    let rows: Vec<(Value, Value)> =
        home.audit().into_iter().map(|row| (row["action"].clone(), row["result"].clone())).collect();
    assert_eq!(rows, [(json!("home.onboard"), json!("done"))]);
    home.cli(&["onboard", "--dry-run", "--model", "offline"]).exits(0);
    assert_eq!(home.audit().len(), 1);
}

#[test]
fn a_made_home_names_what_answers_and_what_does_not_last() {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = Home::empty()
        .with_variable("OPENAI_BASE_URL", provider.base_url())
        .with_variable("ANTHROPIC_API_KEY", "k");
    let ran = home.cli(&["chat", "-m", "hi"]).exits(0);
    assert_eq!(ran.stdout, "hi\n", "the server answers, not whose key there is: {ran:?}");
    insta::assert_snapshot!(home.redact(&ran.stderr).replace(&provider.base_url(), "URL"), @"
    made a home in ~/.nanobot; fake-1 (openai, URL) answers
    OPENAI_BASE_URL of this shell was used; to keep it, put it into ~/.nanobot/.env
    ");
}

#[test]
fn a_chat_a_daemon_and_a_status_agree_on_a_model_that_nobody_chose() {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = Home::empty()
        .with_variable("OPENAI_BASE_URL", provider.base_url())
        .with_variable("NANOBOT_API__ENABLED", "false");
    home.write("config.json", r#"{"configVersion": 2}"#);
    let model = |home: &Home| home.cli(&["status", "--json"]).exits(0).json()["model"].clone();
    let ports = |home: &Home| home.cli(&["status", "--json"]).exits(0).json()["ports"].clone();
    let (resting, resting_ports) = (model(&home), ports(&home));
    assert_eq!(resting["model"], "the server's first model");
    assert_eq!(home.cli(&["chat", "-m", "hi"]).exits(0).stdout, "hi\n");
    let daemon = home.daemon();
    assert_eq!((model(&home), ports(&home)), (resting, resting_ports));
    assert_eq!(home.talk().ask("hi").delivered, ["hi"]);
    assert_eq!(model(&home)["model"], MODEL);
    daemon.stop();
    let asked = provider.requests().into_iter().filter(|request| !request.body.is_empty());
    assert!(asked.map(|request| request.json()).all(|request| request["model"] == MODEL));
}

#[test]
fn a_home_that_is_a_file_is_told_in_one_line() {
    let home = Home::empty();
    std::fs::write(home.root(), "").unwrap();
    for args in [&["chat", "-m", "hi"][..], &["status"], &["session", "list"], &["onboard", "--yes"]] {
        let ran = home.cli(args).exits(73);
        let line = home.redact(ran.one_line());
        assert_eq!(
            line, "nanobot-cli: the home ~/.nanobot is a file, not a folder, or is in one",
            "{args:?}"
        );
    }
}

#[test]
fn settings_that_nobody_knows_are_told_where_a_person_looks() {
    let home = Home::empty();
    home.write("config.json", r#"{"configVersion": 2, "provider": {"openai": {"apiKey": "k"}}}"#);
    let said = "~/.nanobot/config.json: provider is not a setting and is kept as it is; perhaps `providers` was meant";
    let status = home.redact(&home.cli(&["status"]).exits(0).stdout);
    assert!(status.contains(&format!("! config: {said}\n")), "{status}");
    let chat = home.cli(&["chat", "-m", "hi"]).exits(0);
    assert_eq!(home.redact(chat.one_line()), format!("{said}; nanobot-cli config check lists such keys"));
}

#[test]
fn the_cause_of_a_failed_call_reaches_the_person() {
    let base = nobody();
    let home = Home::empty();
    home.cli(&["onboard", "--model", "qwen3", "--base-url", &base]).exits(0);
    let ran = home.cli(&["chat", "-m", "hi"]).exits(1);
    let (cause, notice) = ran.stderr.trim_end().split_once('\n').unwrap();
    assert!(cause.starts_with("nanobot-cli: the model call failed: network: "), "{cause}");
    assert!(cause.ends_with(&format!("(qwen3 at {base})")), "{cause}");
    assert_eq!(notice, "⚠️ I cannot reach the model. Please try again later.");
}
