//! The promises of [`Journal`] that hold without a restart; what survives one is in `durable.rs`.
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ids::TurnId;
use crate::ports::{InboundId, Ingested, Journal, Seen, StoreErrorKind};
use crate::record::{RECORD_VERSION, StepAnswer, StepDone, StepKind, StepStarted};
use crate::testing::event;
use crate::testing::journal::closing;
use crate::time::{Timestamp, WallTime};

/// Checks repeats, attempts, steps and closing.
///
/// # Panics
/// When a promise is broken.
pub async fn journal_contract<J: Journal>(make: impl AsyncFn() -> J) {
    let named = make().await;
    assert!(!named.name().trim().is_empty(), "a journal has a name for the status report");
    repeats_are_recognised(&make().await).await;
    messages_without_id_are_always_new(&make().await).await;
    attempts_are_counted_per_message(&make().await).await;
    an_attempt_that_is_handed_back_counts_no_more(&make().await).await;
    an_unknown_message_does_not_begin(&make().await).await;
    steps_are_accepted(&make().await).await;
    a_closed_message_is_still_known(&make().await).await;
    a_closing_may_have_no_message(&make().await).await;
    a_fresh_journal_has_nothing_to_forget(&make().await).await;
}

pub(super) async fn ingest(journal: &impl Journal, event: event::EventBuilder, turn: &str) -> Ingested {
    journal.ingest(&event.build(), &TurnId::new(turn).unwrap(), now()).await.unwrap()
}

async fn repeats_are_recognised(journal: &impl Journal) {
    let first = ingest(journal, event::wa("hello").id("m1"), "t1").await;
    assert_eq!(first.seen, Seen::First, "a message that never came before is new");
    let again = ingest(journal, event::wa("other words").id("m1"), "t2").await;
    assert_eq!(again, Ingested { id: first.id, seen: Seen::Again }, "the same key is the same message");

    let others = [
        ("another id", event::wa("hello").id("m2")),
        ("another chat", event::wa("hello").id("m1").chat("other@g.us")),
        ("another account", event::wa("hello").id("m1").account("second")),
        ("another channel", event::cli("hello").id("m1").chat("49170@s.whatsapp.net")),
    ];
    let mut given = vec![first.id];
    for (index, (what, other)) in others.into_iter().enumerate() {
        let ingested = ingest(journal, other, &format!("other{index}")).await;
        assert_eq!(ingested.seen, Seen::First, "{what} makes another message");
        assert!(!given.contains(&ingested.id), "{what} gets a number of its own");
        given.push(ingested.id);
    }
}

async fn messages_without_id_are_always_new(journal: &impl Journal) {
    let first = ingest(journal, event::wa("hello").without_id(), "t1").await;
    let second = ingest(journal, event::wa("hello").without_id(), "t2").await;
    assert_eq!((first.seen, second.seen), (Seen::First, Seen::First), "nothing says that it is the same");
    assert_ne!(first.id, second.id, "two messages have two numbers");
}

pub(super) async fn begin(journal: &impl Journal, id: InboundId) -> u32 {
    journal.begin(id, &WallTime::utc(now())).await.unwrap().number
}

async fn attempts_are_counted_per_message(journal: &impl Journal) {
    let one = ingest(journal, event::wa("hello").id("m1"), "t1").await.id;
    let two = ingest(journal, event::wa("hello").id("m2"), "t2").await.id;
    assert_eq!(begin(journal, one).await, 1, "the first attempt has number 1");
    assert_eq!(begin(journal, one).await, 2, "each attempt counts one more");
    assert_eq!(begin(journal, two).await, 1, "another message has a count of its own");
    let reading = WallTime::utc(now());
    let attempt = journal.begin(two, &reading).await.unwrap();
    assert_eq!(attempt.at, reading, "without a step, an attempt has its own reading of the clock");
}

async fn an_attempt_that_is_handed_back_counts_no_more(journal: &impl Journal) {
    let id = ingest(journal, event::wa("hello").id("m1"), "t1").await.id;
    assert_eq!(begin(journal, id).await, 1);
    journal.hand_back(id).await.unwrap();
    assert_eq!(begin(journal, id).await, 1, "the attempt before was taken back");
}

async fn an_unknown_message_does_not_begin(journal: &impl Journal) {
    let error = journal.begin(InboundId(7), &WallTime::utc(now())).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::NotFound, "nobody gave that number");
}

pub(super) fn step_started(index: u32) -> StepStarted {
    StepStarted { v: RECORD_VERSION, index, step: StepKind::Model { labels: "owner".to_owned(), limit: 20 } }
}

pub(super) fn step_done(index: u32, code: &str) -> StepDone {
    StepDone { v: RECORD_VERSION, index, answer: StepAnswer::ModelFailed { code: code.to_owned() } }
}

async fn steps_are_accepted(journal: &impl Journal) {
    let id = ingest(journal, event::wa("hello").id("m1"), "t1").await.id;
    begin(journal, id).await;
    let turn = TurnId::new("t1").unwrap();
    for _ in 0..2 {
        journal.step_started(&turn, &step_started(0)).await.unwrap();
        journal.step_done(&turn, &step_done(0, "network")).await.unwrap();
    }
}

async fn a_closed_message_is_still_known(journal: &impl Journal) {
    let mut closed = closing("t1");
    let first = ingest(journal, event::wa("hello").id("m1"), "t1").await;
    closed.inbound = Some(first.id);
    journal.close(&closed).await.unwrap();
    journal.close(&closed).await.unwrap();
    let again = ingest(journal, event::wa("hello").id("m1"), "t2").await;
    assert_eq!(again, Ingested { id: first.id, seen: Seen::Again }, "a closed message is still known");
    let open = journal.open_turns(InboundId(0), 10).await.unwrap();
    assert!(open.is_empty(), "a closed turn waits for nothing");
}

async fn a_closing_may_have_no_message(journal: &impl Journal) {
    journal.close(&closing("t1")).await.unwrap();
    let open = journal.open_turns(InboundId(0), 10).await.unwrap();
    assert!(open.is_empty(), "what was closed without a message is no open turn");
}

async fn a_fresh_journal_has_nothing_to_forget(journal: &impl Journal) {
    let session = event::wa("hello").build().session();
    assert_eq!(journal.forget(&session).await.unwrap(), 0, "there was no turn to empty");
    let tidied = journal.tidy(now()).await.unwrap();
    assert_eq!((tidied.emptied, tidied.dropped), (0, 0), "there was nothing to give back");
}

pub(super) fn now() -> Timestamp {
    event::SENT_AT.parse().unwrap()
}
