//! The promises of [`Journal`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ids::TurnId;
use crate::ports::{InboundId, Ingested, Journal, Seen};
use crate::record::{RECORD_VERSION, StepAnswer, StepDone, StepKind, StepStarted};
use crate::testing::event;
use crate::testing::journal::{append, closing};
use crate::time::{Timestamp, WallTime};

/// Checks repeats, attempts, steps, closing and projection.
///
/// # Panics
/// When a promise is broken.
pub async fn journal_contract<J: Journal>(make: impl AsyncFn() -> J) {
    let named = make().await;
    assert!(!named.name().trim().is_empty(), "a journal has a name for the status report");
    repeats_are_recognised(&make().await).await;
    messages_without_id_are_always_new(&make().await).await;
    attempts_are_counted_per_message(&make().await).await;
    steps_are_accepted(&make().await).await;
    closed_lines_wait_in_order_until_they_are_projected(&make().await).await;
    closing_twice_is_harmless(&make().await).await;
    a_closing_may_have_no_message(&make().await).await;
}

async fn ingest(journal: &impl Journal, event: event::EventBuilder) -> Ingested {
    journal.ingest(&event.build()).await.unwrap()
}

async fn repeats_are_recognised(journal: &impl Journal) {
    let first = ingest(journal, event::wa("hello").id("m1")).await;
    assert_eq!(first.seen, Seen::First, "a message that never came before is new");
    let again = ingest(journal, event::wa("other words").id("m1")).await;
    assert_eq!(again, Ingested { id: first.id, seen: Seen::Again }, "the same key is the same message");

    let others = [
        ("another id", event::wa("hello").id("m2")),
        ("another chat", event::wa("hello").id("m1").chat("other@g.us")),
        ("another account", event::wa("hello").id("m1").account("second")),
        ("another channel", event::cli("hello").id("m1").chat("49170@s.whatsapp.net")),
    ];
    let mut given = vec![first.id];
    for (what, other) in others {
        let ingested = ingest(journal, other).await;
        assert_eq!(ingested.seen, Seen::First, "{what} makes another message");
        assert!(!given.contains(&ingested.id), "{what} gets a number of its own");
        given.push(ingested.id);
    }
}

async fn messages_without_id_are_always_new(journal: &impl Journal) {
    let first = ingest(journal, event::wa("hello").without_id()).await;
    let second = ingest(journal, event::wa("hello").without_id()).await;
    assert_eq!((first.seen, second.seen), (Seen::First, Seen::First), "nothing says that it is the same");
    assert_ne!(first.id, second.id, "two messages have two numbers");
}

async fn begin(journal: &impl Journal, id: InboundId, turn: &str) -> u32 {
    journal.begin(id, &TurnId::new(turn).unwrap(), &noon()).await.unwrap().number
}

async fn attempts_are_counted_per_message(journal: &impl Journal) {
    let one = ingest(journal, event::wa("hello").id("m1")).await.id;
    let two = ingest(journal, event::wa("hello").id("m2")).await.id;
    assert_eq!(begin(journal, one, "t1").await, 1, "the first attempt has number 1");
    assert_eq!(begin(journal, one, "t1").await, 2, "each attempt counts one more");
    assert_eq!(begin(journal, two, "t2").await, 1, "another message has a count of its own");
}

async fn steps_are_accepted(journal: &impl Journal) {
    let id = ingest(journal, event::wa("hello").id("m1")).await.id;
    begin(journal, id, "t1").await;
    let turn = TurnId::new("t1").unwrap();
    let started = StepStarted { v: RECORD_VERSION, index: 0, step: StepKind::Model };
    journal.step_started(&turn, &started).await.unwrap();
    let answer = StepAnswer::ModelFailed { code: "network".to_owned() };
    let done = StepDone { v: RECORD_VERSION, index: 0, answer };
    journal.step_done(&turn, &done).await.unwrap();
}

async fn closed_lines_wait_in_order_until_they_are_projected(journal: &impl Journal) {
    assert_eq!(journal.unprojected(10).await.unwrap(), Vec::new(), "a fresh journal owes no lines");
    let mut first = closing("t1");
    first.inbound = Some(ingest(journal, event::wa("hello").id("m1")).await.id);
    first.sessions = vec![append("whatsapp:a", "one"), append("whatsapp:b", "two")];
    journal.close(&first).await.unwrap();
    let mut second = closing("t2");
    second.sessions = vec![append("whatsapp:a", "three")];
    journal.close(&second).await.unwrap();

    let waiting = journal.unprojected(10).await.unwrap();
    let appends: Vec<_> = waiting.iter().map(|pending| pending.append.clone()).collect();
    let expected: Vec<_> = first.sessions.iter().chain(&second.sessions).cloned().collect();
    assert_eq!(appends, expected, "lines wait in the order in which they were closed");
    assert!(waiting.iter().all(|pending| pending.at == first.at), "lines keep the time of their closing");
    assert_eq!(journal.unprojected(2).await.unwrap(), waiting.iter().take(2).cloned().collect::<Vec<_>>());

    let middle = waiting.get(1).unwrap();
    journal.projected(middle.id).await.unwrap();
    let left = journal.unprojected(10).await.unwrap();
    let expected: Vec<_> = waiting.iter().filter(|pending| pending.id != middle.id).cloned().collect();
    assert_eq!(left, expected, "projected lines wait no more, the others do");
    journal.projected(middle.id).await.unwrap();
    assert_eq!(journal.unprojected(10).await.unwrap(), expected, "projecting twice is harmless");
}

async fn closing_twice_is_harmless(journal: &impl Journal) {
    let mut closed = closing("t1");
    closed.inbound = Some(ingest(journal, event::wa("hello").id("m1")).await.id);
    closed.sessions = vec![append("whatsapp:a", "one")];
    journal.close(&closed).await.unwrap();
    let waiting = journal.unprojected(10).await.unwrap();
    journal.close(&closed).await.unwrap();
    assert_eq!(journal.unprojected(10).await.unwrap(), waiting, "the second closing adds nothing");
    let again = ingest(journal, event::wa("hello").id("m1")).await;
    assert_eq!(again.seen, Seen::Again, "a closed message is still known");
}

async fn a_closing_may_have_no_message(journal: &impl Journal) {
    let mut blank = closing("t1");
    blank.inbound = None;
    journal.close(&blank).await.unwrap();
    assert_eq!(journal.unprojected(10).await.unwrap(), Vec::new(), "nothing was said, nothing waits");
}

fn noon() -> WallTime {
    WallTime::utc(event::SENT_AT.parse::<Timestamp>().unwrap())
}
