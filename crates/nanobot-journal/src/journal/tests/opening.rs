//! Which files become a journal, and which are left alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use nanobot_core::ports::{InboundId, Journal as _, StoreErrorKind};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::testing::{Home, answered, asked, break_pages_of};
use crate::{JournalError, JournalOptions, SqliteJournal};

async fn raw(home: &Home) -> SqliteConnection {
    SqliteConnectOptions::new().filename(home.path()).create_if_missing(true).connect().await.unwrap()
}

async fn refusal(home: &Home) -> JournalError {
    SqliteJournal::open(home.options()).await.err().expect("it is refused")
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn folder_and_files_belong_to_their_owner_alone() {
    let home = Home::new();
    let journal = home.open().await;
    asked(&journal, "t1", "a", "hello").await;
    assert_eq!(mode(home.path().parent().unwrap()), 0o700);
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        assert_eq!(mode(&home.path().with_file_name(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_others_may_read_is_made_private() {
    let home = Home::new();
    home.open().await.shut_down().await;
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o644)).unwrap();
    home.open().await;
    assert_eq!(mode(&home.path()), 0o600);
}

#[tokio::test]
async fn an_empty_file_becomes_a_journal() {
    let home = Home::new();
    fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    fs::write(home.path(), "").unwrap();
    let journal = home.open().await;
    asked(&journal, "t1", "a", "hello").await;
    journal.shut_down().await;
    assert_eq!(home.open().await.open_turns(InboundId(0), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_closed_journal_is_one_file() {
    let home = Home::new();
    let journal = home.open().await;
    answered(&journal, "t1", "a", "hello").await;
    journal.shut_down().await;
    let names: Vec<_> = fs::read_dir(home.path().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["journal.db"]);
}

#[tokio::test]
async fn a_journal_of_a_later_nanobot_is_left_alone() {
    let home = Home::new();
    home.open().await.shut_down().await;
    let mut connection = raw(&home).await;
    sqlx::query("PRAGMA user_version = 9").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = fs::read(home.path()).unwrap();
    let error = refusal(&home).await.to_string();
    let expected = format!(
        "the journal {} has schema version 9, this program knows 3; use the newer nanobot, or move the file away",
        home.path().display()
    );
    assert_eq!(error, expected);
    assert_eq!(fs::read(home.path()).unwrap(), before, "nothing was changed");
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let home = Home::new();
    fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    let mut connection = raw(&home).await;
    sqlx::query("CREATE TABLE theirs (a)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = fs::read(home.path()).unwrap();
    assert!(matches!(refusal(&home).await, JournalError::Foreign { .. }));
    assert_eq!(fs::read(home.path()).unwrap(), before, "nothing was changed");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let home = Home::new();
    fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    fs::write(home.path(), "dear diary ".repeat(1_000)).unwrap();
    let error = refusal(&home).await;
    assert!(matches!(error, JournalError::NotADatabase { .. }), "{error}");
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert_eq!(fs::read_to_string(home.path()).unwrap(), "dear diary ".repeat(1_000));
}

#[tokio::test]
async fn a_folder_in_the_place_of_the_file_is_refused() {
    let home = Home::new();
    fs::create_dir_all(home.path()).unwrap();
    assert!(matches!(refusal(&home).await, JournalError::File { .. }));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_named() {
    // The kernel's own files may be written by nobody, root included.
    let path = "/sys/kernel/uevent_seqnum";
    let error = SqliteJournal::open(JournalOptions::new(path)).await.err().expect("it is refused");
    assert!(error.to_string().contains(path), "{error}");
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let path = "/sys/kernel/nanobot/journal.db";
    let error = SqliteJournal::open(JournalOptions::new(path)).await.err().expect("it is refused");
    assert!(error.to_string().contains("/sys/kernel/nanobot"), "{error}");
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly);
}

#[tokio::test]
async fn what_waits_in_a_broken_page_shows_at_the_start() {
    let home = Home::new();
    let journal = home.open().await;
    for index in 0..200 {
        asked(&journal, &format!("t{index}"), "a", &"hello ".repeat(100)).await;
    }
    journal.shut_down().await;
    break_pages_of(&home, "turns_open", 0..4_096).await;
    let error = refusal(&home).await;
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
}
