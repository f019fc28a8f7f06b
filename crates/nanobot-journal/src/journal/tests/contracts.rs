//! The journal keeps the contracts of its ports, however it was let go of.

use std::sync::Mutex;

use nanobot_core::testing::contract::{
    durable_journal_contract, journal_contract, line_queue_contract, outbox_contract,
};

use crate::SqliteJournal;
use crate::testing::Home;

/// Homes that live as long as the test.
#[derive(Default)]
struct Homes(Mutex<Vec<Home>>);

impl Homes {
    async fn journal(&self) -> SqliteJournal {
        let home = Home::new();
        let journal = home.open().await;
        self.0.lock().unwrap().push(home);
        journal
    }

    /// Another journal on a copy of what stands on the disk at this moment: what a killed process leaves.
    async fn killed(&self, journal: SqliteJournal) -> SqliteJournal {
        let home = Home::new();
        let from = journal.0.options.path.parent().unwrap();
        std::fs::create_dir_all(home.path().parent().unwrap()).unwrap();
        for name in ["journal.db", "journal.db-wal"] {
            std::fs::copy(from.join(name), home.path().with_file_name(name)).unwrap();
        }
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
