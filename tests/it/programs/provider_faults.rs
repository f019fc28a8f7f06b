//! A provider that fails in every way that providers fail: one notice to the chat, one warning in the log, and
//! the next message is answered.

use nanobot_tests::{FakeProvider, Script};

use super::harness::{Home, KEY, complaints};

/// What must not be found in a log.
const PRIVATE: &str = "my sister's birthday";

/// Script, the notice in the chat, and the word in the log.
const FAULTS: [(Script, &str, &str); 11] = [
    (
        Script::HangBeforeHead,
        "⚠️ The model did not start to answer in time. Please try again.",
        "first_byte_timeout",
    ),
    (
        Script::HangMidStream,
        "⚠️ The model stopped in the middle of its answer. Please try again.",
        "idle_timeout",
    ),
    (Script::CloseBeforeHead, "⚠️ I cannot reach the model. Please try again later.", "network"),
    (Script::CloseMidStream, "⚠️ I cannot reach the model. Please try again later.", "network"),
    (Script::HalfFrame, "⚠️ I cannot reach the model. Please try again later.", "network"),
    (Script::Html200, "⚠️ The model's answer could not be read. Please try again.", "bad_answer"),
    (Script::GarbageJson, "⚠️ The model's answer could not be read. Please try again.", "bad_answer"),
    (Script::Endless, "⚠️ The model's answer could not be read. Please try again.", "bad_answer"),
    (Script::Html500, "⚠️ The model's provider failed. Please try again later.", "server"),
    (Script::Unauthorized, "⚠️ The model's provider refuses my key. The owner has to check it.", "auth"),
    (
        Script::RateLimited,
        "⚠️ The model gets too many requests just now. Please try again in a minute.",
        "rate_limited",
    ),
];

#[test]
fn every_fault_costs_one_notice_and_one_warning_and_the_next_message_is_answered() {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = Home::with_provider(&provider);
    let daemon = home.daemon();
    let mut talk = home.talk();
    for (told, (script, notice, word)) in FAULTS.into_iter().enumerate() {
        let said = format!("{PRIVATE} ({script})");
        let before = home.conversation_if_any().len();
        provider.play(script);
        let turn = talk.ask(&said);
        assert_eq!(turn.delivered, [notice], "{script}");
        assert_eq!(turn.outcome, "failed", "{script}");

        // A refused key is told once more, by its circuit: a person has to mend it.
        let keys = FAULTS[..=told].iter().filter(|(_, _, word)| *word == "auth").count();
        let mut complaints = daemon.wait_for_complaints(told + 1 + keys);
        complaints.retain(|complaint| complaint["message"] != "circuit");
        let complaint = &complaints[told];
        assert_eq!(complaint["level"], "WARN", "{script}: {complaint}");
        assert_eq!(complaint["outcome"], word, "{script}: {complaint}");
        assert!(complaint["error"].is_string(), "{script}: {complaint}");

        provider.play(Script::Echo);
        let after = format!("well again after {script}");
        let turn = talk.ask(&after);
        assert_eq!((turn.delivered, turn.outcome.as_str()), (vec![after.clone()], "answered"), "{script}");

        let conversation = home.conversation_if_any();
        let expected =
            [("user", said.as_str()), ("assistant", notice), ("user", &after), ("assistant", &after)];
        let lines: Vec<(&str, &str)> =
            conversation[before..].iter().map(|(role, text)| (role.as_str(), text.as_str())).collect();
        assert_eq!(lines, expected, "{script}");
    }
    let log = daemon.stop();
    let (circuits, faults): (Vec<_>, Vec<_>) =
        complaints(&log).into_iter().partition(|complaint| complaint["message"] == "circuit");
    assert_eq!(faults.len(), FAULTS.len(), "one line for each fault: {log:#?}");
    assert_eq!((circuits.len(), &circuits[0]["reason"]), (1, &"auth".into()), "{circuits:?}");
    let log = log.join("\n");
    assert!(!log.contains(PRIVATE) && !log.contains(KEY), "{log}");
}

#[test]
fn bytes_that_are_no_utf8_are_replaced_and_the_rest_arrives() {
    let provider = FakeProvider::start(Script::BadUtf8).unwrap();
    let home = Home::with_provider(&provider);
    let daemon = home.daemon();
    let turn = home.talk().ask("hi");
    let answer = "before \u{fffd}\u{fffd}( after";
    assert_eq!((turn.delivered, turn.shown.as_str()), (vec![answer.to_owned()], answer));
    assert_eq!(turn.outcome, "answered");
    assert_eq!(home.conversation("cli:default")[1].1, answer);
    let log = daemon.stop();
    assert_eq!(complaints(&log).len(), 1, "{log:#?}");
}

#[test]
fn a_tool_runs_and_its_result_reaches_the_model() {
    let provider = FakeProvider::start(Script::ListDir).unwrap();
    let home = Home::with_provider(&provider);
    home.write("workspace/shopping.txt", "milk");
    let daemon = home.daemon();
    let turn = home.talk().ask("what is here?");
    assert_eq!(turn.delivered, [nanobot_tests::LISTED]);
    assert_eq!((turn.tools, turn.outcome.as_str()), (vec!["list_dir".to_owned()], "answered"));
    let requests = provider.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    let messages = requests[1].json()["messages"].clone();
    let result = messages.as_array().unwrap().last().unwrap();
    assert_eq!(result["role"], "tool");
    assert!(result["content"].as_str().unwrap().contains("shopping.txt"), "{result}");
    daemon.stop();
}

#[test]
fn a_turn_can_be_stopped_while_the_provider_hangs() {
    let provider = FakeProvider::start(Script::HangMidStream).unwrap();
    let home = Home::with_provider(&provider);
    home.write("config.toml", "");
    let daemon = home.daemon();
    let mut talk = home.talk();
    talk.send("hi");
    while talk.frame()["t"] != "delta" {}
    talk.say(&serde_json::json!({"t": "cancel", "chat": "default"}));
    let turn = talk.follow();
    assert_eq!(turn.outcome, "cancelled", "{turn:?}");
    provider.play(Script::Echo);
    assert_eq!(talk.ask("and now?").delivered, ["and now?"]);
    daemon.stop();
}

#[test]
fn without_a_daemon_a_fault_is_told_and_the_exit_code_says_no() {
    let provider = FakeProvider::start(Script::Unauthorized).unwrap();
    let home = Home::with_provider(&provider);
    let ran = home.cli_with_input(&["chat"], format!("{PRIVATE}\nagain\n").as_bytes()).exits(1);
    let notice = "⚠️ The model's provider refuses my key. The owner has to check it.";
    assert_eq!(ran.stdout, "", "a notice is no answer");
    let (notices, others): (Vec<&str>, Vec<&str>) = ran.stderr.lines().partition(|line| *line == notice);
    let (circuits, faults): (Vec<&str>, Vec<&str>) =
        others.into_iter().partition(|line| line.starts_with("nanobot-cli: circuit provider=openai"));
    assert_eq!((notices.len(), faults.len(), circuits.len()), (2, 2, 1), "{}", ran.stderr);
    assert!(!ran.stderr.contains(PRIVATE) && !ran.stderr.contains(KEY), "{}", ran.stderr);

    drop(provider);
    let gone = home.cli(&["chat", "-m", "hi"]).exits(1);
    assert_eq!(gone.stdout, "");
    assert!(
        gone.stderr.ends_with("⚠️ I cannot reach the model. Please try again later.\n"),
        "{}",
        gone.stderr
    );
    assert_eq!(gone.stderr.lines().count(), 2, "{}", gone.stderr);
}
