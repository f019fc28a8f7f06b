//! Words go when their time has come, and are gone then.

use std::time::Duration;

use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{Journal as _, LineQueue as _, Outbox as _, Seen, Tidied};
use nanobot_core::testing::event::wa;
use nanobot_core::time::Timestamp;

use crate::testing::{Home, answered, asked, finish, now, turn};
use crate::{JournalOptions, JournalReader, SqliteJournal};

const DAY: Duration = Duration::from_hours(24);

fn days(days: u32) -> Timestamp {
    now().checked_add(DAY * days).unwrap()
}

fn contains(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

fn session(chat: &str) -> SessionKey {
    SessionKey::new(format!("whatsapp:{chat}")).unwrap()
}

#[tokio::test]
async fn forgotten_words_stand_in_no_file() {
    let home = Home::new();
    let journal = home.open().await;
    // Many turns of several chats, so that pages are shared, split and joined again.
    for index in 0..300 {
        let chat = ["one", "two", "three"][index % 3];
        let words = format!("secret-{chat}-{index:04} ").repeat(1 + index % 40);
        let closed = answered(&journal, &format!("t{index}"), chat, &words).await;
        finish(&journal, &closed).await;
    }
    assert!(contains(&home.bytes(), "secret-two-"));
    assert_eq!(journal.forget(&session("two")).await.unwrap(), 100);
    assert!(!contains(&home.bytes(), "secret-two-"), "no byte of it is left");
    assert!(contains(&home.bytes(), "secret-one-"), "other sessions keep theirs");
    assert_eq!(journal.forget(&session("one")).await.unwrap(), 100);
    assert!(!contains(&home.bytes(), "secret-one-"));
    journal.shut_down().await;
    assert!(!contains(&home.bytes(), "secret-one-"));
    assert!(contains(&home.bytes(), "secret-three-"));
}

#[tokio::test]
async fn what_waited_while_its_session_was_forgotten_goes_when_it_is_done() {
    let home = Home::new();
    let journal = home.open().await;
    let closed = answered(&journal, "t1", "a", "secret-answer").await;
    asked(&journal, "t2", "a", "secret-question").await;
    assert_eq!(journal.forget(&session("a")).await.unwrap(), 1);
    assert_eq!(journal.due(now(), 10).await.unwrap().len(), 1, "the delivery is sent all the same");
    assert_eq!(journal.waiting(10).await.unwrap().len(), 2, "the lines come into their file all the same");

    finish(&journal, &closed).await;
    journal.tidy(now()).await.unwrap();
    journal.shut_down().await;
    assert!(!contains(&home.bytes(), "secret-answer"));
    assert!(contains(&home.bytes(), "secret-question"), "an open turn is left alone");
}

#[tokio::test]
async fn words_go_after_thirty_days_and_outcomes_stay() {
    let home = Home::new();
    let journal = home.open().await;
    let closed = answered(&journal, "t1", "a", "secret").await;
    finish(&journal, &closed).await;
    assert_eq!(journal.tidy(days(30)).await.unwrap(), Tidied::default(), "thirty days are not over yet");
    assert_eq!(journal.tidy(days(31)).await.unwrap(), Tidied { emptied: 1, dropped: 0 });
    assert!(!contains(&home.bytes(), "secret"));

    let reader = JournalReader::open(home.path()).await.unwrap();
    let turns = reader.turns(None, None, 10).await.unwrap();
    assert_eq!(turns[0].outcome, Some(closed.outcome));
    assert!(turns[0].is_emptied);
    assert_eq!(reader.check().await.unwrap().problems, Vec::<String>::new());
    let again = wa("secret").chat("a").id("t1").build();
    assert_eq!(journal.ingest(&again, &turn("t9"), now()).await.unwrap().seen, Seen::Again);
}

#[tokio::test]
async fn the_oldest_outcomes_beyond_a_number_go_unless_they_are_young_or_needed() {
    let home = Home::new();
    let journal = SqliteJournal::open(JournalOptions { max_outcomes: 2, ..home.options() }).await.unwrap();
    let mut last = None;
    for index in 0..4 {
        let closed = answered(&journal, &format!("t{index}"), "a", "hello").await;
        if index > 0 {
            finish(&journal, &closed).await;
        }
        last = Some(closed);
    }
    drop(last);
    asked(&journal, "open", "a", "hello").await;
    assert_eq!(
        journal.tidy(days(29)).await.unwrap(),
        Tidied::default(),
        "young outcomes are kept, however many"
    );
    let tidied = journal.tidy(days(31)).await.unwrap();
    assert_eq!(tidied, Tidied { emptied: 4, dropped: 3 });
    let reader = JournalReader::open(home.path()).await.unwrap();
    let turns = reader.turns(None, None, 10).await.unwrap();
    let turns: Vec<_> = turns.iter().map(|turn| turn.turn.as_str()).collect();
    assert_eq!(turns, ["open", "t0"], "what is open stays, and what has a delivery to send");
}

#[tokio::test]
async fn a_file_that_is_too_large_loses_the_oldest_words_and_gives_space_back() {
    let home = Home::new();
    let journal = SqliteJournal::open(JournalOptions { max_bytes: 400_000, ..home.options() }).await.unwrap();
    for index in 0..500 {
        let closed = answered(&journal, &format!("t{index}"), "a", &"hello ".repeat(500)).await;
        finish(&journal, &closed).await;
    }
    let before = std::fs::metadata(home.path()).unwrap().len();
    let tidied = journal.tidy(now()).await.unwrap();
    assert!(tidied.emptied > 0);
    let after = std::fs::metadata(home.path()).unwrap().len();
    assert!(after < before && after <= 1_000_000, "{before} bytes became {after}");
    let reader = JournalReader::open(home.path()).await.unwrap();
    let turns = reader.turns(None, None, 1_000).await.unwrap();
    let first_full = turns.iter().rposition(|turn| !turn.is_emptied);
    assert!(
        turns.iter().take(first_full.map_or(0, |last| last + 1)).all(|turn| !turn.is_emptied),
        "the oldest went first"
    );
    assert_eq!(journal.tidy(now()).await.unwrap(), Tidied::default(), "then it is small enough");
}
