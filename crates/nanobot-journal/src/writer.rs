//! The one that writes: a task with a connection of its own. What waits together is committed together, and
//! nobody is answered before the commit. What a piece of work does to the database is in `writer/`.

mod batch;
mod chain_heads;
mod circuits;
mod closing;
mod deliveries;
mod erase;
mod inbound;
mod reclaim;
mod retention;
mod settling;
mod spending;
mod steps;
mod work;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::database;
use crate::open_turns::OpenTurns;
use crate::options::JournalOptions;
use crate::unsettled::Unsettled;

pub(crate) use batch::{Counts, hold};
pub(crate) use chain_heads::SetChainHead;
pub(crate) use circuits::{CloseCircuit, DropCircuits, StandOpen};
pub(crate) use closing::Close;
pub(crate) use deliveries::{Finish, Park, Postpone, Release, State};
pub(crate) use inbound::{Begin, HandBack, Ingest};
pub(crate) use reclaim::Reclaim;
pub(crate) use retention::{DropCalls, DropOutcomes, DropTotals, EmptyLargest, EmptyOlder, Forget, Vacuum};
pub(crate) use settling::Settle;
pub(crate) use spending::{Book, Promise, Reserve, SettleCall, StoredPaid};
pub(crate) use steps::RecordStep;
pub(crate) use work::Work;
#[cfg(test)]
pub(crate) use {
    circuits::MAX_CIRCUITS,
    retention::{EXCESS_CALLS, OLD_CALLS, OLD_TOTALS},
    spending::{COUNTED, PROMISED, SETTLE},
};

use batch::Batch;
use work::Job;

/// Orders that may wait for the writer. Who comes then waits for room: as many as one busy second brings.
const QUEUE: usize = 1_024;

/// Pieces of work in one commit. A block of this size takes a few milliseconds, so nobody waits long for others.
const BATCH: usize = 256;

/// What the writer is asked for.
enum Order {
    /// A change.
    Work(Box<dyn Job>),
    /// Bring everything into the file itself and empty the `-wal` file. Answers whether that went.
    Truncate(oneshot::Sender<Result<bool, sqlx::Error>>),
    /// Do what waits, then end.
    Close(oneshot::Sender<()>),
}

/// A way to the writer.
#[derive(Clone)]
pub(crate) struct Orders(mpsc::Sender<Order>);

impl Orders {
    /// Hands work over. Once it is accepted it is done, whether or not somebody waits for the answer.
    pub(crate) async fn work<W: Work>(&self, work: W) -> Option<oneshot::Receiver<work::Outcome<W>>> {
        let (job, answer) = work::job(work);
        self.0.send(Order::Work(job)).await.ok()?;
        Some(answer)
    }

    /// Empties the `-wal` file.
    pub(crate) async fn truncate(&self) -> Option<Result<bool, sqlx::Error>> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Order::Truncate(reply)).await.ok()?;
        answer.await.ok()
    }

    /// Ends the writer once it has done what waits. None when it has ended before.
    pub(crate) async fn close(&self) -> Option<()> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Order::Close(reply)).await.ok()?;
        answer.await.ok()
    }
}

/// What the writer shares with those who ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    /// Session lines whose file is not on the disk.
    pub(crate) lines: Arc<Mutex<Unsettled>>,
    /// Turns that are under way.
    pub(crate) turns: Arc<Mutex<OpenTurns>>,
    /// Transactions that were committed.
    pub(crate) commits: Arc<AtomicU64>,
}

/// The writer.
pub(crate) struct Writer {
    connection: SqliteConnection,
    options: JournalOptions,
    counts: Counts,
    memory: Memory,
    orders: mpsc::Receiver<Order>,
    closing: Option<oneshot::Sender<()>>,
}

impl Writer {
    /// A writer and the way to it. It does nothing before it [runs](Self::run).
    pub(crate) fn new(
        connection: SqliteConnection,
        options: JournalOptions,
        counts: Counts,
        memory: Memory,
    ) -> (Self, Orders) {
        let (sender, orders) = mpsc::channel(QUEUE);
        (Self { connection, options, counts, memory, orders, closing: None }, Orders(sender))
    }

