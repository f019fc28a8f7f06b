//! The promises of a journal that says it is durable: what it holds after it was opened again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "contract suites are test code")]

use std::time::Duration;

use super::journal::{begin, ingest, now, step_done, step_started};
use crate::ids::{SessionKey, TurnId};
use crate::ports::{InboundId, Ingested, Journal, LineQueue, Outbox, Seen, StoreErrorKind};
use crate::testing::event;
use crate::testing::journal::{closing, delivery, write};
use crate::time::{Timestamp, WallTime};

/// Checks what survives. `reopen` lets go of a journal and opens another one on what it left.
///
/// # Panics
/// When a promise is broken.
pub async fn durable_journal_contract<J: Journal + Outbox + LineQueue>(
    make: impl AsyncFn() -> J,
    reopen: impl AsyncFn(J) -> J,
) {
    assert!(make().await.is_durable(), "a journal that runs this suite says that it is durable");
    a_message_without_outcome_is_open(make().await, &reopen).await;
    open_turns_come_in_order(make().await, &reopen).await;
    attempts_are_counted_across_processes(make().await, &reopen).await;
    steps_come_back_by_index(make().await, &reopen).await;
    a_turn_with_a_step_keeps_its_reading_of_the_clock(make().await, &reopen).await;
    steps_are_recorded_for_open_turns_only(make().await).await;
    a_closed_turn_stays_closed(make().await, &reopen).await;
    deliveries_keep_their_state(make().await, &reopen).await;
    lines_that_are_not_settled_wait_again(make().await, &reopen).await;
    forgetting_keeps_what_is_still_needed(make().await, &reopen).await;
    old_words_are_forgotten_and_outcomes_are_not(make().await, &reopen).await;
}

fn turn(id: &str) -> TurnId {
    TurnId::new(id).unwrap()
}

fn later(seconds: u64) -> Timestamp {
    now().checked_add(Duration::from_secs(seconds)).unwrap()
}

async fn open(journal: &impl Journal) -> Vec<String> {
    let turns = journal.open_turns(InboundId(0), 100).await.unwrap();
    turns.iter().map(|open| open.turn.to_string()).collect()
}

async fn a_message_without_outcome_is_open<J: Journal>(journal: J, reopen: &impl AsyncFn(J) -> J) {
    let message = event::wa("zwölf \"Boxkämpfer\" 🥊").group("1@g.us").replying_to("q").id("m1");
    let first = ingest(&journal, message.clone(), "t1").await;
    ingest(&journal, message.clone(), "t2").await;
    let journal = reopen(journal).await;
    let turns = journal.open_turns(InboundId(0), 100).await.unwrap();
    let [found] = turns.as_slice() else { panic!("one message is open, not {}", turns.len()) };
    assert_eq!((found.inbound, &found.turn), (first.id, &turn("t1")), "the first turn answers it");
    assert_eq!(found.event, message.clone().build(), "nothing of a message is lost on the way");
    let again = ingest(&journal, message, "t3").await;
    assert_eq!(again, Ingested { id: first.id, seen: Seen::Again }, "a repeat is known after a restart");
}

async fn open_turns_come_in_order<J: Journal>(journal: J, reopen: &impl AsyncFn(J) -> J) {
    let mut ids = Vec::new();
    for index in 0..4 {
        let message = event::wa("hello").id(&format!("m{index}"));
        ids.push(ingest(&journal, message, &format!("t{index}")).await.id);
    }
    let mut closed = closing("t1");
    closed.inbound = ids.get(1).copied();
    journal.close(&closed).await.unwrap();
    let journal = reopen(journal).await;
    assert_eq!(open(&journal).await, ["t0", "t2", "t3"], "oldest first, without the closed one");
    let page = journal.open_turns(*ids.first().unwrap(), 1).await.unwrap();
    let page: Vec<_> = page.iter().map(|open| open.turn.as_str()).collect();
    assert_eq!(page, ["t2"], "a page begins behind the last one");
}

async fn attempts_are_counted_across_processes<J: Journal>(journal: J, reopen: &impl AsyncFn(J) -> J) {
    let id = ingest(&journal, event::wa("hello").id("m1"), "t1").await.id;
    assert_eq!(begin(&journal, id).await, 1);
    let journal = reopen(journal).await;
    assert_eq!(begin(&journal, id).await, 2, "an attempt counts although its process died");
    journal.hand_back(id).await.unwrap();
    let journal = reopen(journal).await;
    assert_eq!(begin(&journal, id).await, 2, "an attempt that was handed back does not");
}

