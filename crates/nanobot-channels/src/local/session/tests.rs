//! One connection over an in-process stream, spoken to in raw lines.

use super::*;
use crate::testing::{FakeDaemon, RawPeer, switch};
use nanobot_core::time::Timestamp;
use proptest::prelude::*;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::sync::Notify;

async fn greeted(daemon: &Arc<FakeDaemon>) -> RawPeer<DuplexStream> {
    RawPeer::greeted(daemon.stream(CancelToken::never())).await
}

fn daemon() -> Arc<FakeDaemon> {
    FakeDaemon::new(LocalLimits::default())
}

#[tokio::test(start_paused = true)]
async fn a_message_becomes_an_event_of_the_operator() {
    let daemon = daemon();
    let mut peer = greeted(&daemon).await;
    peer.say(r#"{"t":"inbound","id":"m1","chat":"default","text":"hello"}"#).await;
    assert_eq!(peer.hear().await.unwrap(), r#"{"t":"ack","id":"m1","turn":"turn-1"}"#);
    let expected = InboundEvent {
        channel: ChannelName::CLI,
        account: AccountId::sole(),
        chat: ChatId::new("default").unwrap(),
        chat_kind: ChatKind::Direct,
        sender: SenderId::new("operator").unwrap(),
        participant: None,
        message_id: Some(MessageId::new("m1").unwrap()),
        at: Timestamp::UNIX_EPOCH,
        blocks: vec![ContentBlock::text("hello", Label::Owner)],
        mentioned_bot: false,
        reply: None,
    };
    assert_eq!(*daemon.received.lock().unwrap(), [expected]);
}

#[tokio::test(start_paused = true)]
async fn refusals_carry_their_code_and_whether_to_try_again() {
    let daemon = daemon();
    let mut peer = greeted(&daemon).await;
    let mut answers = Vec::new();
    for text in ["full", "crowd", "huge", "down", "again"] {
        peer.say(&format!(r#"{{"t":"inbound","id":"m","chat":"c","text":"{text}"}}"#)).await;
        answers.push(peer.hear().await.unwrap());
    }
    peer.say(r#"{"t":"inbound","id":"m","chat":" ","text":"x"}"#).await;
    answers.push(peer.hear().await.unwrap());
    insta::assert_snapshot!(answers.join("\n"), @r#"
    {"t":"refused","id":"m","code":"queue_full","message":"20 messages already wait in this chat, which is the limit","retry":true}
    {"t":"refused","id":"m","code":"queue_full","message":"256 chats are served at this moment, which is the limit","retry":true}
    {"t":"refused","id":"m","code":"too_large","message":"the message has 99999 characters, at most 50000 are accepted","retry":false}
    {"t":"refused","id":"m","code":"draining","message":"the daemon is shutting down","retry":true}
    {"t":"ack","id":"m","turn":null}
    {"t":"refused","id":"m","code":"bad_frame","message":"chat id is blank","retry":false}
    "#);
}

#[tokio::test(start_paused = true)]
async fn control_requests_are_answered_under_their_id() {
    let daemon = daemon();
    let mut peer = greeted(&daemon).await;
    let mut answers = Vec::new();
    for request in [
        r#"{"t":"control","id":"1","op":"status"}"#,
        r#"{"t":"control","id":"2","op":"session_list"}"#,
        r#"{"t":"control","id":"3","op":"session_show","session":"cli:default","limit":1}"#,
        r#"{"t":"control","id":"4","op":"session_show","session":"cli:none","limit":1}"#,
        r#"{"t":"control","id":"5","op":"session_reset","session":"cli:default"}"#,
        r#"{"t":"control","id":"6","op":"session_reset","session":"cli:busy"}"#,
        r#"{"t":"control","id":"7","op":"session_reset","session":""}"#,
    ] {
        peer.say(request).await;
        answers.push(peer.hear().await.unwrap());
    }
    assert_eq!(*daemon.actors.lock().unwrap(), ["local:uid=1000", "local:uid=1000"]);
    insta::assert_snapshot!(answers.join("\n"), @r#"
    {"t":"result","id":"1","ok":{"version":"9.9.9","pid":42,"home":"/home/me/.nanobot","started":"1970-01-01T00:00:00Z","now":"1970-01-01T00:01:30Z","model":{"provider":"offline","model":"offline","endpoint":null,"is_language_model":false},"model_warnings":["no account serves the model of profile spare"],"budgets":[{"scope":"day","task":null,"most_nano_dollars":1000000000,"background_nano_dollars":800000000}],"ports":[{"port":"policy","adapter":"allow_all","warning":"every sender may talk"}],"channels":["cli"],"tools":["list_dir"],"queues":{"lanes":1,"waiting":0,"running":0,"outbox":3},"policy":null}}
    {"t":"result","id":"2","ok":{"sessions":[{"session":"cli:default","file":"cli_default.jsonl","created_at":"2026-02-22T12:00:00","updated_at":null,"messages":2}]}}
    {"t":"result","id":"3","ok":{"session":"cli:default","messages":[{"role":"user","content":"hi","labels":null}]}}
    {"t":"result","id":"4","error":{"code":"no_such_session","message":"there is no session cli:none"}}
    {"t":"result","id":"5","ok":{"session":"cli:default","forgotten":2}}
    {"t":"result","id":"6","error":{"code":"busy","message":"session cli:busy is busy with a turn"}}
    {"t":"result","id":"7","error":{"code":"bad_frame","message":"session key is blank"}}
    "#);
}

#[tokio::test(start_paused = true)]
async fn the_outbox_is_listed_and_handled_by_requests() {
    let daemon = daemon();
    let mut peer = greeted(&daemon).await;
    let mut answers = Vec::new();
    for request in [
        r#"{"t":"control","id":"1","op":"outbox_list","limit":1}"#,
        r#"{"t":"control","id":"2","op":"outbox_list","wanted":"parked","limit":5,"text":true}"#,
        r#"{"t":"control","id":"3","op":"outbox_list","wanted":{"keys":["t/1","x/0"]},"limit":5}"#,
        r#"{"t":"control","id":"4","op":"outbox_list","wanted":"some","limit":5}"#,
        r#"{"t":"control","id":"5","op":"outbox_retry","keys":["x/0","t/0"]}"#,
        r#"{"t":"control","id":"6","op":"outbox_drop","keys":["t/1"]}"#,
        r#"{"t":"control","id":"7","op":"outbox_drop","keys":[" "]}"#,
    ] {
        peer.say(request).await;
        answers.push(peer.hear().await.unwrap());
    }
    assert_eq!(*daemon.actors.lock().unwrap(), ["local:uid=1000", "local:uid=1000"]);
    insta::assert_snapshot!(answers.join("\n"), @r#"
    {"t":"result","id":"1","ok":{"deliveries":[{"key":"t/0","turn":"t","channel":"cli","chat":"c","kind":"message","text_chars":2,"media":0,"attempts":20,"not_before":null,"parked":"not reachable"}],"total":2}}
    {"t":"result","id":"2","ok":{"deliveries":[{"key":"t/0","turn":"t","channel":"cli","chat":"c","kind":"message","text_chars":2,"media":0,"attempts":20,"not_before":null,"parked":"not reachable","text":"hi"}],"total":1}}
    {"t":"result","id":"3","ok":{"deliveries":[{"key":"t/1","turn":"t","channel":"cli","chat":"c","kind":"message","text_chars":2,"media":0,"attempts":20,"not_before":null,"parked":null}],"total":1}}
    {"t":"result","id":"4","error":{"code":"bad_frame","message":"a field of the operation is missing or wrong"}}
    {"t":"result","id":"5","ok":{"done":["t/0"],"unknown":["x/0"]}}
    {"t":"result","id":"6","ok":{"done":["t/1"],"unknown":[]}}
    {"t":"result","id":"7","error":{"code":"bad_frame","message":"delivery key is blank"}}
    "#);
}

#[tokio::test(start_paused = true)]
async fn more_deliveries_than_can_be_named_at_once_are_refused_as_a_whole() {
    let daemon = daemon();
    let mut peer = greeted(&daemon).await;
    let keys = vec!["t/0"; 1_001];
    let request = serde_json::json!({"t": "control", "id": "1", "op": "outbox_drop", "keys": keys});
    peer.say(&request.to_string()).await;
    assert_eq!(
        peer.hear().await.unwrap(),
        r#"{"t":"result","id":"1","error":{"code":"bad_frame","message":"at most 1000 deliveries can be named at once"}}"#
    );
    assert!(daemon.actors.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_request_for_more_messages_than_the_limit_gets_the_limit() {
    let daemon = daemon();
    let mut peer = greeted(&daemon).await;
    peer.say(r#"{"t":"control","id":"1","op":"session_show","session":"cli:default","limit":4000000}"#).await;
    assert_eq!(peer.hear().await.unwrap().matches(r#""role""#).count(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn control_requests_under_way_are_limited_and_hold_nothing_up() {
    let daemon = daemon();
    let release = Arc::new(Notify::new());
    *daemon.hold_status.lock().unwrap() = Some(Arc::clone(&release));
    let mut peer = greeted(&daemon).await;
    for id in 0..=16 {
        peer.say(&format!(r#"{{"t":"control","id":"{id}","op":"status"}}"#)).await;
    }
    let refused = peer.hear().await.unwrap();
    assert!(refused.contains(r#""id":"16""#) && refused.contains("too_many"), "{refused}");
    peer.say(r#"{"t":"inbound","id":"m1","chat":"c","text":"hello"}"#).await;
    assert!(peer.hear().await.unwrap().contains(r#""t":"ack""#));
    for _ in 0..16 {
        release.notify_one();
        assert!(peer.hear().await.unwrap().contains(r#""ok""#));
    }
}

#[tokio::test(start_paused = true)]
async fn cancel_goes_to_the_session_of_the_chat() {
    let daemon = daemon();
    let mut peer = greeted(&daemon).await;
    peer.say(r#"{"t":"cancel","chat":"default"}"#).await;
    peer.say(r#"{"t":"inbound","id":"m1","chat":"c","text":"x"}"#).await;
    peer.hear().await.unwrap();
    assert_eq!(*daemon.cancelled.lock().unwrap(), ["cli:default"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_of_ten_megabytes_is_refused_with_one_line_and_the_connection_lives() {
    let daemon = daemon();
    let mut peer = greeted(&daemon).await;
    let huge = "x".repeat(10 * 1024 * 1024);
    peer.say(&format!(r#"{{"t":"inbound","id":"m1","chat":"c","text":"{huge}"}}"#)).await;
    assert_eq!(
        peer.hear().await.unwrap(),
        r#"{"t":"error","code":"too_large","message":"a line has more than 4194304 bytes and was skipped"}"#
    );
    peer.say(r#"{"t":"inbound","id":"m2","chat":"c","text":"still here"}"#).await;
    assert_eq!(peer.hear().await.unwrap(), r#"{"t":"ack","id":"m2","turn":"turn-1"}"#);
}

#[tokio::test(start_paused = true)]
async fn malformed_lines_are_answered_one_by_one() {
    let daemon = daemon();
    let mut peer = greeted(&daemon).await;
    peer.say_bytes(b"{\n\xff\xfe\n\n{\"t\":\"dance\"}\n{\"t\":\"hello\",\"v\":1,\"client\":\"x\"}\n").await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        let answer: serde_json::Value = serde_json::from_str(&peer.hear().await.unwrap()).unwrap();
        codes.push(answer["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes, ["bad_frame", "bad_frame", "unknown_frame", "hello_expected"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_greet_is_told_and_let_go() {
    let daemon = daemon();
    for (line, code) in [
        (r#"{"t":"attach","chat":"a"}"#, "hello_expected"),
        ("GET / HTTP/1.1", "hello_expected"),
        (r#"{"t":"hello","v":0,"client":"old"}"#, "unsupported_version"),
    ] {
        let mut peer = RawPeer::new(daemon.stream(CancelToken::never()));
        peer.say(line).await;
        assert!(peer.hear().await.unwrap().contains(code));
        peer.hear_end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn silence_before_hello_ends_after_its_limit() {
    let daemon = daemon();
    let mut peer = RawPeer::new(daemon.stream(CancelToken::never()));
    assert!(peer.hear().await.unwrap().contains("no hello came in time"));
    peer.hear_end().await;
}

#[tokio::test(start_paused = true)]
async fn a_newer_client_is_answered_in_our_version() {
    let daemon = daemon();
    let mut peer = RawPeer::new(daemon.stream(CancelToken::never()));
    peer.say(r#"{"t":"hello","v":7,"client":"newer"}"#).await;
    assert!(
        peer.hear()
            .await
            .unwrap()
            .starts_with(r#"{"t":"hello","v":1,"server":"nanobotd","version":"9.9.9","#)
    );
}

#[tokio::test(start_paused = true)]
async fn a_draining_daemon_says_goodbye() {
    let daemon = daemon();
    let (stop, token) = switch();
    let mut peer = RawPeer::greeted(daemon.stream(token)).await;
    stop.cancel();
    assert_eq!(peer.hear().await.unwrap(), r#"{"t":"bye","reason":"draining"}"#);
    peer.hear_end().await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_ends_only_its_own_connection() {
    let daemon = daemon();
    let mut deaf = greeted(&daemon).await;
    let mut other = greeted(&daemon).await;
    // More answers than the pipe and the queue hold; then the session stops to read, too.
    let flood = async {
        for _ in 0..20_000 {
            deaf.say(r#"{"t":"dance"}"#).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(5), flood).await.is_err());
    other.say(r#"{"t":"inbound","id":"m1","chat":"c","text":"x"}"#).await;
    assert!(other.hear().await.unwrap().contains("ack"));
    // The write limit passes, and the place is free again.
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(daemon.hub.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn answers_that_a_peer_does_not_read_are_bounded_in_bytes() {
    let daemon = daemon();
    let mut deaf = greeted(&daemon).await;
    // Each answer has about 47 KB: all of them together are far above the limit.
    for id in 0..600 {
        let request = r#""op":"session_show","session":"cli:default","limit":1000}"#;
        deaf.say(&format!(r#"{{"t":"control","id":"{id}",{request}"#)).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let waiting = daemon.hub.waiting_bytes();
    assert!(waiting <= 16 * 1024 * 1024, "{waiting} bytes wait");
    // Once it reads, each request is answered, be it by a refusal.
    for _ in 0..600 {
        assert!(deaf.hear().await.unwrap().contains(r#""t":"result""#));
    }
    assert_eq!(daemon.hub.waiting_bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn connections_over_the_limit_are_told_so() {
    let daemon = FakeDaemon::new(LocalLimits { connections: 1, ..LocalLimits::default() });
    let _first = greeted(&daemon).await;
    let mut second = RawPeer::new(daemon.stream(CancelToken::never()));
    assert!(second.hear().await.unwrap().contains("too_many"));
    second.hear_end().await;
}

/// Runs a test that needs a runtime inside a property.
fn blocking<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

const CONVERSATION: &str = concat!(
    r#"{"t":"hello","v":1,"client":"raw"}"#,
    "\n",
    r#"{"t":"attach","chat":"c"}"#,
    "\r\n\n",
    r#"{"t":"inbound","id":"ä","chat":"c","text":"grüße 👋"}"#,
    "\n",
    r#"{"t":"control","id":"1","op":"session_list"}"#,
    "\n",
    r#"{"t":"dance"}"#,
    "\n",
);

/// The answers to the conversation, cut into pieces of the given sizes. The control request is answered
/// beside the reading, so the order of its answer is open: sorted.
async fn answers(sizes: &[usize]) -> Vec<String> {
    let daemon = daemon();
    let mut peer = RawPeer::new(daemon.stream(CancelToken::never()));
    let mut rest = CONVERSATION.as_bytes();
    for size in sizes.iter().cycle() {
        let (piece, tail) = rest.split_at((*size).clamp(1, rest.len()));
        peer.say_bytes(piece).await;
        tokio::task::yield_now().await;
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    let mut heard = Vec::new();
    while heard.len() < 4 {
        let line = peer.hear().await.unwrap();
        // Live events come when they come.
        if !line.contains(r#""t":"typing""#) {
            heard.push(line);
        }
    }
    heard.sort();
    heard
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_chunking_of_a_conversation_gives_the_same_answers(
        sizes in proptest::collection::vec(1_usize..30, 1..8),
    ) {
        let (pieces, whole) = blocking(async { (answers(&sizes).await, answers(&[10_000]).await) });
        prop_assert_eq!(pieces, whole);
    }

    #[test]
    fn arbitrary_bytes_never_end_the_server(
        before in any::<bool>(),
        noise in proptest::collection::vec(
            prop_oneof![
                4 => any::<u8>().prop_map(|byte| vec![byte]),
                2 => Just(b"\n".to_vec()),
                1 => Just(br#"{"t":"inbound","id":"#.to_vec()),
                1 => Just(br#"{"t":"control","id":"1","op":"status"}"#.to_vec()),
                1 => Just(br#"{"t":"attach","chat":"c"}"#.to_vec()),
            ],
            0..60,
        ),
    ) {
        blocking(async {
            let daemon = daemon();
            let stream = daemon.stream(CancelToken::never());
            let mut peer = if before { RawPeer::new(stream) } else { RawPeer::greeted(stream).await };
            // The server may hang up on one who does not greet; that is all it may do.
            let bytes = noise.concat();
            let _ = peer.try_say(&bytes).await;
            drop(peer);
            let mut next = greeted(&daemon).await;
            next.say(r#"{"t":"inbound","id":"m1","chat":"c","text":"x"}"#).await;
            assert!(next.hear().await.unwrap().contains("ack"));
        });
    }
}
