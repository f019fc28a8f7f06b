//! The journal as the router's book, and how many entries were written: the router writes behind its answers, and what
//! it still writes must not fall into the time of the next one.

use async_trait::async_trait;
use nanobot_core::ports::{
    BudgetLedger, BudgetLimit, BudgetRefusal, BudgetScope, Expense, Paid, Reservation, StoreError,
};
use nanobot_core::units::NanoDollars;
use nanobot_journal::SqliteJournal;
use tokio::sync::watch;

/// A book that counts.
pub(super) struct Counted {
    journal: SqliteJournal,
    written: watch::Sender<u64>,
}

impl Counted {
    pub(super) fn over(journal: SqliteJournal) -> Self {
        Self { journal, written: watch::Sender::new(0) }
    }

    /// Comes back when so many entries are written. Never, when one of them failed.
    pub(super) async fn until(&self, count: u64) {
        let mut written = self.written.subscribe();
        let _ = written.wait_for(|written| *written >= count).await;
    }

    pub(super) async fn close(&self) {
        self.journal.clone().shut_down().await;
    }

    fn count(&self, result: Result<(), StoreError>) -> Result<(), StoreError> {
        result.inspect(|()| self.written.send_modify(|written| *written += 1))
    }
}

#[async_trait]
impl BudgetLedger for Counted {
    async fn reserve(
        &self,
        expense: &Expense,
        worst: NanoDollars,
        limits: &[BudgetLimit],
    ) -> Result<Reservation, BudgetRefusal> {
        self.journal.reserve(expense, worst, limits).await
    }

    async fn settle(&self, reservation: &Reservation, paid: &Paid) -> Result<(), StoreError> {
        self.count(self.journal.settle(reservation, paid).await)
    }

    async fn book(&self, expense: &Expense, paid: &Paid) -> Result<(), StoreError> {
        self.count(self.journal.book(expense, paid).await)
    }

    async fn counted(&self, expense: &Expense, scope: BudgetScope) -> Result<NanoDollars, StoreError> {
        self.journal.counted(expense, scope).await
    }
}
