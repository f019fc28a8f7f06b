//! Words go when their time has come, and are gone then.

use std::time::Duration;

use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{Journal as _, LineQueue as _, Outbox as _, Seen, Tidied};
use nanobot_core::testing::event::wa;
use nanobot_core::time::Timestamp;

use crate::options::Synchronous;
use crate::testing::{Home, answered, asked, finish, now, turn};
use crate::{JournalOptions, JournalReader, SqliteJournal};

const DAY: Duration = Duration::from_hours(24);

fn days(days: u32) -> Timestamp {
    now().checked_add(DAY * days).unwrap()
}

fn contains(bytes: &[u8], words: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(words)
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
    assert_eq!(journal.forget(&session("a")).await.unwrap(), 4);
    let young = journal.tidy(days(29)).await.unwrap();
    assert_eq!(young, Tidied::default(), "young outcomes are kept, however many and however empty");
    assert_eq!(journal.tidy(days(31)).await.unwrap(), Tidied { emptied: 0, dropped: 3 });
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

#[tokio::test]
async fn a_reader_in_the_way_delays_the_emptying_of_the_log_and_no_more() {
    let home = Home::new();
    let journal = home.open().await;
    let closed = answered(&journal, "t1", "a", "secret").await;
    finish(&journal, &closed).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.path());
    let mut slow = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM turns").execute(&mut slow).await.unwrap();
    assert_eq!(journal.forget(&session("a")).await.unwrap(), 1);
    assert!(contains(&home.bytes(), "secret"), "the reader may read what was there when it began");
    sqlx::Connection::close(slow).await.unwrap();
    journal.tidy(now()).await.unwrap();
    assert!(!contains(&home.bytes(), "secret"));
}

/// Whole numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// Turns of many chats and lengths share pages, finish out of order and are forgotten in between: SQLite has every
/// reason to move them about, and must not leave a copy behind. (With plain deletes it left one nine times here.)
#[tokio::test]
async fn nothing_is_left_of_forgotten_words_however_pages_were_used() {
    let home = Home::new();
    let options = JournalOptions { synchronous: Synchronous::Off, ..home.options() };
    let journal = SqliteJournal::open(options).await.unwrap();
    let mut dice = Dice(6);
    let mut unfinished = Vec::new();
    for index in 0..750 {
        let chat = format!("chat{}", dice.roll(4));
        let longest = if index % 3 == 0 { 100 } else { 30 };
        let words = format!("secret-{chat}-{index:05} ").repeat(1 + dice.roll(longest));
        unfinished.push((chat.clone(), answered(&journal, &format!("t{index}"), &chat, &words).await));
        while unfinished.len() > 30 {
            let (_, closed) = unfinished.swap_remove(dice.roll(unfinished.len()));
            finish(&journal, &closed).await;
        }
        if index % 25 == 24 {
            let chat = format!("chat{}", dice.roll(4));
            for (_, closed) in unfinished.extract_if(.., |(of, _)| *of == chat) {
                finish(&journal, &closed).await;
            }
            journal.forget(&session(&chat)).await.unwrap();
            journal.tidy(now()).await.unwrap();
            assert!(
                !contains(&home.bytes(), &format!("secret-{chat}-")),
                "{chat} is gone after turn {index}"
            );
        }
    }
    let report = JournalReader::open(home.path()).await.unwrap().check().await.unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

#[tokio::test]
async fn words_that_are_in_the_way_of_blank_ones_are_moved_and_stay_what_they_are() {
    let home = Home::new();
    let options = JournalOptions { synchronous: Synchronous::Off, ..home.options() };
    let journal = SqliteJournal::open(options).await.unwrap();
    asked(&journal, "open", "a", "a question that is still open").await;
    let waiting = answered(&journal, "waiting", "a", "an answer that still waits").await;
    for index in 0..600 {
        let closed = answered(&journal, &format!("t{index}"), "b", "hello").await;
        finish(&journal, &closed).await;
    }
    let rows = async || {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.path());
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM words").fetch_one(&mut connection).await.unwrap()
    };
    let before = rows().await;
    assert_eq!(journal.forget(&session("b")).await.unwrap(), 600);
    journal.tidy(now()).await.unwrap();
    assert!(rows().await * 2 < before, "the rows of the forgotten turns are given back");
    assert_eq!(journal.due(now(), 10).await.unwrap()[0].delivery, waiting.deliveries[0]);
    assert_eq!(journal.waiting(10).await.unwrap()[0].write, waiting.sessions[0]);
    let reader = JournalReader::open(home.path()).await.unwrap();
    assert_eq!(reader.check().await.unwrap().problems, Vec::<String>::new());
    assert_eq!(reader.turn(&turn("waiting")).await.unwrap().unwrap().closing, Some(waiting));
}
