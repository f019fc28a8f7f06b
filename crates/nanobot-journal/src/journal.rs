//! The journal as its ports see it: what is asked becomes work for the writer, or a query of a reader.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{SessionKey, TurnId};
use nanobot_core::pipeline::Route;
use nanobot_core::ports::{
    Attempt, Closing, InboundId, Ingested, Journal, OpenTurn, StoreError, StoreErrorKind, Tidied,
};
use nanobot_core::record::{EventRecord, StepDone, StepStarted, TimeRecord};
use nanobot_core::time::{Timestamp, WallTime};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, SqliteConnection};
use tokio::task::JoinHandle;

use crate::error::{JournalError, corrupt, store_error};
use crate::options::JournalOptions;
use crate::time::nanos;
use crate::words::{Kind, Words};
use crate::writer::{
    Begin, Close, Counts, DropCalls, DropCircuits, DropOutcomes, DropTotals, EmptyLargest, EmptyOlder,
    Forget, HandBack, Ingest, Memory, Orders, Reclaim, RecordStep, Vacuum, Work, Writer, hold,
};
use crate::{backup, database, file, rows};

/// The durable journal. Clones are the same journal.
///
/// What it answered as done survives the process and a power cut. When the last clone is gone the writer does what
/// it had accepted and ends; [`shut_down`](Self::shut_down) waits for that.
#[derive(Clone)]
pub struct SqliteJournal(Arc<Shared>);

struct Shared {
    orders: Orders,
    readers: SqlitePool,
    memory: Memory,
    options: JournalOptions,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Forgotten words may stand in the `-wal` file.
    is_truncation_due: AtomicBool,
}

impl SqliteJournal {
    /// The name by which `status` shows it.
    pub const NAME: &'static str = "journal";

    /// An answer of the writer is waited for so long: six times what it waits for a lock. Work that was accepted
    /// may be done later all the same, and every order may be given again.
    const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

    /// A query may take so long.
    const READ_TIMEOUT: Duration = Duration::from_secs(10);

    /// Rounds of forgetting in one [`tidy`](Journal::tidy), of each kind: 100,000 turns.
    const TIDY_ROUNDS: usize = 500;

    /// A circuit that nobody tried for so long is forgotten: its model or credential is not in use any more.
    const KEEP_CIRCUITS: Duration = Duration::from_hours(30 * 24);

    /// Rounds of giving space back in one [`tidy`](Journal::tidy): 64 MB.
    const VACUUM_ROUNDS: usize = 16;

    /// Opens a journal, or creates it. One of an earlier version is brought to the newest first, and a backup of it
    /// stays beside it for a week; that takes up to a minute per gigabyte. Starts the writer, so it wants a Tokio
    /// runtime.
    ///
    /// # Errors
    /// When the file cannot be used, is not a journal, or holds what cannot be read, or there is no room for the
    /// backup. The journal was not changed then.
    pub async fn open(options: JournalOptions) -> Result<Self, JournalError> {
        let path = options.path.clone();
        let prepared = tokio::task::spawn_blocking(move || file::prepare(&path)).await;
        prepared.map_err(|error| JournalError::File {
            doing: "preparing",
            path: options.path.clone(),
            source: io::Error::other(error),
        })??;
        let mut connection = database::open_writer(&options).await?;
        let memory = Memory::default();
        let counts = recall(&mut connection, &memory)
            .await
            .map_err(|source| JournalError::Contents { path: options.path.clone(), source })?;
        let readers = database::readers(&options.path);
        let (writer, orders) = Writer::new(connection, options.clone(), counts, memory.clone());
        let writer = Mutex::new(Some(tokio::spawn(writer.run())));
        Ok(Self(Arc::new(Shared {
            orders,
            readers,
            memory,
            options,
            writer,
            is_truncation_due: AtomicBool::new(false),
        })))
    }

    /// Does what was accepted, brings everything into the file itself, and closes it. Other clones fail from then
    /// on. Waits at most half a minute.
    pub async fn shut_down(self) {
        let handle = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let closed = async {
            // The last connection to go brings the log into the file, and that is to be the writer's.
            self.0.readers.close().await;
            self.0.orders.close().await;
            if let Some(handle) = handle {
                let _ = handle.await;
            }
        };
        let _ = tokio::time::timeout(Self::WRITE_TIMEOUT, closed).await;
    }

    /// How many transactions were committed since it was opened.
    pub fn commits(&self) -> u64 {
        self.0.memory.commits.load(Ordering::Relaxed)
    }

