//! The same programs with a real model server instead of a fake.

use super::harness::{Home, LlamaServer, complaints};

const PONG: &str = "pong from the tiny model";

/// An empty home; the address of the server is all that is known.
fn home(server: &LlamaServer) -> Home {
    Home::empty().with_variable("OPENAI_BASE_URL", server.base_url())
}

#[test]
fn in_an_empty_home_an_address_is_enough_for_a_whole_tool_loop() {
    let server = LlamaServer::start("agent");
    let home = home(&server);
    let ran = home.cli(&["chat", "-m", "what is here?"]).exits(0);
    assert_eq!(ran.stdout, "the folder has been listed\n", "{ran:?}");
    assert!(home.redact(&ran.stderr).starts_with("made a home in ~/.nanobot; agent (openai, "), "{ran:?}");

    let daemon = home.daemon();
    let turn = home.talk().ask("and now?");
    assert_eq!(turn.delivered, ["the folder has been listed"]);
    assert_eq!(turn.shown, "the folder has been listed");
    assert!(turn.pieces > 1, "it did not stream: {turn:?}");
    assert_eq!(turn.tools, ["list_dir"]);
    let line = daemon.wait_for("tool call");
    assert!(line.contains(r#""tool":"list_dir""#) && line.contains(r#""outcome":"Ok""#), "{line}");
    assert_eq!(home.conversation("cli:default").len(), 4);
    daemon.stop();
}

#[test]
fn piped_lines_are_answered_with_a_growing_history() {
    let server = LlamaServer::start("talk");
    let home = home(&server);
    let daemon = home.daemon();
    let ran = home.cli_with_input(&["chat"], "one\ntwo\nthree: größer 🎉\n".as_bytes()).exits(0);
    assert_eq!(ran.stdout, format!("{PONG}\n").repeat(3), "{ran:?}");
    let conversation = home.conversation("cli:default");
    let asked: Vec<&str> =
        conversation.iter().filter(|(role, _)| role == "user").map(|(_, text)| text.as_str()).collect();
    assert_eq!((conversation.len(), asked), (6, vec!["one", "two", "three: größer 🎉"]));
    let log = daemon.stop();
    let counted = log.iter().filter(|line| line.contains("model call")).map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["input"].as_u64().unwrap()
    });
    let counted: Vec<u64> = counted.collect();
    assert!(counted.len() == 3 && counted.is_sorted_by(|a, b| a < b), "tokens asked: {counted:?}");
}

#[test]
fn a_server_that_dies_between_turns_costs_one_notice() {
    let server = LlamaServer::start("talk");
    let home = home(&server);
    let mut daemon = home.daemon();
    let mut talk = home.talk();
    assert_eq!(talk.ask("one").delivered, [PONG]);
    let port = server.port();
    server.kill();
    let turn = talk.ask("two");
    assert_eq!(turn.delivered, ["⚠️ I cannot reach the model. Please try again later."]);
    assert_eq!(turn.outcome, "failed");
    assert!(daemon.is_alive());
    let _server = LlamaServer::start_on(port, "talk");
    assert_eq!(talk.ask("three").delivered, [PONG]);
    assert_eq!(home.conversation("cli:default").len(), 6);
    let log = daemon.stop();
    assert_eq!(complaints(&log).len(), 1, "{log:#?}");
}

#[test]
fn a_conversation_that_outgrows_the_model_is_told_so() {
    let server = LlamaServer::start("talk");
    let home = home(&server);
    let daemon = home.daemon();
    let mut talk = home.talk();
    let turn = talk.ask(&"0123456789 ".repeat(5_000));
    assert_eq!(
        turn.delivered,
        ["⚠️ This conversation has become too long for the model. Please start it anew."]
    );
    assert_eq!(turn.outcome, "failed");
    home.cli(&["session", "reset", "cli:default", "--yes"]).exits(0);
    assert_eq!(talk.ask("short").delivered, [PONG]);
    let log = daemon.stop();
    assert_eq!(complaints(&log).len(), 1, "{log:#?}");
}
