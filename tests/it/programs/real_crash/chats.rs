//! What a chat sees of a provider that dies: the daemon as people run it, before the real server.

use nanobot_tests::fake_vendor::{FakeOptions, FakeVendor};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::super::harness::{Home, LlamaServer, complaints};
use super::relay::Relay;
use super::{ABORTED, BY_THE_SPARE, ENDLESS, KILLED, LISTED, PONG, SPARE, begins_as_the_talker};

const UNREACHABLE: &str = "⚠️ I cannot reach the model. Please try again later.";

/// A home whose chats ask the real server, and a vendor when that fails. A failed model is asked again without a pause.
fn with_spare(real: &str, vendor: &FakeVendor) -> Home {
    let home = Home::empty();
    let settings = json!({
        "models": {"profiles": {
            "assistantDefault": {
                "model": "tiny", "provider": "vllm", "fallback": ["spare"], "cooldownSeconds": 0,
            },
            "spare": {"kind": "chat", "model": "spare-model", "provider": "openai"},
        }},
        "providers": {"vllm": {"apiBase": real}, "openai": {"apiBase": vendor.base()}},
    });
    home.write("config.json", settings.to_string());
    home
}

fn vendor() -> FakeVendor {
    FakeVendor::start(FakeOptions::named(SPARE)).unwrap()
}

/// A field of every log line with this message.
fn logged(log: &[String], message: &str, field: &str) -> Vec<String> {
    let lines = log.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines = lines.filter(|line| line["message"] == message);
    lines.map(|line| line[field].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_abort_without_another_model_costs_one_notice_and_the_next_message_is_answered() {
    let server = LlamaServer::start("agent");
    let port = server.port();
    let relay = Relay::before(port);
    let home = Home::empty().with_variable("OPENAI_BASE_URL", relay.base_url());
    let mut daemon = home.daemon();
    let mut talk = home.talk();
    let turn = talk.ask("what is here?");
    assert_eq!(server.ended(), ABORTED);
    assert_eq!((turn.delivered, turn.outcome.as_str()), (vec![UNREACHABLE.to_owned()], "failed"));
    assert!(daemon.is_alive());

    relay.be_harmless();
    let _back = LlamaServer::start_on(port, "agent");
    let turn = talk.ask("and now?");
    assert_eq!((turn.delivered, turn.outcome.as_str()), (vec![LISTED.to_owned()], "answered"));
    assert_eq!(home.conversation("cli:default").len(), 4);
    let log = daemon.stop();
    assert_eq!(logged(&log, "model attempt", "outcome"), ["network"; 3], "asked three times at most");
    let complaints = complaints(&log);
    assert_eq!(complaints.len(), 1, "{complaints:#?}");
    assert_eq!(
        (&complaints[0]["message"], &complaints[0]["outcome"]),
        (&json!("model call"), &json!("network"))
    );
}

#[test]
fn with_another_model_nobody_notices_and_without_a_cooldown_the_server_is_asked_once_it_is_back() {
    let (server, vendor) = (LlamaServer::start("agent"), vendor());
    let port = server.port();
    let relay = Relay::before(port);
    let home = with_spare(&relay.base_url(), &vendor);
    let daemon = home.daemon();
    let mut talk = home.talk();
    // It dies of the first message; then nobody is there.
    for text in ["one", "two", "three"] {
        let turn = talk.ask(text);
        let [answer] = turn.delivered.as_slice() else { panic!("{text}: {turn:?}") };
        assert!(answer.starts_with(BY_THE_SPARE), "{text}: {answer}");
        assert_eq!((turn.shown.as_str(), turn.outcome.as_str()), (answer.as_str(), "answered"), "{text}");
    }
    assert_eq!(server.ended(), ABORTED);
    assert_eq!(vendor.ledger().totals.requests, 3, "once for each message");

    relay.be_harmless();
    let _back = LlamaServer::start_on(port, "agent");
    let turn = talk.ask("four");
    assert_eq!((turn.delivered, turn.tools), (vec![LISTED.to_owned()], vec!["list_dir".to_owned()]));
    let log = daemon.stop();
    assert_eq!(logged(&log, "model attempt", "outcome"), ["network"; 3]);
    assert_eq!(logged(&log, "circuit", "state"), ["open", "half_open", "closed"]);
    let complaints = complaints(&log);
    assert!(complaints.iter().all(|line| line["message"] == "asking another model"), "{complaints:#?}");
    assert_eq!(complaints.len(), 3);
}

#[test]
fn a_kill_in_the_middle_of_an_answer_is_met_as_the_settings_say() {
    for policy in ["restart", "finish", "tell"] {
        let (server, vendor) = (LlamaServer::start_with("talk", &ENDLESS), vendor());
        let home = with_spare(&server.base_url(), &vendor);
        home.write("config.toml", format!("[model]\nafter_first_token = \"{policy}\"\n"));
        let daemon = home.daemon();
        let mut talk = home.talk();
        talk.send("hi");
        while talk.frame()["t"] != "delta" {}
        server.signal(Signal::KILL);
        let turn = talk.follow();
        assert_eq!(server.ended(), KILLED);
        let [answer] = turn.delivered.as_slice() else { panic!("{policy}: {turn:?}") };
        let (is_right, outcome, asked) = match policy {
            "restart" => (answer.starts_with(BY_THE_SPARE), "answered", 1),
            "finish" => (begins_as_the_talker(answer), "answered", 0),
            _ => (answer == UNREACHABLE, "failed", 0),
        };
        assert!(is_right, "{policy}: {answer}");
        assert_eq!((turn.outcome.as_str(), vendor.ledger().totals.requests), (outcome, asked), "{policy}");
        daemon.stop();
    }
}

#[test]
fn a_kill_in_the_middle_of_an_answer_without_another_model_costs_one_notice() {
    let server = LlamaServer::start_with("talk", &ENDLESS);
    let port = server.port();
    let home = Home::empty().with_variable("OPENAI_BASE_URL", server.base_url());
    let mut daemon = home.daemon();
    let mut talk = home.talk();
    talk.send("one");
    while talk.frame()["t"] != "delta" {}
    server.signal(Signal::KILL);
    let turn = talk.follow();
    assert_eq!(server.ended(), KILLED);
    assert_eq!((turn.delivered, turn.outcome.as_str()), (vec![UNREACHABLE.to_owned()], "failed"));
    assert!(daemon.is_alive());
    let _back = LlamaServer::start_on(port, "talk");
    assert_eq!(talk.ask("two").delivered, [PONG]);
    assert_eq!(complaints(&daemon.stop()).len(), 1);
}
