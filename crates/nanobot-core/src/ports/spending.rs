//! What models cost: hard budgets, and the book of what was spent.
//!
//! Money is reserved before a call and settled after it. A reservation that nobody settles, because the process
//! died, counts in full for ever: a budget may end too early, never too late.

use async_trait::async_trait;

use crate::ids::SessionKey;
use crate::model::{ModelTask, Usage};
use crate::ports::StoreError;
use crate::time::{WallTime, civil};
use crate::units::NanoDollars;

/// The book.
#[async_trait]
pub trait BudgetLedger: Send + Sync {
    /// Promises the worst case of one call, if every one of the limits has room for it. The promise is durable
    /// before this returns.
    ///
    /// # Errors
    /// [`BudgetRefusal`] when a limit would be passed or the ledger cannot be written; nothing is promised then.
    async fn reserve(
        &self,
        expense: &Expense,
        worst: NanoDollars,
        limits: &[BudgetLimit],
    ) -> Result<Reservation, BudgetRefusal>;

    /// Replaces a reservation by what the call really cost. Settling twice is an error and changes nothing.
    ///
    /// # Errors
    /// `NotFound` for a reservation that is not open; else when the ledger cannot be written, and the reservation
    /// counts in full.
    async fn settle(&self, reservation: &Reservation, paid: &Paid) -> Result<(), StoreError>;

    /// Books a call that was made without a reservation, because no limit applied.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    async fn book(&self, expense: &Expense, paid: &Paid) -> Result<(), StoreError>;

    /// What counts against a scope so far: what was spent, and what is promised.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    async fn counted(&self, expense: &Expense, scope: BudgetScope) -> Result<NanoDollars, StoreError>;
}

/// On whose account a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expense {
    /// When, as the machine's wall clock shows it: days and months are the operator's own.
    pub at: WallTime,
    /// The conversation; none for work of the assistant's own.
    pub session: Option<SessionKey>,
    /// The task.
    pub task: ModelTask,
    /// The provider.
    pub provider: String,
    /// The model, as configured.
    pub model: String,
}

impl Expense {
    /// The day that pays.
    pub fn day(&self) -> civil::Date {
        self.at.local().date()
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// The cost; none when nobody knows the price.
    pub cost: Option<NanoDollars>,
    /// The tokens, where the provider counted them.
    pub usage: Usage,
    /// `ok`, or the kind of error.
    pub outcome: &'static str,
}

/// What a budget is for. Each is for one day, or one month, of the operator's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BudgetScope {
    /// Everything on one day.
    Day,
    /// Everything in one month.
    Month,
    /// One conversation on one day.
    Chat,
    /// One task on one day.
    Task,
}

impl BudgetScope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Day, Self::Month, Self::Chat, Self::Task];

    /// The stable word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Chat => "chat",
            Self::Task => "task",
        }
    }
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetLimit {
    /// What it is for.
    pub scope: BudgetScope,
    /// The most that may count against it.
    pub most: NanoDollars,
}

/// A promise of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The ledger's number of it.
    pub id: u64,
    /// The amount.
    pub worst: NanoDollars,
}

/// Why no money was promised.
#[derive(Debug, thiserror::Error)]
pub enum BudgetRefusal {
    /// A limit would be passed.
    #[error("the {} budget has no room for the call", scope.name())]
    Exhausted {
        /// Which one; the first, in the order of the limits.
        scope: BudgetScope,
        /// What is left of it.
        left: NanoDollars,
    },
    /// The ledger failed; nothing is promised.
    #[error(transparent)]
    Store(#[from] StoreError),
}
