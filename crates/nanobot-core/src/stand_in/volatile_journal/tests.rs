//! Tests of the limits; what journal, line queue and outbox promise is in the contract suites.

use super::*;
use crate::ports::{Seen, SessionWrite};
use crate::testing::contract::{journal_contract, line_queue_contract, outbox_contract};
use crate::testing::event;
use crate::testing::journal::{closing, delivery, write};

#[tokio::test]
async fn it_keeps_the_contract_of_a_journal() {
    journal_contract(async || VolatileJournal::new()).await;
}

#[tokio::test]
async fn it_keeps_the_contract_of_a_line_queue() {
    line_queue_contract(async || VolatileJournal::new()).await;
}

#[tokio::test]
async fn it_keeps_the_contract_of_an_outbox() {
    outbox_contract(async || VolatileJournal::new()).await;
}

fn noon() -> WallTime {
    WallTime::utc(event::SENT_AT.parse().unwrap())
}

async fn ingest(journal: &VolatileJournal, number: usize) -> Ingested {
    let event = event::wa("hi").id(&format!("m{number}")).build();
    journal.ingest(&event, &TurnId::new("t").unwrap(), noon().instant).await.unwrap()
}

/// So many rows of one session.
fn rows(session: &str, count: usize) -> Vec<SessionWrite> {
    vec![write(session, "line", 0); count]
}

#[tokio::test]
async fn the_oldest_key_is_forgotten_and_later_ones_are_not() {
    let journal = VolatileJournal::new();
    for number in 0..=VolatileJournal::MAX_REMEMBERED {
        ingest(&journal, number).await;
    }
    assert_eq!(ingest(&journal, 1).await.seen, Seen::Again);
    assert_eq!(ingest(&journal, 0).await.seen, Seen::First);
}

#[tokio::test]
async fn a_closing_that_overfills_the_outbox_leaves_nothing_behind() {
    let journal = VolatileJournal::new();
    let mut filling = closing("t1");
    filling.deliveries =
        (0..VolatileJournal::MAX_OUTBOX_ROWS).map(|index| delivery("t1", index, "a", "x")).collect();
    journal.close(&filling).await.unwrap();

    let mut refused = closing("t2");
    refused.sessions = rows("cli:default", 1);
    refused.deliveries = vec![delivery("t2", 0, "b", "y")];
    let error = journal.close(&refused).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Limit);
    assert_eq!(journal.waiting(10).await.unwrap(), Vec::new());

    journal.delivered(&filling.deliveries[0].key).await.unwrap();
    journal.close(&refused).await.unwrap();
    assert_eq!(journal.waiting(10).await.unwrap().len(), 1, "the same turn may close later");
}

#[tokio::test]
async fn a_closing_that_overfills_the_session_lines_is_refused() {
    let journal = VolatileJournal::new();
    let mut filling = closing("t1");
    filling.sessions = rows("cli:default", VolatileJournal::MAX_PENDING_APPENDS);
    journal.close(&filling).await.unwrap();
    let mut refused = closing("t2");
    refused.sessions = rows("cli:default", 1);
    let error = journal.close(&refused).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Limit);
}

#[tokio::test]
async fn a_session_that_is_stuck_is_refused_and_no_other() {
    let journal = VolatileJournal::new();
    let mut filling = closing("t1");
    filling.sessions = rows("cli:stuck", VolatileJournal::MAX_PENDING_APPENDS_PER_SESSION);
    journal.close(&filling).await.unwrap();
    let mut refused = closing("t2");
    refused.sessions = rows("cli:stuck", 1);
    assert_eq!(journal.close(&refused).await.unwrap_err().kind, StoreErrorKind::Limit);
    let mut taken = closing("t3");
    taken.sessions = rows("cli:other", 1);
    journal.close(&taken).await.unwrap();
}

#[tokio::test]
async fn a_turn_of_an_unknown_message_does_not_begin() {
    let journal = VolatileJournal::new();
    let error = journal.begin(InboundId(7), &noon()).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::NotFound);
}

#[tokio::test]
async fn steps_are_not_kept_and_no_turn_is_open_to_be_taken_up() {
    let journal = VolatileJournal::new();
    let taken = ingest(&journal, 1).await;
    journal.begin(taken.id, &noon()).await.unwrap();
    let step = crate::record::StepKind::Brake;
    let started = StepStarted { v: crate::record::RECORD_VERSION, index: 0, step };
    journal.step_started(&TurnId::new("t").unwrap(), &started).await.unwrap();
    assert_eq!(journal.begin(taken.id, &noon()).await.unwrap().steps, []);
    assert_eq!(journal.open_turns(InboundId(0), 10).await.unwrap(), []);
}
