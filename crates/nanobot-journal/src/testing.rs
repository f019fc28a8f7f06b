//! What the tests of this crate share: a home with a journal in it, and turns to put there.

use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nanobot_core::ids::{SessionKey, TurnId};
use nanobot_core::model::{ModelTask, Usage};
use nanobot_core::ports::{Closing, Expense, InboundId, Journal as _, Paid};
use nanobot_core::testing::event::{SENT_AT, wa};
use nanobot_core::testing::journal::{closing, delivery, write};
use nanobot_core::time::{Timestamp, WallTime};
use nanobot_core::units::NanoDollars;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::{JournalOptions, SqliteJournal};

/// A folder of its own, gone at the end of the test.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("journal").join("journal.db")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn options(&self) -> JournalOptions {
        JournalOptions::new(self.path())
    }

    pub(crate) async fn open(&self) -> SqliteJournal {
        SqliteJournal::open(self.options()).await.unwrap()
    }

    /// What stands beside the journal and has this end.
    pub(crate) fn ending(&self, end: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path().parent().unwrap()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.to_str().unwrap().ends_with(end)).collect()
    }

    /// Another home with the files as they are at this moment, but for what lives in memory: what a kill leaves.
    pub(crate) fn killed(&self) -> Self {
        let home = Self::new();
        std::fs::create_dir_all(home.path().parent().unwrap()).unwrap();
        for file in self.ending("").into_iter().filter(|path| !path.to_str().unwrap().ends_with("-shm")) {
            std::fs::copy(&file, home.path().with_file_name(file.file_name().unwrap())).unwrap();
        }
        home
    }

    /// Everything that stands in the files of the journal.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let folder = self.path().parent().unwrap().to_owned();
        let files = std::fs::read_dir(folder).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }
}

/// A journal of version 1 as the program of its time left it: turns that are open, closed, emptied; lines that wait; a
/// delivery that waits and one that is parked.
pub(crate) const VERSION_1: &[u8] = include_bytes!("schema/fixtures/journal-v1.db");

/// The same, brought to version 2 by the program of its time, with the heads of two chains.
pub(crate) const VERSION_2: &[u8] = include_bytes!("schema/fixtures/journal-v2.db");

/// A home with such a journal.
pub(crate) fn home_of(journal: &[u8]) -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    std::fs::write(home.path(), journal).unwrap();
    home
}

pub(crate) fn home_of_version_1() -> Home {
    home_of(VERSION_1)
}

pub(crate) fn now() -> Timestamp {
    SENT_AT.parse().unwrap()
}

/// The time so many days later.
pub(crate) fn days_later(days: u32) -> Timestamp {
    now().checked_add(Duration::from_hours(24) * days).unwrap()
}

/// A call for a chat, so many days later.
pub(crate) fn expense(chat: &str, days: u32) -> Expense {
    Expense {
        at: WallTime::utc(days_later(days)),
        session: Some(SessionKey::new(format!("whatsapp:{chat}")).unwrap()),
        task: ModelTask::Reply,
        provider: "openai".to_owned(),
        model: "gpt".to_owned(),
    }
}

/// A call that went well, and what it cost.
pub(crate) fn paid(cost: Option<u64>) -> Paid {
    Paid { cost: cost.map(NanoDollars::new), usage: Usage::default(), outcome: "ok" }
}

/// Changes what is stored, behind the back of the journal.
pub(crate) async fn edit(home: &Home, statement: &'static str) {
    let options = SqliteConnectOptions::new().filename(home.path()).foreign_keys(false);
    let mut connection = options.connect().await.unwrap();
    let changed = sqlx::query(statement).execute(&mut connection).await.unwrap();
    assert!(changed.rows_affected() > 0, "{statement} changes something");
    connection.close().await.unwrap();
}

pub(crate) fn turn(id: &str) -> TurnId {
    TurnId::new(id).unwrap()
}

/// The turn answers a message of this chat, of this text, and begins.
pub(crate) async fn asked(journal: &SqliteJournal, id: &str, chat: &str, text: &str) -> InboundId {
    let event = wa(text).chat(chat).id(id).build();
    let inbound = journal.ingest(&event, &turn(id), now()).await.unwrap().id;
    journal.begin(inbound, &WallTime::utc(now())).await.unwrap();
    inbound
}

/// What an answered turn leaves: two rows of session lines, and a delivery.
pub(crate) fn answer(id: &str, inbound: InboundId, chat: &str, text: &str) -> Closing {
    let session = format!("whatsapp:{chat}");
    Closing {
        inbound: Some(inbound),
        sessions: vec![write(&session, text, 0), write(&session, "more", 10)],
        deliveries: vec![delivery(id, 0, chat, text)],
        ..closing(id)
    }
}

/// A turn that was asked and answered.
pub(crate) async fn answered(journal: &SqliteJournal, id: &str, chat: &str, text: &str) -> Closing {
    let inbound = asked(journal, id, chat, text).await;
    let closed = answer(id, inbound, chat, text);
    journal.close(&closed).await.unwrap();
    closed
}

/// Everything that waits of a session is done with.
pub(crate) async fn finish(journal: &SqliteJournal, closed: &Closing) {
    use nanobot_core::ports::{LineQueue as _, Outbox as _};
    for delivery in &closed.deliveries {
        journal.delivered(&delivery.key).await.unwrap();
    }
    for write in &closed.sessions {
        let session = &write.append.session;
        for row in journal.waiting_in(session).await.unwrap() {
            journal.written(row.id, row.write.end());
            journal.settle(&[(session.clone(), row.id)]).await.unwrap();
        }
    }
}

/// Writes over these bytes of every page of a table or an index, behind the back of SQLite.
pub(crate) async fn break_pages_of(home: &Home, name: &str, bytes: Range<usize>) {
    let mut connection = SqliteConnectOptions::new().filename(home.path()).connect().await.unwrap();
    let pages: Vec<i64> = sqlx::query_scalar("SELECT pageno FROM dbstat WHERE name = ?1")
        .bind(name)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    assert!(!pages.is_empty());
    let file = std::fs::OpenOptions::new().write(true).open(home.path()).unwrap();
    for page in pages {
        let start = (usize::try_from(page).unwrap() - 1) * 4_096 + bytes.start;
        file.write_all_at(&vec![0xa5; bytes.len()], start as u64).unwrap();
    }
}
