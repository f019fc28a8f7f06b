//! Forgetting what models cost: calls that are old, totals of periods that are over, and whose calls they were.
//!
//! Money stays counted: nothing here touches a total whose day or month may be going on somewhere.

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::time::civil::Date;
use nanobot_core::time::{Timestamp, WallTime};

use super::ROUND;
use crate::error::corrupt;
use crate::spending::month_of;
use crate::writer::batch::Batch;
use crate::writer::work::{Halt, Work};

/// Calls are kept for so many days: a month can be compared with the same one a year before.
const KEEP_DAYS: i64 = 400;

/// So many calls are kept at most, and all of the months that still count: some 300 MB.
const MAX_CALLS: i64 = 1_000_000;

/// A day has not begun, or is not over, everywhere at once; and a call that began before midnight is settled after.
const SLACK_DAYS: i64 = 2;

/// Calls before a day.
pub(crate) const OLD_CALLS: &str = "SELECT id FROM spending WHERE day < ?1 ORDER BY day LIMIT ?2";

/// Calls that are too many, but for those from a day on.
pub(crate) const EXCESS_CALLS: &str = "SELECT id FROM spending \
    WHERE id <= (SELECT max(id) FROM spending) - ?1 AND day < ?2 ORDER BY id LIMIT ?3";

/// Totals of days and months before these.
pub(crate) const OLD_TOTALS: &str = "SELECT id FROM budget_totals \
    WHERE (scope IN ('day', 'chat', 'task') AND period < ?1) OR (scope = 'month' AND period < ?2) LIMIT ?3";

/// Takes the name of a session off its calls. They stay counted, and so does what counts against the session on the
/// last day of the book, which may be going on: who is forgotten gets no new budget by that.
pub(super) async fn forget(batch: &mut Batch<'_>, session: &SessionKey) -> Result<(), sqlx::Error> {
    let script = "
        UPDATE spending SET session = NULL WHERE session = ?1;
        DELETE FROM budget_totals
            WHERE scope = 'chat' AND name = ?1 AND period < (SELECT max(day) FROM spending)";
    sqlx::query(script).bind(session.as_str()).execute(&mut *batch.connection).await.map(drop)
}

/// Drops calls that are too old or too many, at most a round of each. Answers how many.
pub(crate) struct DropCalls {
    pub(crate) now: Timestamp,
    pub(crate) keep: i64,
}

impl DropCalls {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { now, keep: MAX_CALLS }
    }
}

#[async_trait]
impl Work for DropCalls {
    type Answer = u64;

    fn doing(&self) -> String {
        "forgetting old calls of models".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<u64, Halt> {
        let kept = Kept::read(batch, self.now).await?;
        let mut ids: Vec<i64> = sqlx::query_scalar(OLD_CALLS)
            .bind(&kept.first_call)
            .bind(ROUND)
            .fetch_all(&mut *batch.connection)
            .await?;
        let excess: Vec<i64> = sqlx::query_scalar(EXCESS_CALLS)
            .bind(self.keep)
            .bind(format!("{}-01", kept.first_month()))
            .bind(ROUND)
            .fetch_all(&mut *batch.connection)
            .await?;
        ids.extend(excess);
        if ids.is_empty() {
            return Ok(0);
        }
        let delete = "DELETE FROM spending WHERE id IN (SELECT value FROM json_each(?1))";
        let deleted =
            sqlx::query(delete).bind(crate::rows::json_ids(&ids)).execute(&mut *batch.connection).await?;
        Ok(deleted.rows_affected())
    }
}

/// Drops totals of periods that are over everywhere, at most a round of them. Answers how many.
pub(crate) struct DropTotals(pub(crate) Timestamp);

#[async_trait]
impl Work for DropTotals {
    type Answer = u64;

    fn doing(&self) -> String {
        "forgetting old totals of budgets".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<u64, Halt> {
        let kept = Kept::read(batch, self.0).await?;
        let delete = sqlx::AssertSqlSafe(format!("DELETE FROM budget_totals WHERE id IN ({OLD_TOTALS})"));
        let deleted = sqlx::query(delete)
            .bind(&kept.first_day)
            .bind(kept.first_month())
            .bind(ROUND)
            .execute(&mut *batch.connection)
            .await?;
        Ok(deleted.rows_affected())
    }
}

/// From which days on something is kept.
struct Kept {
    /// Calls.
    first_call: String,
    /// Totals; those of its month too.
    first_day: String,
}

impl Kept {
    /// Today is not later than the last day of the book: a clock that has run ahead forgets nothing.
    async fn read(batch: &mut Batch<'_>, now: Timestamp) -> Result<Self, Halt> {
        let last: Option<String> =
            sqlx::query_scalar("SELECT max(day) FROM spending").fetch_one(&mut *batch.connection).await?;
        let last: Option<Date> = last
            .map(|day| day.parse())
            .transpose()
            .map_err(|error: jiff::Error| corrupt("reading the last day of the book", error))?;
        let now = WallTime::utc(now).local().date();
        Ok(Self::at(last.map_or(now, |last| last.min(now))))
    }

    fn at(today: Date) -> Self {
        let before = |days| today.saturating_sub(jiff::Span::new().days(days)).to_string();
        Self { first_call: before(KEEP_DAYS), first_day: before(SLACK_DAYS) }
    }

    fn first_month(&self) -> &str {
        month_of(&self.first_day)
    }
}
