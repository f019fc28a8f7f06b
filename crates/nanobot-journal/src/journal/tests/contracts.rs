//! The journal keeps the contracts of its ports, however it was let go of.

use std::sync::Mutex;

use nanobot_core::ports::{ChainHead, ChainHeads as _, StoreErrorKind};
use nanobot_core::testing::contract::{
    chain_heads_contract, durable_journal_contract, journal_contract, line_queue_contract, outbox_contract,
};

use crate::testing::Home;
use crate::{JournalReader, SqliteJournal};

/// Homes that live as long as the test.
#[derive(Default)]
pub(super) struct Homes(Mutex<Vec<Home>>);

impl Homes {
    pub(super) async fn journal(&self) -> SqliteJournal {
        let home = Home::new();
        let journal = home.open().await;
        self.0.lock().unwrap().push(home);
        journal
    }

    /// Another journal on a copy of what stands on the disk at this moment: what a killed process leaves.
    pub(super) async fn killed(&self, journal: SqliteJournal) -> SqliteJournal {
        let path = &journal.0.options.path;
        let home = {
            let homes = self.0.lock().unwrap();
            homes.iter().find(|home| home.path() == *path).unwrap().killed()
        };
        let reopened = home.open().await;
        self.0.lock().unwrap().push(home);
        reopened
    }
}

#[tokio::test]
async fn it_keeps_the_contract_of_a_journal() {
    let homes = Homes::default();
    journal_contract(async || homes.journal().await).await;
}

#[tokio::test]
async fn it_keeps_the_contract_of_an_outbox() {
    let homes = Homes::default();
    outbox_contract(async || homes.journal().await).await;
}

#[tokio::test]
async fn it_keeps_the_contract_of_a_line_queue() {
    let homes = Homes::default();
    line_queue_contract(async || homes.journal().await).await;
}

#[tokio::test]
async fn it_keeps_the_contract_of_chain_heads() {
    let homes = Homes::default();
    chain_heads_contract(async || homes.journal().await).await;
}

#[tokio::test]
async fn a_head_of_a_chain_is_durable_and_read_by_others() {
    let homes = Homes::default();
    let journal = homes.journal().await;
    let head = ChainHead { rows: 3, hash: "0a".repeat(32) };
    journal.set_chain_head("audit", &head).await.unwrap();
    let journal = homes.killed(journal).await;
    assert_eq!(journal.chain_head("audit").await.unwrap(), Some(head.clone()));
    let reader = JournalReader::open(&journal.0.options.path).await.unwrap();
    assert_eq!(reader.chain_head("audit").await.unwrap(), Some(head.clone()), "while the journal is open");
    journal.shut_down().await;
    assert_eq!(reader.chain_head("audit").await.unwrap(), Some(head), "and without it");
    assert_eq!(reader.chain_head("other").await.unwrap(), None);
}

#[tokio::test]
async fn a_chain_too_long_to_count_is_refused() {
    let homes = Homes::default();
    let head = ChainHead { rows: u64::MAX, hash: "0a".repeat(32) };
    let error = homes.journal().await.set_chain_head("audit", &head).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Limit);
}

#[tokio::test]
async fn it_is_durable_when_it_was_closed() {
    let homes = Homes::default();
    let reopen = async |journal: SqliteJournal| {
        let options = journal.0.options.clone();
        journal.shut_down().await;
        SqliteJournal::open(options).await.unwrap()
    };
    durable_journal_contract(async || homes.journal().await, reopen).await;
}

#[tokio::test]
async fn it_is_durable_when_it_was_dropped() {
    let homes = Homes::default();
    let reopen = async |journal: SqliteJournal| {
        let options = journal.0.options.clone();
        drop(journal);
        SqliteJournal::open(options).await.unwrap()
    };
    durable_journal_contract(async || homes.journal().await, reopen).await;
}

#[tokio::test]
async fn it_is_durable_when_its_process_was_killed() {
    let homes = Homes::default();
    durable_journal_contract(async || homes.journal().await, async |journal| homes.killed(journal).await)
        .await;
}
