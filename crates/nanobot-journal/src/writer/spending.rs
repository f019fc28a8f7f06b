//! Money is promised, and promises become what was really paid. Totals and rows change together, so what is left is
//! known without a sum over history. What is a sensible limit, and what a call may cost, is known elsewhere.

use async_trait::async_trait;
use nanobot_core::model::Usage;
use nanobot_core::ports::{BudgetLimit, BudgetScope, StoreError, StoreErrorKind};
use nanobot_core::units::NanoDollars;

use super::batch::Batch;
use super::work::{Halt, Work};
use crate::spending::{Account, stored_amount, stored_tokens};

/// The largest total. One that has come so far stays there: more than it counts was spent, and nobody knows how
/// much, so nothing may be taken back from it either.
const FULL: i64 = i64::MAX;

/// What counts against each scope so far.
pub(crate) const COUNTED: &str = "SELECT \
    (SELECT nanos FROM budget_totals WHERE scope = 'day' AND period = ?1 AND name = ''), \
    (SELECT nanos FROM budget_totals WHERE scope = 'month' AND period = ?2 AND name = ''), \
    (SELECT nanos FROM budget_totals WHERE scope = 'chat' AND period = ?1 AND name = ?3), \
    (SELECT nanos FROM budget_totals WHERE scope = 'task' AND period = ?1 AND name = ?4)";