async fn steps_come_back_by_index<J: Journal>(journal: J, reopen: &impl AsyncFn(J) -> J) {
    let id = ingest(&journal, event::wa("hello").id("m1"), "t1").await.id;
    begin(&journal, id).await;
    let t1 = turn("t1");
    journal.step_started(&t1, &step_started(0)).await.unwrap();
    journal.step_done(&t1, &step_done(0, "first")).await.unwrap();
    journal.step_done(&t1, &step_done(0, "second")).await.unwrap();
    journal.step_started(&t1, &step_started(1)).await.unwrap();
    let journal = reopen(journal).await;
    let steps = journal.begin(id, &WallTime::utc(now())).await.unwrap().steps;
    let [one, two] = steps.as_slice() else { panic!("two steps were started, not {}", steps.len()) };
    assert_eq!((one.started.index, two.started.index), (0, 1), "steps come by index");
    assert_eq!(one.done, Some(step_done(0, "first")), "the first record of an answer stands");
    assert_eq!(two.done, None, "nobody lived to write the answer down");
}

async fn a_turn_with_a_step_keeps_its_reading_of_the_clock<J: Journal>(
    journal: J,
    reopen: &impl AsyncFn(J) -> J,
) {
    let id = ingest(&journal, event::wa("hello").id("m1"), "t1").await.id;
    let at = |seconds| WallTime { zone: "CET".to_owned(), ..WallTime::utc(later(seconds)) };
    journal.begin(id, &at(1)).await.unwrap();
    let journal = reopen(journal).await;
    let second = journal.begin(id, &at(2)).await.unwrap();
    assert_eq!(second.at, at(2), "an attempt before the first step leaves no reading behind");
    journal.step_started(&turn("t1"), &step_started(0)).await.unwrap();
    let journal = reopen(journal).await;
    let third = journal.begin(id, &at(3)).await.unwrap();
    assert_eq!(third.at, at(2), "the attempt that recorded the first step read the clock for all");
}

async fn steps_are_recorded_for_open_turns_only(journal: impl Journal) {
    let unknown = journal.step_started(&turn("nobody"), &step_started(0)).await.unwrap_err();
    assert_eq!(unknown.kind, StoreErrorKind::NotFound, "a step of an unknown turn must not run");
    let mut closed = closing("t1");
    closed.inbound = Some(ingest(&journal, event::wa("hello").id("m1"), "t1").await.id);
    journal.close(&closed).await.unwrap();
    let late = journal.step_started(&turn("t1"), &step_started(0)).await.unwrap_err();
    assert_eq!(late.kind, StoreErrorKind::NotFound, "a step of a closed turn must not run");
}

async fn a_closed_turn_stays_closed<J: Journal + Outbox>(journal: J, reopen: &impl AsyncFn(J) -> J) {
    let id = ingest(&journal, event::wa("hello").id("m1"), "t1").await.id;
    begin(&journal, id).await;
    let mut closed = closing("t1");
    closed.inbound = Some(id);
    closed.deliveries = vec![delivery("t1", 0, "a", "answer")];
    journal.close(&closed).await.unwrap();
    journal.delivered(&closed.deliveries.first().unwrap().key).await.unwrap();
    let journal = reopen(journal).await;
    journal.close(&closed).await.unwrap();
    assert_eq!(journal.count().await.unwrap(), 0, "a late second closing sends nothing");
    assert!(open(&journal).await.is_empty());
    let error = journal.begin(id, &WallTime::utc(now())).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::NotFound, "what has its outcome is not tried again");
}

