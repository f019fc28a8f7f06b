//! The hub on its own: connections are made without a stream, queues are read by hand.

use super::*;
use crate::testing::{chat, is_nobody_there, message, target};
use nanobot_core::TurnOutcome;

fn small() -> LocalLimits {
    LocalLimits { connections: 2, chats: 2, queued_frames: 4, ..LocalLimits::default() }
}

fn attached(hub: &Arc<LocalHub>, name: &str) -> (Connection, Drain) {
    let (connection, drain) = hub.connect().unwrap();
    connection.attach(chat(name)).unwrap();
    (connection, drain)
}

#[tokio::test(start_paused = true)]
async fn the_first_confirmation_ends_a_delivery() {
    let hub = LocalHub::new(LocalLimits::default());
    let (first, mut first_queue) = attached(&hub, "a");
    let (second, mut second_queue) = attached(&hub, "a");
    let delivery = message("a", "t", 0, "hello");
    let sending = hub.send(&delivery);
    let confirming = async {
        assert!(first_queue.next().await.unwrap().contains("hello"));
        assert!(second_queue.next().await.unwrap().contains("hello"));
        second.confirm(&delivery.key);
        // The other one comes late, which changes nothing.
        first.confirm(&delivery.key);
    };
    let (sent, ()) = tokio::join!(sending, confirming);
    assert!(sent.is_ok());
    assert!(hub.state().waiting.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_delivery_to_an_empty_chat_finds_nobody() {
    let hub = LocalHub::new(LocalLimits::default());
    let (_other, _queue) = attached(&hub, "b");
    assert!(is_nobody_there(&hub.send(&message("a", "t", 0, "x")).await));
}

#[tokio::test(start_paused = true)]
async fn without_confirmation_a_delivery_is_unreachable_after_its_limit() {
    let hub = LocalHub::new(LocalLimits::default());
    let (_connection, _queue) = attached(&hub, "a");
    let sent = hub.send(&message("a", "t", 0, "x")).await;
    assert!(matches!(sent, Err(SendError::Unreachable { wait: None })));
    assert!(hub.state().waiting.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_delivery_ends_when_everybody_who_had_it_has_gone() {
    let hub = LocalHub::new(LocalLimits::default());
    let (connection, mut queue) = attached(&hub, "a");
    let delivery = message("a", "t", 0, "x");
    let leaving = async {
        queue.next().await.unwrap();
        drop(connection);
    };
    let (sent, ()) = tokio::join!(hub.send(&delivery), leaving);
    assert!(is_nobody_there(&sent));
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_from_another_chat_does_not_count() {
    let hub = LocalHub::new(LocalLimits::default());
    let (_here, mut queue) = attached(&hub, "a");
    let (elsewhere, _queue) = attached(&hub, "b");
    let delivery = message("a", "t", 0, "x");
    let confirming = async {
        queue.next().await.unwrap();
        elsewhere.confirm(&delivery.key);
    };
    let (sent, ()) = tokio::join!(hub.send(&delivery), confirming);
    assert!(matches!(sent, Err(SendError::Unreachable { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_delivery_over_the_limit_of_a_line_or_for_another_channel_is_rejected() {
    let hub = LocalHub::new(LocalLimits::default());
    let (_connection, _queue) = attached(&hub, "a");
    let huge = "x".repeat(super::super::protocol::MAX_LINE_BYTES);
    let sent = hub.send(&message("a", "t", 0, &huge)).await;
    assert!(matches!(sent, Err(SendError::Rejected { code }) if code == code::TOO_LARGE));

    let mut foreign = message("a", "t", 0, "x");
    if let nanobot_core::ports::Outgoing::Message(message) = &mut foreign.outgoing {
        message.channel = ChannelName::TELEGRAM;
    }
    assert!(matches!(hub.send(&foreign).await, Err(SendError::Rejected { .. })));
}

#[tokio::test(start_paused = true)]
async fn live_events_reach_only_the_attached_and_stop_at_the_first_that_does_not_fit() {
    let hub = LocalHub::new(small());
    let (_connection, mut queue) = attached(&hub, "a");
    let (_other, other_queue) = attached(&hub, "b");
    let place = target("a", "t");
    for piece in ["1", "2", "3", "4"] {
        hub.show(&place, LiveEvent::Text(piece));
    }
    // Four fit, two are reserved: pieces 3 and 4 are dropped.
    assert!(queue.next().await.unwrap().contains(r#""text":"1""#));
    assert!(queue.next().await.unwrap().contains(r#""text":"2""#));
    // There is room again, but a piece after a gap would be wrong.
    hub.show(&place, LiveEvent::Text("5"));
    hub.show(&place, LiveEvent::Ended(TurnOutcome::Answered));
    assert!(queue.next().await.unwrap().contains(r#""t":"ended""#));
    hub.show(&target("a", "next"), LiveEvent::Text("6"));
    assert!(queue.next().await.unwrap().contains(r#""text":"6""#));
    drop(other_queue);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_misses_the_end_of_a_turn_is_let_go() {
    let hub = LocalHub::new(small());
    let (connection, _queue) = attached(&hub, "a");
    for number in 0..5 {
        hub.show(&target("a", &format!("t{number}")), LiveEvent::Ended(TurnOutcome::Answered));
    }
    assert!(connection.kicked().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn connections_and_chats_are_limited() {
    let hub = LocalHub::new(small());
    let (first, _first_queue) = attached(&hub, "a");
    let (_second, _second_queue) = attached(&hub, "a");
    assert!(hub.connect().is_err());
    assert_eq!(first.attach(chat("b")), Ok(()));
    assert_eq!(first.attach(chat("b")), Ok(()));
    assert_eq!(first.attach(chat("c")), Err(NoRoom));
    drop(first);
    assert!(hub.connect().is_ok());
}

#[tokio::test(start_paused = true)]
async fn chats_that_lag_in_turn_are_all_remembered() {
    let hub = LocalHub::new(small());
    let (connection, mut queue) = attached(&hub, "a");
    connection.attach(chat("b")).unwrap();
    let (first, second) = (target("a", "ta"), target("b", "tb"));
    for (place, piece) in [(&first, "1"), (&second, "2"), (&first, "lost"), (&second, "lost")] {
        hub.show(place, LiveEvent::Text(piece));
    }
    for expected in ["1", "2"] {
        assert!(queue.next().await.unwrap().contains(&format!(r#""text":"{expected}""#)));
    }
    for place in [&first, &second] {
        hub.show(place, LiveEvent::Text("after a gap"));
    }
    hub.show(&first, LiveEvent::Ended(TurnOutcome::Answered));
    hub.show(&second, LiveEvent::Text("still after a gap"));
    hub.show(&second, LiveEvent::Ended(TurnOutcome::Answered));
    for expected in ["ta", "tb"] {
        let line = queue.next().await.unwrap();
        assert!(line.contains(r#""t":"ended""#) && line.contains(expected), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_leaves_too_many_bytes_of_deliveries_unread_is_let_go() {
    let limits = LocalLimits { queued_event_bytes: 1_000, ..LocalLimits::default() };
    let hub = LocalHub::new(limits);
    let (connection, _queue) = attached(&hub, "a");
    let long = "x".repeat(600);
    for index in 0..2 {
        let sent = hub.send(&message("a", "t", index, &long)).await;
        assert!(matches!(sent, Err(SendError::Unreachable { wait: None })));
        assert_eq!(connection.kicked().is_cancelled(), index == 1);
    }
    assert!(hub.waiting_bytes() <= 1_000);
}
