//! Tests of the limits; what journal and outbox promise is in the contract suites.

use super::*;
use crate::ports::Seen;
use crate::testing::contract::{journal_contract, outbox_contract};
use crate::testing::event;
use crate::testing::journal::{append, closing, delivery};

#[tokio::test]
async fn it_keeps_the_contract_of_a_journal() {
    journal_contract(async || VolatileJournal::new()).await;
}

#[tokio::test]
async fn it_keeps_the_contract_of_an_outbox() {
    outbox_contract(async || VolatileJournal::new()).await;
}

#[tokio::test]
async fn the_oldest_key_is_forgotten_and_later_ones_are_not() {
    let journal = VolatileJournal::new();
    let at = |number: usize| event::wa("hi").id(&format!("m{number}")).build();
    for number in 0..=VolatileJournal::MAX_REMEMBERED {
        journal.ingest(&at(number)).await.unwrap();
    }
    assert_eq!(journal.ingest(&at(1)).await.unwrap().seen, Seen::Again);
    assert_eq!(journal.ingest(&at(0)).await.unwrap().seen, Seen::First);
}

#[tokio::test]
async fn a_closing_that_overfills_the_outbox_leaves_nothing_behind() {
    let journal = VolatileJournal::new();
    let mut filling = closing("t1");
    filling.deliveries =
        (0..VolatileJournal::MAX_OUTBOX_ROWS).map(|index| delivery("t1", index, "a", "x")).collect();
    journal.close(&filling).await.unwrap();

    let mut refused = closing("t2");
    refused.sessions = vec![append("cli:default", "lost?")];
    refused.deliveries = vec![delivery("t2", 0, "b", "y")];
    let error = journal.close(&refused).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Limit);
    assert_eq!(journal.unprojected(10).await.unwrap(), Vec::new());

    journal.delivered(&filling.deliveries[0].key).await.unwrap();
    journal.close(&refused).await.unwrap();
    assert_eq!(journal.unprojected(10).await.unwrap().len(), 1, "the same turn may close later");
}

#[tokio::test]
async fn a_closing_that_overfills_the_session_lines_is_refused() {
    let journal = VolatileJournal::new();
    let mut filling = closing("t1");
    filling.sessions = vec![append("cli:default", "line"); VolatileJournal::MAX_PENDING_APPENDS];
    journal.close(&filling).await.unwrap();
    let mut refused = closing("t2");
    refused.sessions = vec![append("cli:default", "one more")];
    let error = journal.close(&refused).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Limit);
}

#[tokio::test]
async fn a_session_that_is_stuck_is_refused_and_no_other() {
    let journal = VolatileJournal::new();
    let mut filling = closing("t1");
    filling.sessions = vec![append("cli:stuck", "line"); VolatileJournal::MAX_PENDING_APPENDS_PER_SESSION];
    journal.close(&filling).await.unwrap();
    let mut refused = closing("t2");
    refused.sessions = vec![append("cli:stuck", "one more")];
    assert_eq!(journal.close(&refused).await.unwrap_err().kind, StoreErrorKind::Limit);
    let mut taken = closing("t3");
    taken.sessions = vec![append("cli:other", "line")];
    journal.close(&taken).await.unwrap();
}

#[tokio::test]
async fn a_turn_of_an_unknown_message_does_not_begin() {
    let journal = VolatileJournal::new();
    let turn = TurnId::new("t").unwrap();
    let at = WallTime::utc(Timestamp::UNIX_EPOCH);
    let error = journal.begin(InboundId(7), &turn, &at).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::NotFound);
}