async fn deliveries_keep_their_state<J: Journal + Outbox>(journal: J, reopen: &impl AsyncFn(J) -> J) {
    let mut closed = closing("t1");
    let chats = ["sent", "postponed", "parked", "untouched"];
    closed.deliveries =
        chats.iter().enumerate().map(|(index, chat)| delivery("t1", index, chat, "x")).collect();
    journal.close(&closed).await.unwrap();
    let key = |index: usize| &closed.deliveries.get(index).unwrap().key;
    journal.delivered(key(0)).await.unwrap();
    journal.postpone(key(1), later(60), "unreachable").await.unwrap();
    journal.park(key(2), "rejected").await.unwrap();
    let before = journal.list(100).await.unwrap();
    let journal = reopen(journal).await;
    let after = journal.list(100).await.unwrap();
    assert_eq!(after, before, "what waits and what is parked is the same after a restart");
    assert_eq!(after.len(), 3, "what was delivered does not come back");
    let due = journal.due(now(), 100).await.unwrap();
    let due: Vec<_> = due.iter().map(|row| &row.delivery.key).collect();
    assert_eq!(due, [key(3)], "a postponed delivery keeps its time across a restart");
}

async fn lines_that_are_not_settled_wait_again<J: Journal + LineQueue>(
    journal: J,
    reopen: &impl AsyncFn(J) -> J,
) {
    let mut closed = closing("t1");
    closed.sessions = vec![write("cli:a", "one", 0), write("cli:a", "two", 4), write("cli:a", "three", 8)];
    journal.close(&closed).await.unwrap();
    let before = journal.waiting(10).await.unwrap();
    for row in before.iter().take(2) {
        journal.written(row.id, row.write.end());
    }
    let session = SessionKey::new("cli:a").unwrap();
    journal.settle(&[(session.clone(), before.first().unwrap().id)]).await.unwrap();
    let journal = reopen(journal).await;
    let after = journal.waiting(10).await.unwrap();
    assert_eq!(after, before.get(1..).unwrap(), "only what is settled is done with");
    assert!(journal.unsettled(10).is_empty(), "what was merely written is compared with the file again");
    assert_eq!(journal.end_of(&session).await.unwrap(), Some(14));
}

/// An answered turn of the chat of [`event::wa`] whose delivery is done, one whose delivery waits, an open one.
async fn three_turns(journal: &(impl Journal + Outbox)) {
    for (index, id) in ["t1", "t2", "t3"].into_iter().enumerate() {
        let inbound = ingest(journal, event::wa("hello").id(&format!("m{index}")), id).await.id;
        let mut closed = closing(id);
        closed.inbound = Some(inbound);
        closed.deliveries = vec![delivery(id, 0, "49170@s.whatsapp.net", id)];
        if index < 2 {
            journal.close(&closed).await.unwrap();
        }
    }
    journal.delivered(&delivery("t1", 0, "a", "").key).await.unwrap();
}

async fn what_is_needed_is_there(journal: &(impl Journal + Outbox)) {
    assert_eq!(open(journal).await, ["t3"], "an open turn is left alone");
    let rows = journal.due(now(), 10).await.unwrap();
    let rows: Vec<_> = rows.into_iter().map(|row| row.delivery).collect();
    assert_eq!(rows, [delivery("t2", 0, "49170@s.whatsapp.net", "t2")], "what waits is sent all the same");
    let again = ingest(journal, event::wa("hello").id("m0"), "t9").await;
    assert_eq!(again.seen, Seen::Again, "a message is known although its words are forgotten");
}

async fn forgetting_keeps_what_is_still_needed<J: Journal + Outbox>(
    journal: J,
    reopen: &impl AsyncFn(J) -> J,
) {
    three_turns(&journal).await;
    let other = SessionKey::new("whatsapp:other").unwrap();
    assert_eq!(journal.forget(&other).await.unwrap(), 0, "another session is another session");
    let session = event::wa("hello").build().session();
    assert_eq!(journal.forget(&session).await.unwrap(), 2, "both closed turns are emptied");
    assert_eq!(journal.forget(&session).await.unwrap(), 0, "what is forgotten cannot be forgotten again");
    what_is_needed_is_there(&reopen(journal).await).await;
}

async fn old_words_are_forgotten_and_outcomes_are_not<J: Journal + Outbox>(
    journal: J,
    reopen: &impl AsyncFn(J) -> J,
) {
    three_turns(&journal).await;
    assert_eq!(journal.tidy(later(60)).await.unwrap().emptied, 0, "young words are kept");
    let in_ten_years = later(10 * 365 * 24 * 60 * 60);
    assert_eq!(journal.tidy(in_ten_years).await.unwrap().emptied, 2, "old words of closed turns are not");
    what_is_needed_is_there(&reopen(journal).await).await;
}
