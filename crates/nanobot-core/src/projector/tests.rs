//! The projector over fakes: which lines come into a file, when the disk has them, and what a crash costs.

use std::cell::Cell;

use super::*;
use crate::ids::SessionKey;
use crate::intent::SessionLine;
use crate::ports::{Journal, SessionEnd, SessionWrite, StoreErrorKind};
use crate::testing::journal::{append, closing};
use crate::testing::{MemoryJournal, MemorySessions, RecordingTelemetry};

/// A projector between a journal and a session store.
struct Scene {
    journal: Arc<MemoryJournal>,
    sessions: Arc<MemorySessions>,
    telemetry: Arc<RecordingTelemetry>,
    projector: Projector,
    turns: Cell<usize>,
}

fn scene() -> Scene {
    over(Arc::default(), Arc::default())
}

fn over(journal: Arc<MemoryJournal>, sessions: Arc<MemorySessions>) -> Scene {
    let telemetry = Arc::new(RecordingTelemetry::new());
    let projector = Projector::new(journal.clone(), sessions.clone(), telemetry.clone());
    Scene { journal, sessions, telemetry, projector, turns: Cell::default() }
}

fn key(session: &str) -> SessionKey {
    SessionKey::new(session).unwrap()
}

impl Scene {
    /// Closes a turn that says this, behind what waits already.
    async fn say(&self, session: &str, text: &str) {
        let append = append(session, text);
        let end = match self.journal.end_of(&append.session).await.unwrap() {
            Some(offset) => SessionEnd { offset, torn: false },
            None => self.sessions.end(&append.session).await.unwrap(),
        };
        let rendered = self.sessions.render(&append).unwrap();
        self.close(end.write(append, rendered)).await;
    }

    async fn close(&self, write: SessionWrite) {
        let number = self.turns.replace(self.turns.get() + 1);
        let mut closing = closing(&format!("t{number}"));
        closing.sessions = vec![write];
        self.journal.close(&closing).await.unwrap();
    }

    fn texts(&self, session: &str) -> Vec<String> {
        self.sessions.lines(&key(session)).into_iter().map(|line| line.content).collect()
    }

    async fn waiting(&self) -> usize {
        self.journal.waiting(usize::MAX).await.unwrap().len()
    }

    /// Rows that a crash would bring back.
    async fn unsettled(&self, sessions: &[&str]) -> usize {
        let mut count = 0;
        for session in sessions {
            count += usize::from(self.journal.end_of(&key(session)).await.unwrap().is_some());
        }
        count
    }

    /// What a crash leaves: the files, and a queue that has forgotten which rows were written.
    async fn crashed(&self) -> Scene {
        let journal = Arc::new(MemoryJournal::new());
        for closing in self.journal.closings() {
            journal.close(&closing).await.unwrap();
        }
        Scene { turns: self.turns.clone(), ..over(journal, self.sessions.clone()) }
    }
}

#[tokio::test]
async fn lines_come_into_their_files_in_order_and_once() {
    let scene = scene();
    for number in 0..200 {
        scene.say(if number % 3 == 0 { "cli:a" } else { "cli:b" }, &number.to_string()).await;
    }
    scene.projector.run().await.unwrap();
    scene.projector.run().await.unwrap();
    let of = |wanted: bool| (0..200).filter(move |n| (n % 3 == 0) == wanted).map(|n: i32| n.to_string());
    assert_eq!(scene.texts("cli:a"), of(true).collect::<Vec<_>>());
    assert_eq!(scene.texts("cli:b"), of(false).collect::<Vec<_>>());
    assert_eq!(scene.waiting().await, 0);
}

#[tokio::test]
async fn a_session_that_cannot_be_written_holds_no_other_up() {
    let scene = scene();
    for number in 0..200 {
        let session = if number % 100 == 99 { format!("cli:good{number}") } else { "cli:bad".to_owned() };
        scene.say(&session, &number.to_string()).await;
    }
    // The first row is of the bad session; the store refuses it once, and the projector asks no second time.
    scene.sessions.trouble.fail_next_in("place", StoreErrorKind::ReadOnly);
    assert_eq!(scene.projector.run().await.unwrap_err().kind, StoreErrorKind::ReadOnly);
    for good in ["cli:good99", "cli:good199"] {
        assert_eq!(scene.texts(good).len(), 1, "{good}");
    }
    assert_eq!(scene.texts("cli:bad"), [""; 0]);
    scene.projector.run().await.unwrap();
    let bad: Vec<String> = (0..200).filter(|n| n % 100 != 99).map(|n: i32| n.to_string()).collect();
    assert_eq!(scene.texts("cli:bad"), bad);
}

#[tokio::test]
async fn what_is_settled_is_what_was_written_before_the_disk_was_waited_for() {
    let scene = scene();
    scene.say("cli:a", "one").await;
    scene.projector.run().await.unwrap();
    scene.say("cli:a", "two").await;
    scene.projector.settle().await.unwrap();
    assert_eq!(scene.unsettled(&["cli:a"]).await, 1, "the second line is in no file yet");
    assert_eq!(scene.waiting().await, 1);
    scene.projector.run().await.unwrap();
    scene.projector.settle().await.unwrap();
    assert_eq!(scene.unsettled(&["cli:a"]).await, 0);
    assert_eq!(scene.texts("cli:a"), ["one", "two"]);
}

