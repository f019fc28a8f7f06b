//! The book of what models cost, as its port sees it; and how its days, keys and amounts are stored.

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::model::ModelTask;
use nanobot_core::ports::{
    BudgetLedger, BudgetLimit, BudgetRefusal, BudgetScope, Expense, Paid, Reservation, StoreError,
};
use nanobot_core::units::NanoDollars;

use crate::SqliteJournal;
use crate::error::store_error;
use crate::time::nanos;
use crate::writer::{Book, Promise, Reserve, SettleCall, StoredPaid};

/// Tokens of one kind that are counted of one call. No model reads or writes so many; a provider that says more is
/// wrong, and sums over a year of such calls still fit.
const MAX_TOKENS: u64 = 1 << 40;

/// What counts against one scope.
pub(crate) const TOTAL: &str =
    "SELECT nanos FROM budget_totals WHERE scope = ?1 AND period = ?2 AND name = ?3";

/// Who pays for a call, as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// When, in nanoseconds since 1970.
    pub(crate) at: i64,
    pub(crate) provider: String,
    pub(crate) model: String,
    day: String,
    session: Option<SessionKey>,
    task: ModelTask,
}

impl Account {
    pub(crate) fn day(&self) -> &str {
        &self.day
    }

    pub(crate) fn month(&self) -> &str {
        month_of(&self.day)
    }

    /// The session; nothing for work of the assistant's own. No session has an empty key.
    pub(crate) fn chat(&self) -> &str {
        self.session.as_ref().map_or("", SessionKey::as_str)
    }

    pub(crate) fn task(&self) -> &'static str {
        self.task.name()
    }

    /// Period and name of a total.
    fn total(&self, scope: BudgetScope) -> (&str, &str) {
        match scope {
            BudgetScope::Day => (self.day(), ""),
            BudgetScope::Month => (self.month(), ""),
            BudgetScope::Chat => (self.day(), self.chat()),
            BudgetScope::Task => (self.day(), self.task()),
        }
    }
}

impl From<&Expense> for Account {
    fn from(expense: &Expense) -> Self {
        Self {
            at: nanos(expense.at.instant),
            provider: expense.provider.clone(),
            model: expense.model.clone(),
            day: expense.day().to_string(),
            session: expense.session.clone(),
            task: expense.task,
        }
    }
}

/// The month (`2026-02`) of a day (`2026-02-22`).
pub(crate) fn month_of(day: &str) -> &str {
    day.rsplit_once('-').map_or(day, |(month, _)| month)
}

/// An amount as SQLite can hold it; what is larger is stored as the largest, and so fills every budget.
pub(crate) fn stored_amount(amount: NanoDollars) -> i64 {
    i64::try_from(amount.get()).unwrap_or(i64::MAX)
}

/// A number of tokens, at most what is counted of one call.
pub(crate) fn stored_tokens(count: u64) -> i64 {
    count.min(MAX_TOKENS).cast_signed()
}

/// Amounts go up to 9 thousand million dollars; a promise beyond is refused as `Limit`, and a cost beyond counts as
/// that. A caller who gave up waiting may have promised all the same; then it counts in full.
#[async_trait]
impl BudgetLedger for SqliteJournal {
    async fn reserve(
        &self,
        expense: &Expense,
        worst: NanoDollars,
        limits: &[BudgetLimit],
    ) -> Result<Reservation, BudgetRefusal> {
        let work = Reserve { account: expense.into(), worst, limits: limits.to_vec() };
        match self.write(work).await? {
            Promise::Given(id) => Ok(Reservation { id: id.cast_unsigned(), worst }),
            Promise::NoRoom { scope, left } => Err(BudgetRefusal::Exhausted { scope, left }),
        }
    }

    async fn settle(&self, reservation: &Reservation, paid: &Paid) -> Result<(), StoreError> {
        self.write(SettleCall { reservation: reservation.id, paid: paid.into() }).await
    }

    async fn book(&self, expense: &Expense, paid: &Paid) -> Result<(), StoreError> {
        self.write(Book { account: expense.into(), paid: paid.into() }).await
    }

    async fn counted(&self, expense: &Expense, scope: BudgetScope) -> Result<NanoDollars, StoreError> {
        let doing = "reading what counts against a budget";
        let account = Account::from(expense);
        let query = async {
            let (period, name) = account.total(scope);
            let nanos: Option<i64> = sqlx::query_scalar(TOTAL)
                .bind(scope.name())
                .bind(period)
                .bind(name)
                .fetch_optional(&mut *self.reader(doing).await?)
                .await
                .map_err(|error| store_error(doing, error))?;
            Ok(NanoDollars::new(nanos.unwrap_or(0).max(0).cast_unsigned()))
        };
        self.in_time(doing, query).await
    }
}

impl From<&Paid> for StoredPaid {
    fn from(paid: &Paid) -> Self {
        Self::new(paid.cost, paid.usage, paid.outcome)
    }
}
