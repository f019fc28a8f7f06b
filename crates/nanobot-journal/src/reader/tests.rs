//! Tests of the reader.

use std::fs;

use nanobot_core::ids::SessionKey;
use nanobot_core::pipeline::Readings;
use nanobot_core::ports::{InboundId, Journal as _, Outbox as _, StoreErrorKind};
use nanobot_core::record::{RECORD_VERSION, RecordedStep, StepAnswer, StepDone, StepKind, StepStarted};
use nanobot_core::testing::event::wa;
use nanobot_core::testing::journal::closing;
use nanobot_core::time::WallTime;

use crate::testing::{Home, VERSION_1, answer, answered, asked, edit, finish, home_of_version_1, now, turn};
use crate::{JournalError, JournalReader, SqliteJournal};

async fn reader(home: &Home) -> JournalReader {
    JournalReader::open(home.path()).await.unwrap()
}

/// A closed turn with a step, lines and a delivery.
async fn whole_turn(journal: &SqliteJournal) -> (nanobot_core::ports::Closing, RecordedStep) {
    let inbound = asked(journal, "t1", "a", "hello").await;
    let started = StepStarted {
        v: RECORD_VERSION,
        index: 0,
        step: StepKind::Model { labels: "owner".to_owned(), limit: 3 },
    };
    let done = StepDone { v: RECORD_VERSION, index: 0, answer: StepAnswer::OutcomeUnknown };
    journal.step_started(&turn("t1"), &started).await.unwrap();
    journal.step_done(&turn("t1"), &done).await.unwrap();
    let mut closed = answer("t1", inbound, "a", "good morning");
    closed.readings = Readings { chat_known: Some(false), ..Readings::default() };
    journal.close(&closed).await.unwrap();
    (closed, RecordedStep { started, done: Some(done) })
}

#[tokio::test]
async fn a_turn_is_read_as_it_was_written() {
    let home = Home::new();
    let journal = home.open().await;
    let (closed, step) = whole_turn(&journal).await;
    finish(&journal, &closed).await;
    let read = reader(&home).await.turn(&turn("t1")).await.unwrap().unwrap();
    assert_eq!((&read.turn, read.inbound, read.received), (&turn("t1"), closed.inbound, now()));
    assert_eq!(read.event, Some(wa("hello").chat("a").id("t1").build()));
    assert_eq!((read.attempts, read.at), (1, Some(WallTime::utc(now()))));
    assert_eq!(read.steps, [step]);
    assert_eq!(read.closing, Some(closed), "what was delivered and settled is still there for a replay");
    assert_eq!(read.altered, Vec::<String>::new());
    assert_eq!(reader(&home).await.turn(&turn("nobody")).await.unwrap(), None);
}

#[tokio::test]
async fn an_open_turn_and_one_without_message_are_read() {
    let home = Home::new();
    let journal = home.open().await;
    asked(&journal, "open", "a", "hello").await;
    let alone = closing("alone");
    journal.close(&alone).await.unwrap();
    let reader = reader(&home).await;
    let open = reader.turn(&turn("open")).await.unwrap().unwrap();
    assert!(open.closing.is_none() && open.event.is_some() && open.altered.is_empty());
    let read = reader.turn(&turn("alone")).await.unwrap().unwrap();
    assert_eq!((read.inbound, read.event, read.closing), (None, None, Some(alone)));
    assert_eq!(read.altered, Vec::<String>::new());
}

#[tokio::test]
async fn an_edited_record_is_named() {
    let edits = [
        ("message", "UPDATE words SET body = replace(body, 'hello', 'adieu') WHERE kind = 'event'"),
        ("message", "UPDATE words SET body = 'nonsense' WHERE kind = 'event'"),
        ("message (missing)", "DELETE FROM records WHERE kind = 'event'"),
        ("key of the message", "UPDATE turns SET session = 'whatsapp:b'"),
        ("start of step 1", "UPDATE words SET body = replace(body, '3', '4') WHERE kind = 'started'"),
        ("answer of step 1", "UPDATE words SET body = 'nonsense' WHERE kind = 'done'"),
        ("reading of the clock", "UPDATE turns SET began = replace(began, '12:00', '13:00')"),
        ("what was read", "UPDATE words SET body = replace(body, 'false', 'true') WHERE kind = 'readings'"),
        ("session lines 1", "UPDATE words SET body = replace(body, 'good', 'bad') WHERE kind = 'lines'"),
        ("text or place of session lines 2", "UPDATE lines SET offset = 11 WHERE place = 1"),
        ("delivery 1", "UPDATE words SET body = replace(body, 'good', 'bad') WHERE kind = 'delivery'"),
        ("delivery 1", "UPDATE outbox SET target = 'whatsapp:b'"),
        ("outcome, attempts or end", "UPDATE turns SET outcome = 'blocked'"),
        ("outcome, attempts or end", "UPDATE turns SET attempts = 7"),
        ("time of the end", "UPDATE turns SET closed_at = 0"),
        ("number or order of session lines and deliveries", "DELETE FROM outbox"),
        ("number or order of session lines and deliveries", "UPDATE lines SET id = 9 WHERE place = 0"),
    ];
    for (part, statement) in edits {
        let home = Home::new();
        let journal = home.open().await;
        whole_turn(&journal).await;
        journal.shut_down().await;
        edit(&home, statement).await;
        let reader = reader(&home).await;
        let read = reader.turn(&turn("t1")).await.unwrap().unwrap();
        assert_eq!(read.altered, [part], "after {statement}");
        let problems = reader.check().await.unwrap().problems;
        assert!(problems.iter().any(|line| line.contains(part)), "{statement}: {problems:?}");
    }
}

