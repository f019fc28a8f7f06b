//! The client against the real session handler, and against a peer that plays a script.

use super::*;
use crate::local::{ClientEvent, LocalLimits};
use crate::testing::{FakeDaemon, RawPeer, chat, message, options, switch, target, turn};
use nanobot_core::TurnOutcome;
use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::{ChannelSender, LiveEvent, LiveSink, Wanted};
use tokio::io::DuplexStream;

fn daemon() -> Arc<FakeDaemon> {
    FakeDaemon::new(LocalLimits::default())
}

/// A client whose server is the test itself.
async fn scripted() -> (LocalClient, RawPeer<DuplexStream>) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let mut server = RawPeer::new(theirs);
    let greeting = async {
        server.hear().await.unwrap();
        server.say(r#"{"t":"hello","v":1,"server":"s","version":"1","pid":1}"#).await;
    };
    let (client, ()) = tokio::join!(LocalClient::over(ours, options()), greeting);
    (client.unwrap(), server)
}

#[tokio::test(start_paused = true)]
async fn a_turn_comes_as_events_and_its_delivery_is_confirmed() {
    let daemon = daemon();
    let mut client = daemon.client().await;
    client.attach(&chat("c")).await.unwrap();
    assert_eq!(client.send(&chat("c"), "echo hello there").await.unwrap(), Some(turn("turn-1")));
    let mut streamed = String::new();
    let mut delivered = None;
    loop {
        match client.next().await.unwrap() {
            ClientEvent::Delta { text, .. } => streamed.push_str(&text),
            ClientEvent::Message { text, .. } => delivered = Some(text),
            ClientEvent::Ended { outcome, .. } => {
                assert_eq!(outcome, Some(TurnOutcome::Answered));
                break;
            }
            _ => {}
        }
    }
    assert_eq!(streamed, "hello there");
    assert_eq!(delivered.as_deref(), Some("hello there"));
    assert_eq!(*daemon.sent.lock().unwrap(), [Ok(())]);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_delivery_is_handed_over_once_and_confirmed_twice() {
    let (mut client, mut server) = scripted().await;
    let deliver =
        r#"{"t":"deliver","key":"t/0","chat":"c","turn":"t","text":"x","reply_to":null,"media":[]}"#;
    server.say(deliver).await;
    server.say(deliver).await;
    server.say(r#"{"t":"bye","reason":"draining"}"#).await;
    assert!(matches!(client.next().await, Some(ClientEvent::Message { .. })));
    assert!(matches!(client.next().await, Some(ClientEvent::Bye { .. })));
    for _ in 0..2 {
        assert_eq!(server.hear().await.unwrap(), r#"{"t":"confirm","key":"t/0"}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_newer_server_says_is_ignored() {
    let (mut client, mut server) = scripted().await;
    server.say(r#"{"t":"dance","steps":3}"#).await;
    server.say("rubbish").await;
    server.say_bytes(b"\xff\n").await;
    server.say(r#"{"t":"ended","chat":"c","turn":"t","outcome":"postponed","more":1}"#).await;
    let ended = ClientEvent::Ended { chat: chat("c"), turn: turn("t"), outcome: None };
    assert_eq!(client.next().await, Some(ended));
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_is_not_stuck_behind_events_that_nobody_reads() {
    let (mut client, mut server) = scripted().await;
    let talking = async {
        let inbound = server.hear().await.unwrap();
        assert!(inbound.contains(r#""id":"m0""#));
        for _ in 0..3_000 {
            server.say(r#"{"t":"delta","chat":"c","turn":"t","text":"x"}"#).await;
        }
        server.say(r#"{"t":"ack","id":"m0","turn":"t"}"#).await;
        server.say(r#"{"t":"ended","chat":"c","turn":"t","outcome":"answered"}"#).await;
    };
    let there = chat("c");
    let (sent, ()) = tokio::join!(client.send(&there, "hi"), talking);
    assert_eq!(sent.unwrap(), Some(turn("t")));
    let mut deltas = 0;
    while let ClientEvent::Delta { .. } = client.next().await.unwrap() {
        deltas += 1;
    }
    assert_eq!(deltas, 1024 - 64);
}

#[tokio::test(start_paused = true)]
async fn refusals_and_results_reach_whoever_asked() {
    let daemon = daemon();
    let client = daemon.client().await;
    let refused = client.send(&chat("c"), "full").await.unwrap_err();
    assert!(
        matches!(refused, ClientError::Refused { ref code, retry: true, .. } if code == code::QUEUE_FULL)
    );
    assert_eq!(client.send(&chat("c"), "again").await.unwrap(), None);
    let status = client.control(ControlOp::Status).await.unwrap();
    assert_eq!(status["queues"]["outbox"], 3);
    let show = ControlOp::SessionShow { session: "cli:none".to_owned(), limit: 5 };
    let missing = client.control(show).await.unwrap_err();
    assert!(matches!(missing, ClientError::Refused { code, .. } if code == code::NO_SUCH_SESSION));
}

#[tokio::test(start_paused = true)]
async fn answers_about_the_outbox_are_typed() {
    let daemon = daemon();
    let client = daemon.client().await;
    let key = |name| DeliveryKey::new(name).unwrap();
    let answer = client.outbox(&Wanted::Parked, 10, true).await.unwrap();
    assert_eq!((answer.total, answer.deliveries[0].text.as_deref()), (1, Some("hi")));
    let handled = client.retry_deliveries(&[key("t/0"), key("x/0")]).await.unwrap();
    assert_eq!((handled.done, handled.unknown), (vec!["t/0".to_owned()], vec!["x/0".to_owned()]));
    let handled = client.drop_deliveries(&[key("t/1")]).await.unwrap();
    assert_eq!(handled.done, ["t/1"]);
}

#[tokio::test(start_paused = true)]
async fn an_older_daemon_says_that_it_does_not_know_the_outbox() {
    let (client, mut server) = scripted().await;
    let answering = async {
        server.hear().await.unwrap();
        let error = r#"{"code":"unknown_op","message":"this operation is not known"}"#;
        server.say(&format!(r#"{{"t":"result","id":"c0","error":{error}}}"#)).await;
    };
    let keys = [DeliveryKey::new("t/0").unwrap()];
    let (answer, ()) = tokio::join!(client.retry_deliveries(&keys), answering);
    assert!(matches!(answer, Err(ClientError::Refused { code, .. }) if code == code::UNKNOWN_OP));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_fit_is_not_sent() {
    let daemon = daemon();
    let client = daemon.client().await;
    let huge = "x".repeat(10 * 1024 * 1024);
    let error = client.send(&chat("c"), &huge).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the message is larger than 4194304 bytes, which is the most that can be sent"
    );
    assert!(client.send(&chat("c"), "still here").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_connection_ends_events_and_requests() {
    let daemon = daemon();
    let (stop, token) = switch();
    let mut client = LocalClient::over(daemon.stream(token), options()).await.unwrap();
    stop.cancel();
    assert_eq!(client.next().await, Some(ClientEvent::Bye { reason: "draining".to_owned() }));
    assert_eq!(client.next().await, None);
    assert!(matches!(client.send(&chat("c"), "x").await, Err(ClientError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn a_request_without_answer_ends_after_its_limit() {
    let (client, _server) = scripted().await;
    assert!(matches!(client.control(ControlOp::Status).await, Err(ClientError::NoAnswer)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_greet_or_speaks_another_version_is_refused() {
    let (ours, _theirs) = tokio::io::duplex(1024);
    assert!(matches!(LocalClient::over(ours, options()).await, Err(ClientError::NoAnswer)));

    let (ours, theirs) = tokio::io::duplex(1024);
    let mut server = RawPeer::new(theirs);
    server.say(r#"{"t":"hello","v":2,"server":"s","version":"1","pid":1}"#).await;
    let answer = LocalClient::over(ours, options()).await;
    assert!(matches!(answer, Err(ClientError::Version { found: 2, ours: 1 })));
}

#[tokio::test(start_paused = true)]
async fn closing_writes_the_last_confirmation() {
    let daemon = daemon();
    let mut client = daemon.client().await;
    client.attach(&chat("c")).await.unwrap();
    client.control(ControlOp::Status).await.unwrap();
    let delivery = message("c", "t", 0, "bye");
    let reading = async {
        assert!(matches!(client.next().await, Some(ClientEvent::Message { .. })));
        client.close().await;
    };
    let (sent, ()) = tokio::join!(daemon.hub.send(&delivery), reading);
    assert!(sent.is_ok());
}

#[tokio::test(start_paused = true)]
async fn two_clients_of_one_chat_see_the_same_turn() {
    let daemon = daemon();
    let (mut first, mut second) = (daemon.client().await, daemon.client().await);
    for client in [&first, &second] {
        client.attach(&chat("c")).await.unwrap();
        client.control(ControlOp::Status).await.unwrap();
    }
    daemon.hub.show(&target("c", "t"), LiveEvent::Text("hi"));
    let delta = ClientEvent::Delta { chat: chat("c"), turn: turn("t"), text: "hi".to_owned() };
    assert_eq!(first.next().await, Some(delta.clone()));
    assert_eq!(second.next().await, Some(delta));
}