    /// Has the writer do something, and waits until it is committed.
    pub(crate) async fn write<W: Work>(&self, work: W) -> Result<W::Answer, StoreError> {
        let doing = work.doing();
        let answered = async {
            let answer = self.0.orders.work(work).await?;
            answer.await.ok()
        };
        match tokio::time::timeout(Self::WRITE_TIMEOUT, answered).await {
            Ok(Some(answer)) => answer,
            Ok(None) => {
                let doing = format!("{doing}: the journal is closed, or its writer has failed");
                Err(StoreError::new(StoreErrorKind::Backend, doing))
            }
            Err(error) => {
                let doing = format!("{doing}: the writer did not answer in time");
                Err(StoreError { kind: StoreErrorKind::Busy, doing, source: Some(Box::new(error)) })
            }
        }
    }

    /// A reader, for [`in_time`](Self::in_time).
    pub(crate) async fn reader(&self, doing: &'static str) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.0.readers.acquire().await.map_err(|error| store_error(doing, error))
    }

    /// A query that may not take for ever.
    pub(crate) async fn in_time<T>(
        &self,
        doing: &'static str,
        query: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(Self::READ_TIMEOUT, query).await.map_err(|error| {
            let doing = format!("{doing}: it took too long");
            StoreError { kind: StoreErrorKind::Busy, doing, source: Some(Box::new(error)) }
        })?
    }

    /// What is remembered of the session lines under way.
    pub(crate) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    /// Empties the `-wal` file, where forgotten words may stand still. Somebody who reads for long may be in its
    /// way; then the next [`tidy`](Journal::tidy) does it, or [`shut_down`](Self::shut_down).
    async fn truncate(&self) -> Result<(), StoreError> {
        let doing = "emptying the write-ahead log";
        self.0.is_truncation_due.store(true, Ordering::Relaxed);
        let truncated = tokio::time::timeout(Self::WRITE_TIMEOUT, self.0.orders.truncate()).await;
        match truncated {
            Ok(Some(Ok(is_empty))) => {
                self.0.is_truncation_due.store(!is_empty, Ordering::Relaxed);
                Ok(())
            }
            Ok(Some(Err(error))) => Err(store_error(doing, error)),
            Ok(None) => Err(StoreError::new(StoreErrorKind::Backend, doing)),
            Err(error) => {
                let source: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
                Err(StoreError { kind: StoreErrorKind::Busy, doing: doing.to_owned(), source: Some(source) })
            }
        }
    }

    async fn remove_backups(
        &self,
        doing: &'static str,
        remove: impl FnOnce(&Path) -> io::Result<()> + Send + 'static,
    ) -> Result<(), StoreError> {
        let journal = self.0.options.path.clone();
        let removed = tokio::time::timeout(Self::WRITE_TIMEOUT, file::away(move || remove(&journal))).await;
        let removed = removed.unwrap_or_else(|error| Err(io::Error::new(io::ErrorKind::TimedOut, error)));
        removed.map_err(|error| StoreError::io(doing, error))
    }

    /// Repeats a round of work until one finds nothing.
    async fn rounds<W: Work<Answer = u64>>(
        &self,
        limit: usize,
        work: impl Fn() -> W,
    ) -> Result<u64, StoreError> {
        let mut all = 0;
        for _ in 0..limit {
            match self.write(work()).await? {
                0 => break,
                done => all += done,
            }
        }
        Ok(all)
    }
}

/// Reads what waits, as the writer needs to know it. A broken page or index there shows now, not at the first turn.
async fn recall(connection: &mut SqliteConnection, memory: &Memory) -> Result<Counts, StoreError> {
    let doing = "reading what waits";
    let counts = Counts::read(connection).await.map_err(|error| store_error(doing, error))?;
    let query = "SELECT t.id, length(w.body) FROM turns t INDEXED BY turns_open \
                 LEFT JOIN records r ON r.turn = t.id AND r.kind = 'event' AND r.place = 0 \
                 LEFT JOIN words w ON w.id = r.words \
                 WHERE t.outcome IS NULL ORDER BY t.id";
    sqlx::query(query).execute(&mut *connection).await.map_err(|error| store_error(doing, error))?;
    let query = "SELECT l.id, l.session, l.offset, octet_length(w.body) FROM lines l INDEXED BY lines_unsettled \
                 LEFT JOIN records r ON r.turn = l.turn AND r.kind = 'text' AND r.place = l.place \
                 LEFT JOIN words w ON w.id = r.words \
                 WHERE l.settled = 0 ORDER BY l.id";
    let rows: Vec<(i64, String, i64, Option<i64>)> =
        sqlx::query_as(query).fetch_all(connection).await.map_err(|error| store_error(doing, error))?;
    let mut lines = hold(&memory.lines);
    for (id, session, offset, length) in rows {
        let session = SessionKey::new(session).map_err(|error| corrupt(doing, error))?;
        let end = offset.cast_unsigned() + length.unwrap_or(0).cast_unsigned();
        lines.insert(id.cast_unsigned(), session, end);
    }
    Ok(counts)
}