/// Counts an amount against every scope, and enters the call.
pub(crate) const ENTER: &str = "
    INSERT INTO budget_totals (scope, period, name, nanos)
        VALUES ('day', ?1, '', ?5), ('month', ?2, '', ?5), ('chat', ?1, ?3, ?5), ('task', ?1, ?4, ?5)
        ON CONFLICT (scope, period, name) DO UPDATE
        SET nanos = min(nanos, 9223372036854775807 - excluded.nanos) + excluded.nanos;
    INSERT INTO spending (day, session, chat, task, at, provider, model, state, reserved, cost, outcome,
                          input, cached_input, cache_write, output, reasoning)
        VALUES (?1, nullif(?3, ''),
                (SELECT id FROM budget_totals WHERE scope = 'chat' AND period = ?1 AND name = ?3),
                ?4, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        RETURNING id";

/// What a call has that was promised and is not settled.
pub(crate) const PROMISED: &str =
    "SELECT day, chat, task, reserved FROM spending WHERE id = ?1 AND state = 'promised'";

/// Settles the call, and moves every total by the difference (`?6`). A total of a period that is long over may be
/// gone; then there is nothing to move.
pub(crate) const SETTLE: &str = "
    UPDATE budget_totals
        SET nanos = CASE WHEN nanos = 9223372036854775807 THEN nanos
                         WHEN ?6 >= 0 THEN min(nanos, 9223372036854775807 - ?6) + ?6
                         ELSE max(0, nanos + ?6) END
        WHERE (scope = 'day' AND period = ?2 AND name = '') OR (scope = 'month' AND period = ?3 AND name = '')
           OR id = ?4 OR (scope = 'task' AND period = ?2 AND name = ?5);
    UPDATE spending SET state = 'settled', cost = ?7, outcome = ?8, input = ?9, cached_input = ?10,
                        cache_write = ?11, output = ?12, reasoning = ?13
        WHERE id = ?1";

/// What came of a reservation.
pub(crate) enum Promise {
    /// It is given, under this number.
    Given(i64),
    /// A limit has no room; nothing is promised.
    NoRoom { scope: BudgetScope, left: NanoDollars },
}

/// Promises the worst case of a call, if every limit has room for it.
pub(crate) struct Reserve {
    pub(crate) account: Account,
    pub(crate) worst: NanoDollars,
    pub(crate) limits: Vec<BudgetLimit>,
}

#[async_trait]
impl Work for Reserve {
    type Answer = Promise;

    fn doing(&self) -> String {
        "reserving money for a call".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<Promise, Halt> {
        let counted = Counted::read(batch, &self.account).await?;
        for &BudgetLimit { scope, most } in &self.limits {
            let left = most.saturating_sub(counted.of(scope));
            if self.worst > left {
                return Ok(Promise::NoRoom { scope, left });
            }
        }
        // A total that could not hold the promise would forget a part of it.
        let worst = i64::try_from(self.worst.get()).ok().filter(|worst| *worst <= FULL - counted.most());
        let worst = worst.ok_or_else(|| StoreError::new(StoreErrorKind::Limit, self.doing()))?;
        let entry = Entry { state: "promised", reserved: Some(worst), paid: StoredPaid::default() };
        Ok(Promise::Given(entry.write(batch, &self.account, worst).await?))
    }
}

/// Books a call that nothing was reserved for.
pub(crate) struct Book {
    pub(crate) account: Account,
    pub(crate) paid: StoredPaid,
}

#[async_trait]
impl Work for Book {
    type Answer = ();

    fn doing(&self) -> String {
        "booking a call".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let entry = Entry { state: "booked", reserved: None, paid: self.paid };
        entry.write(batch, &self.account, self.paid.cost.unwrap_or(0)).await?;
        Ok(())
    }
}

/// Replaces a promise by what was paid.
pub(crate) struct SettleCall {
    pub(crate) reservation: u64,
    pub(crate) paid: StoredPaid,
}

#[async_trait]
impl Work for SettleCall {
    type Answer = ();

    fn doing(&self) -> String {
        format!("settling reservation {}", self.reservation)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let unknown = || StoreError::new(StoreErrorKind::NotFound, self.doing());
        let id = i64::try_from(self.reservation).map_err(|_| unknown())?;
        let found: Option<(String, i64, String, i64)> =
            sqlx::query_as(PROMISED).bind(id).fetch_optional(&mut *batch.connection).await?;
        let (day, chat, task, reserved) = found.ok_or_else(unknown)?;
        let StoredPaid { cost, outcome, tokens: [input, cached_input, cache_write, output, reasoning] } =
            self.paid;
        sqlx::query(SETTLE)
            .bind(id)
            .bind(&day)
            .bind(crate::spending::month_of(&day))
            .bind(chat)
            .bind(task)
            // Neither is negative, so the difference fits.
            .bind(cost.map_or(0, |cost| cost.saturating_sub(reserved)))
            .bind(cost)
            .bind(outcome)
            .bind(input)
            .bind(cached_input)
            .bind(cache_write)
            .bind(output)
            .bind(reasoning)
            .execute(&mut *batch.connection)
            .await?;
        Ok(())
    }
}

/// What was paid, as it is stored.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StoredPaid {
    cost: Option<i64>,
    outcome: Option<&'static str>,
    /// In the order of the columns: input, cached input, cache write, output, reasoning.
    tokens: [Option<i64>; 5],
}

impl StoredPaid {
    pub(crate) fn new(cost: Option<NanoDollars>, usage: Usage, outcome: &'static str) -> Self {
        let Usage { input, cached_input, cache_write, output, reasoning } = usage;
        let tokens =
            [input, cached_input, cache_write, output, reasoning].map(|count| count.map(stored_tokens));
        Self { cost: cost.map(stored_amount), outcome: Some(outcome), tokens }
    }
}

/// What counts against each scope.
struct Counted {
    day: i64,
    month: i64,
    chat: i64,
    task: i64,
}

impl Counted {
    async fn read(batch: &mut Batch<'_>, account: &Account) -> Result<Self, sqlx::Error> {
        let (day, month, chat, task): (Option<i64>, Option<i64>, Option<i64>, Option<i64>) =
            sqlx::query_as(COUNTED)
                .bind(account.day())
                .bind(account.month())
                .bind(account.chat())
                .bind(account.task())
                .fetch_one(&mut *batch.connection)
                .await?;
        let [day, month, chat, task] = [day, month, chat, task].map(|nanos| nanos.unwrap_or(0).max(0));
        Ok(Self { day, month, chat, task })
    }

    fn of(&self, scope: BudgetScope) -> NanoDollars {
        NanoDollars::new(
            match scope {
                BudgetScope::Day => self.day,
                BudgetScope::Month => self.month,
                BudgetScope::Chat => self.chat,
                BudgetScope::Task => self.task,
            }
            .cast_unsigned(),
        )
    }

    fn most(&self) -> i64 {
        self.day.max(self.month).max(self.chat).max(self.task)
    }
}

/// A row that is to be entered.
struct Entry {
    state: &'static str,
    reserved: Option<i64>,
    paid: StoredPaid,
}

impl Entry {
    /// Enters it, and counts the amount. Answers its number.
    async fn write(self, batch: &mut Batch<'_>, account: &Account, counts: i64) -> Result<i64, sqlx::Error> {
        let Self { state, reserved, paid: StoredPaid { cost, outcome, tokens } } = self;
        let [input, cached_input, cache_write, output, reasoning] = tokens;
        sqlx::query_scalar(ENTER)
            .bind(account.day())
            .bind(account.month())
            .bind(account.chat())
            .bind(account.task())
            .bind(counts)
            .bind(account.at)
            .bind(&account.provider)
            .bind(&account.model)
            .bind(state)
            .bind(reserved)
            .bind(cost)
            .bind(outcome)
            .bind(input)
            .bind(cached_input)
            .bind(cache_write)
            .bind(output)
            .bind(reasoning)
            .fetch_one(&mut *batch.connection)
            .await
    }
}
