//! One transaction while it is open: the connection, what it will have changed, and the words that go in
//! together at its end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nanobot_core::ids::{SessionKey, TurnId};
use nanobot_core::ports::{PendingAppend, SessionWrite};
use nanobot_core::time::WallTime;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::Memory;
use super::work::Job;
use crate::open_turns::OpenTurn;
use crate::options::{JournalOptions, Limits};
use crate::rows::at_most;
use crate::words::{Kind, Words};

/// Words that go in with one statement: nine values each, far from SQLite's 32,766. The way to SQLite and back
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
    turns: Vec<TurnChange>,
}

/// What a transaction does to the turns of which all is known.
enum TurnChange {
    Stands(OpenTurn),
    Step { id: i64, kind: Kind, place: i64 },
    Unknown(i64),
}

/// What a transaction does to the lines that are under way.
enum LineChange {
    Added(PendingAppend),
    Settled(Vec<u64>),
}

impl After {
    /// Remembers it. Answers the new counts.
    pub(super) fn apply(self, memory: &Memory) -> Counts {
        let mut lines = hold(&memory.lines);
        for change in self.lines {
            match change {
                LineChange::Added(added) => lines.add(added),
                LineChange::Settled(ids) => ids.into_iter().for_each(|id| lines.remove(id)),
            }
        }
        drop(lines);
        let mut turns = hold(&memory.turns);
        for change in self.turns {
            match change {
                TurnChange::Stands(turn) => turns.insert(turn),
                TurnChange::Step { id, kind, place } => turns.add_step(id, kind, place),
                TurnChange::Unknown(id) => turns.remove(id),
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
    new_lines: Vec<NewLines>,
    new_deliveries: Vec<NewDelivery>,
    lines: Vec<LineChange>,
    turns: Vec<TurnChange>,
}

/// Session lines that go in at the end.
pub(crate) struct NewLines {
    pub(crate) turn: i64,
    pub(crate) place: i64,
    pub(crate) write: SessionWrite,
    pub(crate) at: WallTime,
}

impl NewLines {
    fn session(&self) -> &SessionKey {
        &self.write.append.session
    }
}

/// Where lines are expected, as SQLite has it: an unknown end is its largest number.
pub(crate) fn stored_offset(write: &SessionWrite) -> i64 {
    i64::try_from(write.offset).unwrap_or(i64::MAX)
}

/// A delivery that goes in at the end.
pub(crate) struct NewDelivery {
    pub(crate) key: String,
    pub(crate) turn: i64,
    pub(crate) target: String,
    pub(crate) record: Arc<Words>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        connection: &'a mut SqliteConnection,
        options: &'a JournalOptions,
        counts: Counts,
        memory: &'a Memory,
    ) -> Self {
        Self {
            connection,
            options,
            counts,
            memory,
            words: Vec::new(),
            new_lines: Vec::new(),
            new_deliveries: Vec::new(),
            lines: Vec::new(),
            turns: Vec::new(),
        }
    }

    pub(super) fn into_after(self) -> After {
        After { counts: self.counts, lines: self.lines, turns: self.turns }
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

    /// Adds a record to a turn, before the transaction ends. There must be none in its place yet.
    pub(crate) fn add_words(&mut self, turn: i64, words: &Arc<Words>) {
        self.words.push((turn, words.clone()));
    }

    /// Whether a record is to be added to a turn that is like this one: of its kind, in its place.
    pub(crate) fn adds_words(&self, turn: i64, like: &Words) -> bool {
        let is_like = |words: &Words| words.kind == like.kind && words.place == like.place;
        self.words.iter().any(|(of, words)| *of == turn && is_like(words))
    }

    /// Adds what was put off of a turn whose words are to be read.
    pub(crate) async fn flush_turn(&mut self, turn: i64) -> Result<(), sqlx::Error> {
        if self.words.iter().any(|(of, _)| *of == turn) { self.flush().await } else { Ok(()) }
    }

    /// Adds what was put off. Whoever erases or changes such rows calls it first.
    pub(crate) async fn flush(&mut self) -> Result<(), sqlx::Error> {
        self.flush_deliveries().await?;
        self.flush_lines().await?;
        self.flush_words().await
    }

    /// A key that is there already is that very delivery.
    async fn flush_deliveries(&mut self) -> Result<(), sqlx::Error> {
        let mut deliveries = std::mem::take(&mut self.new_deliveries);
        for block in deliveries.chunks_mut(BLOCK) {
            let mut insert =
                QueryBuilder::<Sqlite>::new("INSERT INTO outbox (key, turn, place, target, state) ");
            insert.push_values(&*block, |mut row, delivery| {
                row.push_bind(delivery.key.clone()).push_bind(delivery.turn);
                row.push_bind(delivery.record.place).push_bind(delivery.target.clone()).push("'waiting'");
            });
            insert.push(" ON CONFLICT (key) DO NOTHING RETURNING key");
            let new: Vec<String> = insert.build_query_scalar().fetch_all(&mut *self.connection).await?;
            self.counts.queued += new.len();
            for delivery in block.iter().filter(|delivery| new.contains(&delivery.key)) {
                self.words.push((delivery.turn, delivery.record.clone()));
            }
        }
        Ok(())
    }

    async fn flush_lines(&mut self) -> Result<(), sqlx::Error> {
        let lines = std::mem::take(&mut self.new_lines);
        for block in lines.chunks(BLOCK) {
            let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO lines (turn, place, session, offset) ");
            insert.push_values(block, |mut row, line| {
                row.push_bind(line.turn).push_bind(line.place);
                row.push_bind(line.session().as_str().to_owned()).push_bind(stored_offset(&line.write));
            });
            insert.push(" RETURNING id, turn, place");
            let ids: Vec<(i64, i64, i64)> = insert.build_query_as().fetch_all(&mut *self.connection).await?;
            for (id, turn, place) in ids {
                let line = block.iter().find(|line| (line.turn, line.place) == (turn, place));
                let line = line.ok_or(sqlx::Error::RowNotFound)?;
                let (id, write, at) = (id.cast_unsigned(), line.write.clone(), line.at.clone());
                self.lines.push(LineChange::Added(PendingAppend { id, write, at }));
            }
        }
        Ok(())
    }

    async fn flush_words(&mut self) -> Result<(), sqlx::Error> {
        let words = std::mem::take(&mut self.words);
        for block in words.chunks(BLOCK) {
            let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO words (turn, kind, place, body) ");
            insert.push_values(block, |mut row, (turn, words)| {
                row.push_bind(*turn).push_bind(words.kind.name()).push_bind(words.place);
                row.push_bind(words.body.clone());
            });
            // One statement numbers its rows without a gap, so each is known by its distance from the last.
            insert.push("; INSERT INTO records (turn, kind, place, words, digest) ");
            let before_last = (0..block.len()).rev();
            insert.push_values(block.iter().zip(before_last), |mut row, ((turn, words), before_last)| {
                row.push_bind(*turn).push_bind(words.kind.name()).push_bind(words.place);
                row.push("last_insert_rowid() - ").push_bind_unseparated(at_most(before_last));
                row.push_bind(words.digest.clone());
            });
            insert.build().execute(&mut *self.connection).await?;
        }
        Ok(())
    }

    /// Adds session lines, before the transaction ends.
    pub(crate) fn add_lines(&mut self, lines: NewLines) {
        self.new_lines.push(lines);
    }

    /// Adds a delivery, before the transaction ends.
    pub(crate) fn add_delivery(&mut self, delivery: NewDelivery) {
        self.new_deliveries.push(delivery);
    }

    /// How many deliveries wait or are parked; what this transaction adds counts.
    pub(crate) fn queued(&self) -> usize {
        self.counts.queued + self.new_deliveries.len()
    }

    /// An open turn, if all is known of it.
    pub(crate) fn open_turn(&self, turn: &TurnId) -> Option<OpenTurn> {
        let known = hold(&self.memory.turns).of_turn(turn).cloned();
        known.and_then(|open| self.as_changed(open))
    }

    /// The same by its number.
    pub(crate) fn open_turn_of(&self, id: i64) -> Option<OpenTurn> {
        let known = hold(&self.memory.turns).of_id(id).cloned();
        known.and_then(|open| self.as_changed(open))
    }

    /// A turn as this transaction has left it; none when it closed it, or must look it up.
    fn as_changed(&self, known: OpenTurn) -> Option<OpenTurn> {
        let changed = self.turns.iter().rev().find_map(|change| match change {
            TurnChange::Stands(open) => (open.id == known.id).then(|| Some(open.clone())),
            TurnChange::Unknown(id) => (*id == known.id).then_some(None),
            TurnChange::Step { .. } => None,
        });
        changed.unwrap_or(Some(known))
    }

    /// Whether a turn of which all is known has a record of a step.
    pub(crate) fn has_step(&self, id: i64, words: &Words) -> bool {
        hold(&self.memory.turns).has_step(id, words.kind, words.place)
    }

    /// The open turn stands like this once the transaction is committed.
    pub(crate) fn turn_stands(&mut self, turn: OpenTurn) {
        self.turns.push(TurnChange::Stands(turn));
    }

    /// The turn has a further record of a step once the transaction is committed.
    pub(crate) fn step_stands(&mut self, id: i64, words: &Words) {
        self.turns.push(TurnChange::Step { id, kind: words.kind, place: words.place });
    }

    /// The turn is closed, or is to be looked up when it is needed again.
    pub(crate) fn turn_unknown(&mut self, id: i64) {
        self.turns.push(TurnChange::Unknown(id));
    }

    /// How many session lines are under way, and how many of one session; what this transaction adds counts.
    pub(crate) fn lines_under_way(&self, session: &SessionKey) -> (usize, usize) {
        let flushed = self.lines.iter().filter_map(|change| match change {
            LineChange::Added(added) => Some(&added.write.append.session),
            LineChange::Settled(_) => None,
        });
        let added = flushed.chain(self.new_lines.iter().map(NewLines::session));
        let (all, of_it) =
            added.fold((0, 0), |(all, of_it), added| (all + 1, of_it + usize::from(added == session)));
        let known = hold(&self.memory.lines);
        (known.len() + all, known.len_of(session) + of_it)
    }

    /// Rows of session lines are settled.
    pub(crate) fn lines_settled(&mut self, ids: Vec<u64>) {
        self.lines.push(LineChange::Settled(ids));
    }
}

/// What is shared, also when an earlier holder panicked: each change of it is whole.
pub(crate) fn hold<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