#[async_trait]
impl Journal for SqliteJournal {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn is_durable(&self) -> bool {
        true
    }

    async fn shut_down(&self) {
        Self::shut_down(self.clone()).await;
    }

    async fn ingest(
        &self,
        event: &InboundEvent,
        turn: &TurnId,
        at: Timestamp,
    ) -> Result<Ingested, StoreError> {
        let record = EventRecord::from(event);
        self.write(Ingest {
            turn: turn.clone(),
            channel: event.channel.to_string(),
            account: event.account.to_string(),
            chat: event.chat.to_string(),
            message: event.message_id.as_ref().map(ToString::to_string),
            session: Route::of(event).session().to_string(),
            received: nanos(at),
            event: Arc::new(Words::record(Kind::Event, turn, 0, &[], &record)?),
        })
        .await
    }

    async fn begin(&self, inbound: InboundId, at: &WallTime) -> Result<Attempt, StoreError> {
        let began = serde_json::to_string(&TimeRecord::from(at))
            .map_err(|error| StoreError::backend("writing a reading of the clock", error))?;
        self.write(Begin { inbound, at: at.clone(), began }).await
    }

    async fn hand_back(&self, inbound: InboundId) -> Result<(), StoreError> {
        self.write(HandBack(inbound)).await
    }

    async fn step_started(&self, turn: &TurnId, step: &StepStarted) -> Result<(), StoreError> {
        let words = Arc::new(Words::record(Kind::Started, turn, step.index, &[], step)?);
        self.write(RecordStep { turn: turn.clone(), words }).await
    }

    async fn step_done(&self, turn: &TurnId, step: &StepDone) -> Result<(), StoreError> {
        let words = Arc::new(Words::record(Kind::Done, turn, step.index, &[], step)?);
        self.write(RecordStep { turn: turn.clone(), words }).await
    }

    async fn close(&self, closing: &Closing) -> Result<(), StoreError> {
        self.write(Close::new(closing)?).await
    }

    async fn open_turns(&self, after: InboundId, limit: usize) -> Result<Vec<OpenTurn>, StoreError> {
        let doing = "reading the open turns";
        let query = async { rows::open_turns(&mut *self.reader(doing).await?, after, limit).await };
        self.in_time(doing, query).await
    }

    /// In one transaction; a backup of an earlier version goes with it, whatever else it holds. Words of what waits
    /// still (an open turn, a delivery, lines without their file) stay until it is done, and go then.
    async fn forget(&self, session: &SessionKey) -> Result<u64, StoreError> {
        let emptied = self.write(Forget(session.clone())).await?;
        self.remove_backups("removing the backup of the journal", backup::remove).await?;
        self.truncate().await?;
        Ok(emptied)
    }

    /// In many small transactions, so that the writer is never held up for long. What is left over at the end of
    /// a call is for the next one.
    async fn tidy(&self, now: Timestamp) -> Result<Tidied, StoreError> {
        let options = &self.0.options;
        let keep = i64::try_from(options.keep_words.as_nanos()).unwrap_or(i64::MAX);
        let before = nanos(now).saturating_sub(keep);
        let mut emptied = self.rounds(Self::TIDY_ROUNDS, || EmptyOlder(before)).await?;
        self.rounds(Self::TIDY_ROUNDS, || Reclaim).await?;
        for _ in 0..Self::TIDY_ROUNDS {
            match self.write(EmptyLargest(options.max_bytes)).await? {
                0 => break,
                more => emptied += more,
            }
            self.rounds(Self::TIDY_ROUNDS, || Reclaim).await?;
        }
        let dropped =
            self.rounds(Self::TIDY_ROUNDS, || DropOutcomes { keep: options.max_outcomes, before }).await?;
        let calls = self.rounds(Self::TIDY_ROUNDS, || DropCalls::new(now)).await?;
        let totals = self.rounds(Self::TIDY_ROUNDS, || DropTotals(now)).await?;
        self.write(DropCircuits { before: nanos(now - Self::KEEP_CIRCUITS) }).await?;
        self.rounds(Self::VACUUM_ROUNDS, || Vacuum).await?;
        // Calls and totals name sessions.
        if emptied + calls + totals > 0 || self.0.is_truncation_due.load(Ordering::Relaxed) {
            self.truncate().await?;
        }
        let remove_old = move |journal: &Path| backup::remove_old(journal, now);
        self.remove_backups("removing an old backup of the journal", remove_old).await?;
        Ok(Tidied { emptied, dropped })
    }
}

#[cfg(test)]
mod tests;
