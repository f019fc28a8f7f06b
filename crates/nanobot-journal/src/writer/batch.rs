//! One transaction while it is open: the connection, what it will have changed, and the words that go in
//! together at its end.

use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use nanobot_core::ids::SessionKey;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::Memory;
use super::work::Job;
use crate::options::{JournalOptions, Limits};
use crate::unsettled::Unsettled;
use crate::words::Words;

/// Words that go in with one statement: five values each, far from SQLite's 32,766. The way to SQLite and back
/// costs ten times what a row does.
const BLOCK: usize = 64;

/// How much waits. Counting thousands of rows for each message would cost more than storing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Messages without outcome.
    pub(crate) open: usize,
    /// Deliveries that wait or are parked.
    pub(crate) queued: usize,
}

impl Counts {
    /// Counts what is there.
    pub(crate) async fn read(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let query = "SELECT (SELECT count(*) FROM turns INDEXED BY turns_open WHERE outcome IS NULL), \
                     (SELECT count(*) FROM outbox INDEXED BY outbox_live WHERE state IN ('waiting', 'parked'))";
        let (open, queued): (i64, i64) = sqlx::query_as(query).fetch_one(connection).await?;
        let count = |rows: i64| usize::try_from(rows).unwrap_or(0);
        Ok(Self { open: count(open), queued: count(queued) })
    }
}

/// What is to be remembered once the transaction is committed.
pub(crate) struct After {
    counts: Counts,
    lines: Vec<LineChange>,
}

/// What a transaction does to the lines that are under way.
enum LineChange {
    Added { id: u64, session: SessionKey, end: u64 },
    Settled(Vec<u64>),
}

impl After {
    /// Remembers it. Answers the new counts.
    pub(super) fn apply(self, memory: &Memory) -> Counts {
        let mut lines = hold(&memory.lines);
        for change in self.lines {
            match change {
                LineChange::Added { id, session, end } => lines.insert(id, session, end),
                LineChange::Settled(ids) => ids.into_iter().for_each(|id| lines.remove(id)),
            }
        }
        self.counts
    }
}

/// An open transaction.
pub(crate) struct Batch<'a> {
    pub(crate) connection: &'a mut SqliteConnection,
    pub(crate) options: &'a JournalOptions,
    pub(crate) counts: Counts,
    memory: &'a Memory,
    words: Vec<(i64, Arc<Words>)>,
    lines: Vec<LineChange>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        connection: &'a mut SqliteConnection,
        options: &'a JournalOptions,
        counts: Counts,
        memory: &'a Memory,
    ) -> Self {
        Self { connection, options, counts, memory, words: Vec::new(), lines: Vec::new() }
    }

    pub(super) fn into_after(self) -> After {
        After { counts: self.counts, lines: self.lines }
    }

    /// Does all the work, in order.
    pub(super) async fn run(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
        for job in jobs {
            job.run(self).await?;
        }
        self.flush().await
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Adds a record to a turn, before the transaction ends. Of two in one place the first stands.
    pub(crate) fn add_words(&mut self, turn: i64, words: &Arc<Words>) {
        self.words.push((turn, words.clone()));
    }

    /// Adds what was put off of a turn whose words are to be read.
    pub(crate) async fn flush_turn(&mut self, turn: i64) -> Result<(), sqlx::Error> {
        if self.words.iter().any(|(of, _)| *of == turn) { self.flush().await } else { Ok(()) }
    }

    /// Adds what was put off. Whoever deletes words calls it first.
    pub(crate) async fn flush(&mut self) -> Result<(), sqlx::Error> {
        let words = std::mem::take(&mut self.words);
        for block in words.chunks(BLOCK) {
            let mut insert =
                QueryBuilder::<Sqlite>::new("INSERT INTO words (turn, kind, place, body, digest) ");
            insert.push_values(block, |mut row, (turn, words)| {
                row.push_bind(*turn).push_bind(words.kind.name()).push_bind(words.place);
                row.push_bind(words.body.clone()).push_bind(words.digest.clone());
            });
            insert.push(" ON CONFLICT (turn, kind, place) DO NOTHING");
            insert.build().execute(&mut *self.connection).await?;
        }
        Ok(())
    }

    /// How many session lines are under way, and how many of one session; what this transaction adds counts.
    pub(crate) fn lines_under_way(&self, session: &SessionKey) -> (usize, usize) {
        let added = self.lines.iter().filter_map(|change| match change {
            LineChange::Added { session, .. } => Some(session),
            LineChange::Settled(_) => None,
        });
        let (all, of_it) =
            added.fold((0, 0), |(all, of_it), added| (all + 1, of_it + usize::from(added == session)));
        let known = hold(&self.memory.lines);
        (known.len() + all, known.len_of(session) + of_it)
    }

    /// A row of session lines is stored.
    pub(crate) fn line_added(&mut self, id: i64, session: SessionKey, end: u64) {
        self.lines.push(LineChange::Added { id: id.cast_unsigned(), session, end });
    }

    /// Rows of session lines are settled.
    pub(crate) fn lines_settled(&mut self, ids: Vec<u64>) {
        self.lines.push(LineChange::Settled(ids));
    }
}

/// The lines, also when an earlier holder panicked: each change of them is whole.
pub(crate) fn hold(lines: &Mutex<Unsettled>) -> std::sync::MutexGuard<'_, Unsettled> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