#[tokio::test]
async fn a_disk_that_cannot_be_waited_for_keeps_the_rows_of_its_session_only() {
    let scene = scene();
    for session in ["cli:a", "cli:b", "cli:c"] {
        scene.say(session, "hi").await;
    }
    scene.projector.run().await.unwrap();
    scene.sessions.trouble.fail_next_in("sync", StoreErrorKind::Full);
    assert_eq!(scene.projector.settle().await.unwrap_err().kind, StoreErrorKind::Full);
    assert_eq!(scene.unsettled(&["cli:a", "cli:b", "cli:c"]).await, 1);
    scene.projector.settle().await.unwrap();
    assert_eq!(scene.unsettled(&["cli:a", "cli:b", "cli:c"]).await, 0);
}

#[tokio::test]
async fn a_journal_that_cannot_record_it_settles_the_row_another_time() {
    let scene = scene();
    scene.say("cli:a", "hi").await;
    scene.projector.run().await.unwrap();
    scene.journal.trouble.fail_next_in("settle", StoreErrorKind::Full);
    assert!(scene.projector.settle().await.is_err());
    assert_eq!(scene.unsettled(&["cli:a"]).await, 1);
    scene.projector.settle().await.unwrap();
    assert_eq!((scene.unsettled(&["cli:a"]).await, scene.texts("cli:a").len()), (0, 1));
}

#[tokio::test]
async fn many_sessions_cost_the_journal_one_order_to_settle() {
    let scene = scene();
    for number in 0..200 {
        scene.say(&format!("cli:{number}"), "hi").await;
    }
    scene.projector.run().await.unwrap();
    // Whoever settles one by one meets both failures.
    for _ in 0..2 {
        scene.journal.trouble.fail_next_in("settle", StoreErrorKind::Full);
    }
    assert!(scene.projector.settle().await.is_err());
    assert_eq!(
        scene.journal.trouble.pending(),
        1,
        "two hundred sessions were settled in more than one order"
    );
}

#[tokio::test]
async fn many_lines_are_settled_on_the_way_so_that_the_journal_keeps_few_twice() {
    let scene = scene();
    let sessions: Vec<String> = (0..Projector::SETTLE_EVERY).map(|number| format!("cli:{number}")).collect();
    for session in &sessions {
        scene.say(session, "hi").await;
    }
    scene.projector.run().await.unwrap();
    let names: Vec<&str> = sessions.iter().map(String::as_str).collect();
    let unsettled = scene.unsettled(&names).await;
    assert!(unsettled < Projector::BATCH, "{unsettled} rows are kept twice");
}

#[tokio::test]
async fn foreign_lines_are_reported_and_ours_stand_behind_them_once() {
    let scene = scene();
    scene.say("cli:a", "ours").await;
    let theirs = SessionWrite { append: append("cli:a", "theirs"), text: "theirs\n".to_owned(), offset: 0 };
    scene.sessions.place(&theirs, closing("t").at.local()).await.unwrap();
    scene.projector.run().await.unwrap();
    let told = TelemetryEvent::ForeignLines { session: key("cli:a") };
    assert_eq!(scene.telemetry.events(), [told]);
    assert_eq!(scene.texts("cli:a"), ["ours"]);
    // The next line goes on where the file ends now, and is no surprise.
    scene.say("cli:a", "again").await;
    scene.projector.run().await.unwrap();
    assert_eq!((scene.telemetry.events().len(), scene.texts("cli:a").len()), (1, 2));
}

#[tokio::test]
async fn a_crash_between_the_file_and_the_record_of_it_doubles_nothing() {
    let scene = scene();
    let say_all = async |scene: &Scene, from: usize| {
        for number in from..from + 5 {
            scene.say("cli:a", &number.to_string()).await;
            scene.say("cli:b", "the same words").await;
        }
    };
    say_all(&scene, 0).await;
    scene.projector.run().await.unwrap();
    let before: Vec<SessionLine> = scene.sessions.lines(&key("cli:b"));
    let mut after = scene.crashed().await;
    assert_eq!(after.waiting().await, 10, "every row waits again");
    after.projector.run().await.unwrap();
    assert_eq!(after.sessions.lines(&key("cli:b")), before);
    assert_eq!(after.texts("cli:a"), ["0", "1", "2", "3", "4"]);
    assert_eq!(after.telemetry.events(), [], "our own lines are no foreign ones");

    // Again, in the middle of a run: some rows are in their file, some are not.
    say_all(&after, 5).await;
    after.sessions.trouble.fail_next_in("place", StoreErrorKind::Full);
    assert!(after.projector.run().await.is_err());
    after = after.crashed().await;
    after.projector.run().await.unwrap();
    assert_eq!(after.texts("cli:a"), (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(after.texts("cli:b").len(), 10);
}

#[tokio::test]
async fn a_chat_that_never_rests_is_not_taken_for_one_whose_file_is_stuck() {
    let scene = scene();
    for n in 0..2 * crate::stand_in::VolatileJournal::MAX_PENDING_APPENDS_PER_SESSION {
        scene.say("cli:busy", &format!("line {n}")).await;
        scene.projector.run().await.unwrap();
    }
    assert_eq!(scene.texts("cli:busy").len(), 1_000);
}
