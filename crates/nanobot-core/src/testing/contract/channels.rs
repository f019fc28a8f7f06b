//! The promises of [`Ingest`], [`ChannelSender`] and [`LiveSink`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ids::{ChatId, SessionKey};
use crate::outcome::TurnOutcome;
use crate::ports::{ChannelSender, Ingest, LiveEvent, LiveSink, Outgoing};
use crate::testing::channels::live_target;
use crate::testing::event;
use crate::testing::journal::delivery;

/// Checks repeats and cancelling. No turn needs to run for it; if turns do, they must not finish before the
/// suite has asked.
///
/// # Panics
/// When a promise is broken.
pub async fn ingest_contract<I: Ingest>(make: impl AsyncFn() -> I) {
    let ingest = make().await;
    let first = ingest.receive(event::wa("hello").id("m1").build()).await.unwrap();
    assert!(first.turn.is_some(), "a new message gets a turn");
    let again = ingest.receive(event::wa("hello").id("m1").build()).await.unwrap();
    assert_eq!(again.turn, None, "a message that came before gets none");
    let second = ingest.receive(event::wa("hello").id("m2").build()).await.unwrap();
    assert!(second.turn.is_some() && second.turn != first.turn, "another message gets another turn");
    let blank = ingest.receive(event::wa("hello").without_id().build()).await.unwrap();
    let blank_again = ingest.receive(event::wa("hello").without_id().build()).await.unwrap();
    assert!(blank.turn.is_some() && blank_again.turn.is_some(), "without an id every message is new");
    let idle = SessionKey::new("whatsapp:nobody@g.us").unwrap();
    assert!(!ingest.cancel(&idle).await, "where no turn runs, none is stopped");
}

/// Checks that confirmed messages have arrived, in order. `make` gives a sender whose network is there and
/// knows the chat `chat`; `arrived` reads the texts that the network got there.
///
/// # Panics
/// When a promise is broken.
pub async fn channel_sender_contract<S: ChannelSender>(
    make: impl AsyncFn() -> S,
    chat: &ChatId,
    arrived: impl AsyncFn(&S) -> Vec<String>,
) {
    let sender = make().await;
    assert_eq!(sender.channel(), sender.channel(), "a sender serves one channel");
    for (index, text) in ["first", "zwölf Boxkämpfer 🥊"].into_iter().enumerate() {
        let mut delivery = delivery("t1", index, chat.as_str(), text);
        if let Outgoing::Message(message) = &mut delivery.outgoing {
            message.channel = sender.channel();
        }
        sender.send(&delivery).await.unwrap();
        let texts = arrived(&sender).await;
        assert_eq!(texts.len(), index + 1, "what is confirmed has arrived, once");
        assert_eq!(texts.last().map(String::as_str), Some(text), "the text arrives as it was sent");
    }
}

/// Checks that a sink takes events in any order, also of turns that it never heard of.
///
/// # Panics
/// When the adapter does.
pub fn live_sink_contract<S: LiveSink>(make: impl Fn() -> S) {
    let sink = make();
    let events = [
        LiveEvent::Ended(TurnOutcome::Answered),
        LiveEvent::Typing(true),
        LiveEvent::Text("zwölf "),
        LiveEvent::Text(""),
        LiveEvent::Aside,
        LiveEvent::Tool("read_file"),
        LiveEvent::Text("Boxkämpfer"),
        LiveEvent::Typing(false),
        LiveEvent::Ended(TurnOutcome::Cancelled),
        LiveEvent::Text("late"),
    ];
    for turn in ["turn-1", "turn-2"] {
        for event in events {
            sink.show(&live_target(turn), event);
        }
    }
}
