//! Writes down what calls cost, behind their backs: an answer does not wait for the disk. What a crash takes away
//! here was reserved before and counts in full, or had no budget to keep.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nanobot_core::pipeline::chain;
use nanobot_core::ports::{BudgetLedger, Expense, Paid, Reservation, Telemetry};
use nanobot_core::telemetry::{StoreName, TelemetryEvent};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Entries that may wait. A disk that is so far behind makes calls wait for it.
const QUEUE: usize = 1024;

/// One entry.
pub(crate) struct Entry {
    pub(crate) expense: Expense,
    pub(crate) paid: Paid,
    /// The promise that it redeems.
    pub(crate) reservation: Option<Reservation>,
}

/// The bookkeeper.
pub(crate) struct Bookkeeper {
    entries: Mutex<Option<mpsc::Sender<Entry>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Bookkeeper {
    /// Begins to write. Needs a running tokio.
    pub(crate) fn start(ledger: Arc<dyn BudgetLedger>, telemetry: Arc<dyn Telemetry>) -> Self {
        let (sender, mut receiver) = mpsc::channel::<Entry>(QUEUE);
        let task = tokio::spawn(async move {
            while let Some(entry) = receiver.recv().await {
                write(ledger.as_ref(), telemetry.as_ref(), &entry).await;
            }
        });
        Self { entries: Mutex::new(Some(sender)), task: Mutex::new(Some(task)) }
    }

    /// Takes an entry; waits when too many wait. After the end it is lost, and its promise counts in full.
    pub(crate) async fn take(&self, entry: Entry) {
        let sender = self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sender) = sender {
            let _ = sender.send(entry).await;
        }
    }

    /// Takes an entry if there is room.
    pub(crate) fn take_if_room(&self, entry: Entry) {
        if let Some(sender) = self.entries.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            let _ = sender.try_send(entry);
        }
    }

    /// Writes what waits, for at most so long, and ends. Whether all was written.
    pub(crate) async fn close(&self, limit: Duration) -> bool {
        drop(self.entries.lock().unwrap_or_else(PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut task) = task else { return true };
        if tokio::time::timeout(limit, &mut task).await.is_ok() {
            return true;
        }
        task.abort();
        false
    }
}

async fn write(ledger: &dyn BudgetLedger, telemetry: &dyn Telemetry, entry: &Entry) {
    let written = match &entry.reservation {
        Some(reservation) => ledger.settle(reservation, &entry.paid).await,
        None => ledger.book(&entry.expense, &entry.paid).await,
    };
    if let Err(error) = written {
        let (kind, detail) = (error.kind, chain(&error));
        telemetry.record(&TelemetryEvent::StoreFailed { store: StoreName::Spending, kind, detail });
    }
}
