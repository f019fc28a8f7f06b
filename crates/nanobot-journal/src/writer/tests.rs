//! Tests of the writer: what is committed together, and what one piece of work does to the others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ports::{InboundId, Journal, StoreErrorKind};
use nanobot_core::record::{RECORD_VERSION, StepKind, StepStarted};
use nanobot_core::testing::event::wa;
use nanobot_core::time::WallTime;

use super::batch::Batch;
use super::work::{Halt, Work};
use crate::testing::{Home, answer, asked, now, turn};

/// Work that does not go as it should.
enum Odd {
    /// Changes something, then breaks a rule of the database.
    Fails,
    /// Panics.
    Panics,
    /// Holds the writer until it is told to go on.
    Waits(std::sync::Arc<AtomicBool>),
}

#[async_trait]
impl Work for Odd {
    type Answer = ();

    fn doing(&self) -> String {
        "doing something odd".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        match self {
            Self::Fails => {
                let add = "INSERT INTO turns (turn, received) VALUES ('odd', 0)";
                sqlx::query(add).execute(&mut *batch.connection).await?;
                sqlx::query(add).execute(&mut *batch.connection).await?;
            }
            Self::Panics => panic!("a panic on purpose"),
            Self::Waits(go_on) => {
                while !go_on.load(Ordering::Acquire) {
                    tokio::task::yield_now().await;
                }
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn messages_that_come_together_are_committed_together() {
    let home = Home::new();
    let journal = home.open().await;
    let before = journal.commits();
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..200 {
        let journal = journal.clone();
        tasks.spawn(async move {
            let id = format!("t{index}");
            journal.ingest(&wa("hello").id(&id).build(), &turn(&id), now()).await.unwrap()
        });
    }
    let ids: std::collections::BTreeSet<_> =
        tasks.join_all().await.into_iter().map(|done| done.id.0).collect();
    assert_eq!(ids.len(), 200);
    let commits = journal.commits() - before;
    assert!(commits <= 20, "200 messages took {commits} commits");
    assert_eq!(journal.open_turns(InboundId(0), 1_000).await.unwrap().len(), 200);
}

#[tokio::test]
async fn work_that_fails_harms_no_other() {
    let home = Home::new();
    let journal = home.open().await;
    let go_on = std::sync::Arc::new(AtomicBool::new(false));
    let holding = tokio::spawn({
        let (journal, go_on) = (journal.clone(), go_on.clone());
        async move { journal.write(Odd::Waits(go_on)).await }
    });
    tokio::task::yield_now().await;
    let mut good = tokio::task::JoinSet::new();
    let mut bad = tokio::task::JoinSet::new();
    for index in 0..20 {
        let journal = journal.clone();
        if index % 10 == 5 {
            bad.spawn(async move { journal.write(Odd::Fails).await });
        } else {
            good.spawn(async move { asked(&journal, &format!("t{index}"), "a", "hello").await });
        }
    }
    tokio::task::yield_now().await;
    go_on.store(true, Ordering::Release);
    holding.await.unwrap().unwrap();
    assert_eq!(good.join_all().await.len(), 18);
    for failed in bad.join_all().await {
        let error = failed.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Backend);
        assert_eq!(error.doing, "doing something odd");
    }
    let open = journal.open_turns(InboundId(0), 100).await.unwrap();
    assert_eq!(open.len(), 18, "nothing of the failed work stands");
}

#[tokio::test]
async fn work_whose_caller_went_away_is_done() {
    let home = Home::new();
    let journal = home.open().await;
    let go_on = std::sync::Arc::new(AtomicBool::new(false));
    let holding = tokio::spawn({
        let (journal, go_on) = (journal.clone(), go_on.clone());
        async move { journal.write(Odd::Waits(go_on)).await }
    });
    tokio::task::yield_now().await;
    let (event, t1) = (wa("hello").id("t1").build(), turn("t1"));
    let impatient = journal.ingest(&event, &t1, now());
    assert!(tokio::time::timeout(Duration::ZERO, impatient).await.is_err(), "nobody waits for the answer");
    go_on.store(true, Ordering::Release);
    holding.await.unwrap().unwrap();
    journal.shut_down().await;
    assert_eq!(home.open().await.open_turns(InboundId(0), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_writer_that_panics_answers_everybody() {
    let home = Home::new();
    let journal = home.open().await;
    let id = asked(&journal, "t1", "a", "hello").await;
    let died = journal.write(Odd::Panics).await.unwrap_err();
    assert_eq!(died.kind, StoreErrorKind::Backend);
    let late = journal.begin(id, &WallTime::utc(now())).await.unwrap_err();
    assert_eq!(late.kind, StoreErrorKind::Backend, "{late}");
    assert_eq!(journal.open_turns(InboundId(0), 10).await.unwrap().len(), 1, "readers go on");
    journal.shut_down().await;
    assert_eq!(
        home.open().await.open_turns(InboundId(0), 10).await.unwrap().len(),
        1,
        "what was done stands"
    );
}

#[tokio::test]
async fn a_closed_journal_says_so() {
    let home = Home::new();
    let journal = home.open().await;
    let other = journal.clone();
    journal.shut_down().await;
    let error = other.hand_back(InboundId(1)).await.unwrap_err();
    assert!(error.to_string().contains("the journal is closed"), "{error}");
}

#[tokio::test]
async fn work_sees_what_earlier_work_of_its_batch_did_to_a_turn() {
    let home = Home::new();
    let journal = home.open().await;
    for id in ["t1", "t2"] {
        let inbound = asked(&journal, id, "a", "hello").await;
        let go_on = std::sync::Arc::new(AtomicBool::new(false));
        let holding = tokio::spawn({
            let (journal, go_on) = (journal.clone(), go_on.clone());
            async move { journal.write(Odd::Waits(go_on)).await }
        });
        tokio::task::yield_now().await;
        let together = tokio::spawn({
            let journal = journal.clone();
            async move {
                let closed = answer(id, inbound, "a", "good morning");
                let (id, step) = (turn(id), started());
                tokio::join!(
                    journal.hand_back(inbound),
                    Journal::close(&journal, &closed),
                    journal.step_started(&id, &step)
                )
            }
        });
        tokio::task::yield_now().await;
        let before = journal.commits();
        go_on.store(true, Ordering::Release);
        holding.await.unwrap().unwrap();
        let (handed_back, closed, late) = together.await.unwrap();
        assert_eq!(
            journal.commits() - before,
            2,
            "the three are one batch behind the one that held the writer"
        );
        handed_back.unwrap();
        closed.unwrap();
        assert_eq!(late.unwrap_err().kind, StoreErrorKind::NotFound, "the turn is closed");
        let reader = crate::JournalReader::open(home.path()).await.unwrap();
        let read = reader.turn(&turn(id)).await.unwrap().unwrap();
        assert_eq!((read.attempts, read.steps.len()), (0, 0));
        assert_eq!(read.altered, Vec::<String>::new(), "the attempts under the digest are those in the row");
    }
}

fn started() -> StepStarted {
    StepStarted { v: RECORD_VERSION, index: 0, step: StepKind::Brake }
}

/// Reads a setting of the writer's own connection.
struct Setting(&'static str);

#[async_trait]
impl Work for Setting {
    type Answer = i64;

    fn doing(&self) -> String {
        format!("asking {}", self.0)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<i64, Halt> {
        Ok(sqlx::query_scalar(self.0).fetch_one(&mut *batch.connection).await?)
    }
}

#[tokio::test]
async fn the_writer_waits_for_the_disk_and_wipes_what_it_deletes() {
    let home = Home::new();
    home.open().await.shut_down().await;
    let journal = home.open().await;
    let settings = [
        ("PRAGMA synchronous", 2),
        ("PRAGMA foreign_keys", 1),
        ("PRAGMA secure_delete", 1),
        ("PRAGMA auto_vacuum", 2),
        ("PRAGMA application_id", crate::schema::APPLICATION_ID),
        ("PRAGMA user_version", crate::schema::VERSION),
        ("PRAGMA journal_size_limit", 64 * 1024 * 1024),
        ("SELECT journal_mode = 'wal' FROM pragma_journal_mode", 1),
    ];
    for (setting, value) in settings {
        assert_eq!(journal.write(Setting(setting)).await.unwrap(), value, "{setting}");
    }
}

#[tokio::test]
async fn a_lock_that_somebody_else_holds_is_waited_for_and_then_told() {
    let home = Home::new();
    let journal = home.open().await;
    let id = asked(&journal, "t1", "a", "hello").await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.path());
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let error = journal.hand_back(id).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Busy, "{error}");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    journal.hand_back(id).await.unwrap();
}
