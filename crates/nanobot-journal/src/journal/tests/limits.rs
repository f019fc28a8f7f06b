//! What waits is bounded; a refusal leaves nothing behind.

use nanobot_core::ports::{Journal as _, LineQueue as _, Outbox as _, Seen, StoreErrorKind};
use nanobot_core::stand_in::VolatileJournal;
use nanobot_core::testing::event::wa;
use nanobot_core::testing::journal::{closing, delivery, write};

use crate::SqliteJournal;
use crate::options::Limits;
use crate::testing::{Home, asked, now, turn};

async fn limited(home: &Home, limits: Limits) -> SqliteJournal {
    SqliteJournal::open(crate::JournalOptions { limits, ..home.options() }).await.unwrap()
}

#[test]
fn both_journals_have_the_same_limits() {
    let limits = Limits::default();
    assert_eq!(limits.open, 50_000);
    assert_eq!(limits.queued, VolatileJournal::MAX_OUTBOX_ROWS);
    assert_eq!(limits.parked, VolatileJournal::MAX_PARKED_ROWS);
    assert_eq!(limits.lines, VolatileJournal::MAX_PENDING_APPENDS);
    assert_eq!(limits.lines_per_session, VolatileJournal::MAX_PENDING_APPENDS_PER_SESSION);
}

#[tokio::test]
async fn a_message_too_many_is_refused_and_a_repeat_is_not() {
    let home = Home::new();
    let journal = limited(&home, Limits { open: 2, ..Limits::default() }).await;
    let first = asked(&journal, "t1", "a", "hello").await;
    asked(&journal, "t2", "a", "hello").await;
    let third = wa("hello").chat("a").id("t3").build();
    let refused = journal.ingest(&third, &turn("t3"), now()).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Limit);
    let repeat = wa("hello").chat("a").id("t1").build();
    let again = journal.ingest(&repeat, &turn("t4"), now()).await.unwrap();
    assert_eq!((again.id, again.seen), (first, Seen::Again));

    let mut closed = closing("t1");
    closed.inbound = Some(first);
    journal.close(&closed).await.unwrap();
    assert_eq!(
        journal.ingest(&third, &turn("t3"), now()).await.unwrap().seen,
        Seen::First,
        "there is room again"
    );
}

// Lines are kept in memory while they wait, up to a limit; behind it they are read.
#[tokio::test]
async fn more_lines_than_find_room_in_memory_wait_in_order_and_whole() {
    let home = Home::new();
    let journal = home.open().await;
    let half = "x".repeat(3 << 20);
    for (turn, chat) in [("t1", "cli:a"), ("t2", "cli:b"), ("t3", "cli:a")] {
        let mut closed = closing(turn);
        closed.sessions = vec![write(chat, &format!("{turn}{half}"), 0)];
        journal.close(&closed).await.unwrap();
    }
    let starts = async |journal: &SqliteJournal| -> Vec<String> {
        let waiting = journal.waiting(10).await.unwrap();
        waiting.iter().map(|row| row.write.text.chars().take(2).collect()).collect()
    };
    assert_eq!(starts(&journal).await, ["t1", "t2", "t3"]);
    let b = nanobot_core::ids::SessionKey::new("cli:b").unwrap();
    assert_eq!(journal.waiting_in(&b).await.unwrap().len(), 1, "one that is only stored");
    // What is written makes room for the next.
    for row in journal.waiting(10).await.unwrap() {
        journal.written(row.id, row.write.end());
    }
    let mut closed = closing("t4");
    closed.sessions = vec![write("cli:b", &format!("t4{half}"), 0)];
    journal.close(&closed).await.unwrap();
    let before = journal.waiting(10).await.unwrap();
    assert_eq!(starts(&journal).await, ["t4"]);
    journal.shut_down().await;
    let after = home.open().await.waiting(10).await.unwrap();
    assert_eq!(after.last(), before.last(), "from memory or from the file, the lines are the same");
}