    /// Works until it is closed, or until nobody is left who could ask.
    pub(crate) async fn run(mut self) {
        while let Some(order) = self.orders.recv().await {
            let mut next = Some(order);
            while let Some(order) = next.take() {
                match order {
                    Order::Work(first) => next = self.work(first).await,
                    Order::Truncate(reply) => {
                        let _ = reply.send(self.truncate().await);
                    }
                    Order::Close(reply) => {
                        self.orders.close();
                        self.closing = Some(reply);
                    }
                }
            }
        }
        self.end().await;
    }

    /// Does the first piece of work and those that wait behind it. Answers the order at which it stopped.
    async fn work(&mut self, first: Box<dyn Job>) -> Option<Order> {
        let mut jobs = vec![first];
        let mut next = None;
        while jobs.len() < BATCH {
            match self.orders.try_recv() {
                Ok(Order::Work(job)) => jobs.push(job),
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.commit_all(jobs).await;
        next
    }

    /// All in one transaction; if that fails, each in one of its own, so that one harms no other.
    async fn commit_all(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        match self.transact(&mut jobs).await {
            Ok(()) => jobs.into_iter().for_each(Job::answer),
            Err(Failed::Inside(_)) if jobs.len() > 1 => self.commit_each(jobs).await,
            Err(failed) => fail(jobs, failed),
        }
    }

    async fn commit_each(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut jobs = jobs.into_iter();
        while let Some(mut job) = jobs.next() {
            match self.transact(std::slice::from_mut(&mut job)).await {
                Ok(()) => job.answer(),
                Err(Failed::Inside(error)) => fail([job], Failed::Inside(error)),
                // The next one would wait as long for the same lock.
                Err(failed) => fail(std::iter::once(job).chain(jobs.by_ref()), failed),
            }
        }
    }

    async fn transact(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Failed> {
        if let Err(error) = execute(&mut self.connection, "BEGIN IMMEDIATE").await {
            self.mend(&error).await;
            return Err(Failed::Begin(error));
        }
        let mut batch = Batch::new(&mut self.connection, &self.options, self.counts, &self.memory);
        let done = batch.run(jobs).await;
        let after = batch.into_after();
        let committed = match done {
            Ok(()) => execute(&mut self.connection, "COMMIT").await,
            Err(error) => Err(error),
        };
        if let Err(error) = committed {
            // SQLite may have rolled back by itself, and says so as an error. Anything else shows at the next BEGIN.
            let _ = execute(&mut self.connection, "ROLLBACK").await;
            return Err(Failed::Inside(error));
        }
        self.memory.commits.fetch_add(1, Ordering::Relaxed);
        self.counts = after.apply(&self.memory);
        Ok(())
    }

    /// A connection on which no transaction begins, and not because somebody else holds the lock, is replaced.
    async fn mend(&mut self, error: &sqlx::Error) {
        if crate::error::kind_of(error) == nanobot_core::ports::StoreErrorKind::Busy {
            return;
        }
        if let Ok(connection) = database::open_writer(&self.options).await {
            self.connection = connection;
        }
    }

    async fn truncate(&mut self) -> Result<bool, sqlx::Error> {
        let (is_busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut self.connection).await?;
        Ok(is_busy == 0)
    }

    async fn end(mut self) {
        // What is committed is safe in the `-wal` file as well; nobody could do anything about a failure here.
        let _ = self.truncate().await;
        let _ = self.connection.close().await;
        if let Some(reply) = self.closing {
            let _ = reply.send(());
        }
    }
}

/// Where a transaction failed.
enum Failed {
    /// Before any work was tried.
    Begin(sqlx::Error),
    /// In some piece of work, or at the commit.
    Inside(sqlx::Error),
}

fn fail(jobs: impl IntoIterator<Item = Box<dyn Job>>, failed: Failed) {
    let (Failed::Begin(error) | Failed::Inside(error)) = failed;
    let error = Arc::new(error);
    jobs.into_iter().for_each(|job| job.fail(&error));
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests;
