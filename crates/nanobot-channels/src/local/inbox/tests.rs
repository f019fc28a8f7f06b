//! The inbox on its own: frames are put in, and the queue is read by hand.

use super::*;
use crate::testing::{chat, turn};

fn delta(chat: &str, turn: &str, text: &str) -> ServerFrame {
    ServerFrame::Delta { chat: chat.to_owned(), turn: turn.to_owned(), text: text.to_owned() }
}

fn ended(chat: &str, turn: &str) -> ServerFrame {
    ServerFrame::Ended { chat: chat.to_owned(), turn: turn.to_owned(), outcome: "answered".to_owned() }
}

/// As many live events of these two turns as fit.
fn full() -> (Arc<Inbox>, mpsc::Receiver<Queued>) {
    let (inbox, queue) = Inbox::new();
    for _ in 0..(QUEUED_EVENTS - RESERVED_EVENTS) / 2 {
        inbox.take(delta("a", "ta", "x")).unwrap();
        inbox.take(delta("b", "tb", "x")).unwrap();
    }
    (inbox, queue)
}

fn events(queue: &mut mpsc::Receiver<Queued>) -> Vec<ClientEvent> {
    std::iter::from_fn(|| queue.try_recv().ok())
        .map(|queued| match queued {
            Queued::Event(event) => event,
            Queued::Repeat(key) => panic!("{key} was handed over twice"),
        })
        .collect()
}

#[test]
fn chats_that_lag_in_turn_are_all_remembered() {
    let (inbox, mut queue) = full();
    inbox.take(delta("a", "ta", "lost")).unwrap();
    inbox.take(delta("b", "tb", "lost")).unwrap();
    assert_eq!(events(&mut queue).len(), QUEUED_EVENTS - RESERVED_EVENTS);
    inbox.take(delta("a", "ta", "after a gap")).unwrap();
    inbox.take(delta("b", "tb", "after a gap")).unwrap();
    inbox.take(ended("a", "ta")).unwrap();
    inbox.take(delta("b", "tb", "still after a gap")).unwrap();
    inbox.take(delta("a", "next", "y")).unwrap();
    let next = ClientEvent::Delta { chat: chat("a"), turn: turn("next"), text: "y".to_owned() };
    let end = ClientEvent::Ended { chat: chat("a"), turn: turn("ta"), outcome: Some(TurnOutcome::Answered) };
    assert_eq!(events(&mut queue), [end, next]);
}

#[test]
fn a_server_that_makes_more_chats_lag_than_there_can_be_is_given_up() {
    let (inbox, _queue) = full();
    for number in 0..LAGGING_CHATS {
        inbox.take(delta(&format!("c{number}"), "t", "lost")).unwrap();
    }
    assert!(inbox.take(delta("one more", "t", "lost")).is_err());
}