#[tokio::test]
async fn an_edited_outcome_is_named_when_the_words_are_gone() {
    let home = Home::new();
    let journal = home.open().await;
    let closed = answered(&journal, "t1", "a", "hello").await;
    finish(&journal, &closed).await;
    journal.forget(&SessionKey::new("whatsapp:a").unwrap()).await.unwrap();
    journal.shut_down().await;
    edit(&home, "UPDATE turns SET outcome = 'ignored'").await;
    let read = reader(&home).await.turn(&turn("t1")).await.unwrap().unwrap();
    assert_eq!((read.event, read.closing), (None, None));
    assert_eq!(read.altered, ["outcome, attempts or end"]);
}

#[tokio::test]
async fn the_list_of_turns_goes_back_page_by_page() {
    let home = Home::new();
    let journal = home.open().await;
    for index in 0..5 {
        answered(&journal, &format!("t{index}"), ["a", "b"][index % 2], "hello").await;
    }
    asked(&journal, "t5", "b", "hello").await;
    let reader = reader(&home).await;
    let names = async |session: Option<&str>, before: Option<&str>, limit| {
        let session = session.map(|session| SessionKey::new(session).unwrap());
        let before = before.map(turn);
        let turns = reader.turns(session.as_ref(), before.as_ref(), limit).await.unwrap();
        turns.into_iter().map(|turn| turn.turn.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(None, None, 2).await, ["t5", "t4"]);
    assert_eq!(names(None, Some("t4"), 2).await, ["t3", "t2"]);
    assert_eq!(names(Some("whatsapp:b"), None, 10).await, ["t5", "t3", "t1"]);
    assert_eq!(names(Some("whatsapp:b"), Some("t3"), 10).await, ["t1"]);
    let unknown = reader.turns(None, Some(&turn("nobody")), 10).await.unwrap_err();
    assert_eq!(unknown.kind, StoreErrorKind::NotFound);

    let first = reader.turns(None, None, 2).await.unwrap();
    assert_eq!((first[0].outcome, first[0].closed, first[0].attempts), (None, None, 1));
    assert_eq!(first[1].closed, Some(now()));
    assert_eq!(first[1].session, Some(SessionKey::new("whatsapp:a").unwrap()));
}

#[tokio::test]
async fn a_check_counts_and_finds_nothing_wrong() {
    let home = Home::new();
    let journal = home.open().await;
    let closed = answered(&journal, "t1", "a", "hello").await;
    answered(&journal, "t2", "a", "hello").await;
    asked(&journal, "t3", "a", "hello").await;
    journal.park(&closed.deliveries[0].key, "rejected").await.unwrap();
    let report = reader(&home).await.check().await.unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!((report.turns, report.open, report.emptied), (3, 1, 0));
    assert_eq!((report.waiting, report.parked, report.lines, report.schema_version), (1, 1, 4, 3));
    assert!(report.file_bytes > 0);
}

#[tokio::test]
async fn a_check_names_a_broken_page_and_rows_that_belong_to_nothing() {
    let home = Home::new();
    let journal = home.open().await;
    for index in 0..20 {
        answered(&journal, &format!("t{index}"), "a", &"hello ".repeat(100)).await;
    }
    journal.shut_down().await;
    edit(&home, "INSERT INTO records (turn, kind, place, words, digest) VALUES (999, 'event', 0, 1, x'')")
        .await;
    let problems = reader(&home).await.check().await.unwrap().problems;
    assert!(problems.iter().any(|line| line.contains("belong to no turn")), "{problems:?}");

    // The entries of an index stand at the end of its pages.
    crate::testing::break_pages_of(&home, "lines_session", 4_090..4_091).await;
    let problems = reader(&home).await.check().await.unwrap().problems;
    let is_found = |line: &String| line.contains("the file is damaged") && line.contains("restore a backup");
    assert!(problems.iter().any(is_found), "{problems:?}");
    crate::testing::break_pages_of(&home, "lines_session", 0..4_096).await;
    let problems = reader(&home).await.check().await.unwrap().problems;
    assert!(problems.iter().any(|line| line.contains("the file as a whole cannot be read")), "{problems:?}");
    crate::testing::break_pages_of(&home, "words", 0..4_096).await;
    let report = reader(&home).await.check().await.unwrap();
    assert!(report.problems.iter().any(|line| line.contains("cannot be read")), "{report:?}");
    let error = reader(&home).await.turn(&turn("t7")).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
}

#[tokio::test]
async fn readers_see_each_commit_of_a_running_journal() {
    let home = Home::new();
    let journal = home.open().await;
    let (one, other) = (reader(&home).await, reader(&home).await);
    for index in 0..20 {
        answered(&journal, &format!("t{index}"), "a", "hello").await;
        for reader in [&one, &other] {
            assert_eq!(reader.turns(None, None, 100).await.unwrap().len(), index + 1);
        }
    }
    one.close().await;
    journal.shut_down().await;
    assert_eq!(other.turns(None, None, 100).await.unwrap().len(), 20, "it goes on when the writer has ended");
}

#[tokio::test]
async fn what_a_killed_journal_left_in_its_log_is_read_and_not_changed() {
    let home = Home::new();
    let journal = home.open().await;
    answered(&journal, "t1", "a", "hello").await;
    let copy = Home::new();
    fs::create_dir_all(copy.path().parent().unwrap()).unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(home.path().with_file_name(name), copy.path().with_file_name(name)).unwrap();
    }
    let files = |home: &Home| {
        ["journal.db", "journal.db-wal"].map(|name| fs::read(home.path().with_file_name(name)).unwrap())
    };
    let before = files(&copy);
    let reader = reader(&copy).await;
    assert_eq!(reader.turns(None, None, 10).await.unwrap().len(), 1, "the turn stands in the log only");
    assert_eq!(reader.check().await.unwrap().problems, Vec::<String>::new());
    reader.close().await;
    assert!(files(&copy) == before, "neither file was changed");
    assert_eq!(copy.open().await.open_turns(InboundId(0), 10).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_journal_of_version_1_is_read_and_stays_as_it_is() {
    let home = home_of_version_1();
    let reader = reader(&home).await;
    assert_eq!(reader.turns(None, None, 10).await.unwrap().len(), 6);
    let open = reader.turn(&turn("open")).await.unwrap().unwrap();
    assert_eq!((open.steps.len(), open.altered), (2, Vec::<String>::new()));
    assert_eq!(reader.chain_head("audit").await.unwrap(), None);
    let report = reader.check().await.unwrap();
    assert_eq!((report.schema_version, report.problems), (1, Vec::<String>::new()));
    reader.close().await;
    assert!(fs::read(home.path()).unwrap() == VERSION_1, "it was changed");
    assert_eq!(home.ending(".bak").len(), 0);
}

#[tokio::test]
async fn a_reader_creates_nothing() {
    let home = Home::new();
    let error = JournalReader::open(home.path()).await.err().unwrap();
    assert!(matches!(error, JournalError::File { .. }));
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
    assert_eq!(fs::read_dir(home.folder()).unwrap().count(), 0);
    fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    fs::write(home.path(), "").unwrap();
    assert!(JournalReader::open(home.path()).await.is_err(), "an empty file is no journal yet");
    assert_eq!(fs::read(home.path()).unwrap(), b"");
}

#[tokio::test]
async fn open_circuits_are_read_as_they_were_written() {
    use nanobot_core::ports::{BreakerState as _, OpenCircuit};
    let home = Home::new();
    let journal = home.open().await;
    let open = OpenCircuit {
        name: "openai/main#0a1b2c3d".to_owned(),
        until: now(),
        trips: 2,
        reason: "auth".to_owned(),
    };
    journal.opened(&open).await.unwrap();
    assert_eq!(reader(&home).await.open_circuits().await.unwrap(), [open], "while somebody writes");
    journal.shut_down().await;
    let old = home_of_version_1();
    assert_eq!(reader(&old).await.open_circuits().await.unwrap(), [], "a journal that keeps none yet");
}
