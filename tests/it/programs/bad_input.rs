//! Input that is too large, or no text: it costs one clear line, and the next message is answered.

use std::io::Write as _;

use nanobot_tests::{FakeProvider, Script};
use serde_json::json;

use super::harness::Home;

const TEN_MEGABYTES: usize = 10 * 1024 * 1024;

fn home() -> (FakeProvider, Home) {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = Home::with_provider(&provider);
    (provider, home)
}

#[test]
fn ten_megabytes_through_the_socket_are_refused_and_the_next_message_is_answered() {
    let (provider, home) = home();
    let daemon = home.daemon();
    let mut talk = home.talk();
    talk.say(&json!({"t": "inbound", "id": "big", "chat": "default", "text": "x".repeat(TEN_MEGABYTES)}));
    let answer = talk.frame();
    assert_eq!((&answer["t"], &answer["code"]), (&json!("error"), &json!("too_large")), "{answer}");
    assert_eq!(talk.ask("small").delivered, ["small"]);

    // Within a line, but longer than a message may be.
    let answer = talk.offer(&"ü".repeat(70_000));
    assert_eq!((&answer["t"], &answer["code"]), (&json!("refused"), &json!("too_large")), "{answer}");
    assert_eq!(talk.ask("small again").delivered, ["small again"]);
    assert_eq!(home.conversation("cli:default").len(), 4);
    assert_eq!(provider.requests().len(), 2);
    daemon.stop();
}

#[test]
fn nonsense_on_the_socket_is_answered_and_harms_nobody() {
    let (_provider, home) = home();
    let mut daemon = home.daemon();
    let mut talk = home.talk();
    let nonsense: [(&[u8], &str); 6] = [
        (b"\xff\xfe\x00\n", "bad_frame"),
        (b"{\n", "bad_frame"),
        (b"[]\n", "bad_frame"),
        (b"{\"t\": \"frobnicate\"}\n", "unknown_frame"),
        (b"{\"t\": \"inbound\"}\n", "bad_frame"),
        (b"{\"t\": \"hello\", \"v\": 1, \"client\": \"again\"}\n", "hello_expected"),
    ];
    for (bytes, code) in nonsense {
        talk.write(bytes);
        let answer = talk.frame();
        assert_eq!((&answer["t"], &answer["code"]), (&json!("error"), &json!(code)), "{bytes:?}: {answer}");
    }
    assert_eq!(talk.ask("still there?").delivered, ["still there?"]);
    // Somebody who speaks something else altogether, and somebody who hangs up in the middle of a line.
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"{\"t\": \"hel"] {
        let mut other = std::os::unix::net::UnixStream::connect(home.path("var/run/nanobot.sock")).unwrap();
        other.write_all(bytes).unwrap();
    }
    assert_eq!(home.talk().ask("and now?").delivered, ["and now?"]);
    assert!(daemon.is_alive());
    daemon.stop();
}

#[test]
fn ten_megabytes_and_no_text_through_a_pipe_cost_one_line_each() {
    let (provider, home) = home();
    let mut input = b"first\n".to_vec();
    input.resize(input.len() + TEN_MEGABYTES, b'x');
    input.extend_from_slice(b"\nsecond\n\xff\xfe no text\nthird\n");
    input.extend_from_slice("ü".repeat(70_000).as_bytes());
    input.extend_from_slice(b"\nfourth");
    let expected = "first\nsecond\nthird\nfourth\n";
    let ran = home.cli_with_input(&["chat"], &input).exits(65);
    assert_eq!(ran.stdout, expected);
    insta::assert_snapshot!(ran.stderr, @"
    line 2: more than 4194304 bytes; skipped
    line 4: not valid UTF-8; skipped
    line 6: the message has 70000 characters, at most 65536 are accepted
    ");

    let daemon = home.daemon();
    let with_daemon = home.cli_with_input(&["chat"], &input).exits(65);
    assert_eq!((with_daemon.stdout, with_daemon.stderr), (ran.stdout, ran.stderr));
    assert_eq!(provider.requests().len(), 8);
    daemon.stop();
}

#[test]
fn a_reader_that_leaves_is_no_fault() {
    let (_provider, home) = home();
    let ran = home.piped_into_nobody(&["session", "list", "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}
