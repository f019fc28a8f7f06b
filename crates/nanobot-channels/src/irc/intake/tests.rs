//! Refusals of the daemon, in time that is skipped.

use nanobot_core::cancel::CancelSwitch;
use nanobot_core::ports::{StoreError, StoreErrorKind};
use nanobot_core::testing::FakeIngest;
use nanobot_core::testing::event::EventBuilder;

use super::*;
use crate::irc::channel_name;

fn event(chat: &str, words: &str) -> InboundEvent {
    EventBuilder::new(channel_name(), chat, "n!u@h", words).build()
}

/// Hands messages over and waits until all are dealt with.
async fn hand_over(ingest: &Arc<FakeIngest>, events: Vec<InboundEvent>) -> u64 {
    let (board, (sender, waiting)) = (Board::new(), mpsc::channel(MAX_WAITING));
    for event in events {
        sender.send(event).await.unwrap();
    }
    drop(sender);
    run(waiting, ingest.clone(), board.clone(), CancelToken::never()).await;
    board.read().dropped
}

fn words(ingest: &FakeIngest) -> Vec<String> {
    ingest.events().iter().map(InboundEvent::text).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time that a paused runtime has skipped is what is measured"
)]
fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

fn full() -> IngestError {
    IngestError::QueueFull { waiting: 20 }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_passes_loses_nothing() {
    let ingest = Arc::new(FakeIngest::new());
    for refusal in [
        full(),
        IngestError::TooManyChats { limit: 2 },
        StoreError::new(StoreErrorKind::Busy, "storing").into(),
    ] {
        ingest.refuse_next(refusal);
    }
    assert_eq!(hand_over(&ingest, vec![event("#a", "1"), event("#a", "2")]).await, 0);
    assert_eq!(words(&ingest), ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_stays_drops_the_message_and_is_counted() {
    let ingest = Arc::new(FakeIngest::new());
    for _ in 0..=PAUSES.len() {
        ingest.refuse_next(full());
    }
    assert_eq!(hand_over(&ingest, vec![event("#a", "1"), event("#a", "2")]).await, 1);
    assert_eq!(words(&ingest), ["2"]);
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_is_full_holds_the_others_up_once() {
    let ingest = Arc::new(FakeIngest::new());
    for _ in 0..PAUSES.len() + 3 {
        ingest.refuse_next(full());
    }
    let before = now();
    let events =
        vec![event("#a", "1"), event("#a", "2"), event("#a", "3"), event("#b", "4"), event("#a", "5")];
    assert_eq!(hand_over(&ingest, events).await, 3);
    assert_eq!(words(&ingest), ["4", "5"]);
    assert!(before.elapsed() < Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn what_will_never_be_taken_is_not_tried_again() {
    let ingest = Arc::new(FakeIngest::new());
    ingest.refuse_next(IngestError::Draining);
    ingest.refuse_next(IngestError::TooLarge { found: 2, limit: 1 });
    assert_eq!(hand_over(&ingest, vec![event("#a", "1"), event("#a", "2"), event("#a", "3")]).await, 2);
    assert_eq!(words(&ingest), ["3"]);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_nobody_waits_for_a_pause() {
    let ingest = Arc::new(FakeIngest::new());
    for _ in 0..2 {
        ingest.refuse_next(full());
    }
    let (board, (sender, waiting)) = (Board::new(), mpsc::channel(MAX_WAITING));
    for words in ["1", "2"] {
        sender.send(event("#a", words)).await.unwrap();
    }
    drop(sender);
    let (switch, stop) = CancelSwitch::new();
    switch.cancel();
    let before = now();
    run(waiting, ingest.clone(), board.clone(), stop).await;
    assert!(before.elapsed() < Duration::from_millis(100));
    assert_eq!((words(&ingest), board.read().dropped), (vec!["2".to_owned()], 1));
}