#[tokio::test]
async fn a_closing_that_overfills_the_outbox_leaves_nothing_behind() {
    let home = Home::new();
    let journal = limited(&home, Limits { queued: 3, ..Limits::default() }).await;
    let mut filling = closing("t1");
    filling.deliveries = (0..3).map(|index| delivery("t1", index, "a", "x")).collect();
    journal.close(&filling).await.unwrap();
    let mut refused = closing("t2");
    refused.inbound = Some(asked(&journal, "t2", "a", "hello").await);
    refused.sessions = vec![write("cli:default", "lost?", 0)];
    refused.deliveries = vec![delivery("t2", 0, "b", "y")];
    assert_eq!(journal.close(&refused).await.unwrap_err().kind, StoreErrorKind::Limit);
    assert!(journal.waiting(10).await.unwrap().is_empty());
    assert_eq!(journal.count().await.unwrap(), 3);

    journal.delivered(&filling.deliveries[0].key).await.unwrap();
    journal.close(&refused).await.unwrap();
    assert_eq!(journal.waiting(10).await.unwrap().len(), 1, "the same turn may close later");
}

#[tokio::test]
async fn the_limits_of_what_waits_are_known_after_a_restart() {
    let home = Home::new();
    let limits = Limits { queued: 1, lines: 1, open: 1, ..Limits::default() };
    let journal = limited(&home, limits).await;
    let mut filling = closing("t1");
    filling.deliveries = vec![delivery("t1", 0, "a", "x")];
    filling.sessions = vec![write("cli:a", "x", 0)];
    journal.close(&filling).await.unwrap();
    asked(&journal, "t2", "a", "hello").await;
    journal.shut_down().await;
    let journal = limited(&home, limits).await;
    let mut deliveries = closing("t3");
    deliveries.deliveries = vec![delivery("t3", 0, "a", "x")];
    let mut lines = closing("t3");
    lines.sessions = vec![write("cli:a", "x", 0)];
    for refused in [deliveries, lines] {
        assert_eq!(journal.close(&refused).await.unwrap_err().kind, StoreErrorKind::Limit);
    }
    let message = wa("hello").chat("a").id("t4").build();
    let refused = journal.ingest(&message, &turn("t4"), now()).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Limit);
}

#[tokio::test]
async fn a_session_that_is_stuck_is_refused_and_no_other() {
    let home = Home::new();
    let journal = limited(&home, Limits { lines_per_session: 2, lines: 4, ..Limits::default() }).await;
    let close = async |id: &str, sessions: &[&str]| {
        let mut closed = closing(id);
        closed.sessions = sessions.iter().map(|session| write(session, "line", 0)).collect();
        journal.close(&closed).await.map_err(|error| error.kind)
    };
    close("t1", &["cli:stuck", "cli:stuck"]).await.unwrap();
    assert_eq!(close("t2", &["cli:stuck"]).await, Err(StoreErrorKind::Limit));
    assert_eq!(close("t3", &["cli:other"]).await, Ok(()));
    assert_eq!(close("t4", &["cli:a", "cli:b"]).await, Err(StoreErrorKind::Limit), "five lines in all");
    assert_eq!(close("t5", &["cli:a"]).await, Ok(()));
}

#[tokio::test]
async fn the_oldest_parked_delivery_makes_room_for_a_new_one() {
    let home = Home::new();
    let journal = limited(&home, Limits { parked: 2, ..Limits::default() }).await;
    let mut closed = closing("t1");
    closed.deliveries = (0..4).map(|index| delivery("t1", index, "a", &index.to_string())).collect();
    journal.close(&closed).await.unwrap();
    for index in [1, 0, 2] {
        journal.park(&closed.deliveries[index].key, "rejected").await.unwrap();
    }
    let rows = journal.list(10).await.unwrap();
    let left: Vec<_> = rows.iter().map(|row| (row.delivery.key.as_str(), row.parked.is_some())).collect();
    assert_eq!(left, [("t1/1", true), ("t1/2", true), ("t1/3", false)]);
}

#[tokio::test]
async fn a_record_that_is_too_large_is_refused_before_the_writer_sees_it() {
    let home = Home::new();
    let journal = home.open().await;
    let event = wa(&"x".repeat(crate::words::MAX_WORDS_BYTES)).build();
    let before = journal.commits();
    let refused = journal.ingest(&event, &turn("t1"), now()).await.unwrap_err();
    assert_eq!((refused.kind, journal.commits()), (StoreErrorKind::Limit, before));
}
