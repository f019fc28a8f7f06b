//! What models cost, for operators: the book summed up by day, model, task or session.

use nanobot_core::ids::SessionKey;
use nanobot_core::model::Usage;
use nanobot_core::ports::StoreError;
use nanobot_core::time::civil::Date;
use nanobot_core::units::NanoDollars;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, SqliteConnection};

use crate::error::{corrupt, store_error};
use crate::rows::at_most;

/// By what calls are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpendingBy {
    /// By day of the operator's calendar.
    Day,
    /// By provider and model.
    Model,
    /// By task.
    Task,
    /// By session.
    Session,
}

/// What the calls of a sum have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpendingKey {
    /// A day of the operator's calendar.
    Day(Date),
    /// A model.
    Model {
        /// The provider.
        provider: String,
        /// The model, as configured.
        model: String,
    },
    /// A task, by its stable word.
    Task(String),
    /// A session; none for work of the assistant's own, and for sessions that were forgotten.
    Session(Option<SessionKey>),
}

/// Calls that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpendingSum {
    /// What they have in common.
    pub of: SpendingKey,
    /// How many there were.
    pub calls: u64,
    /// Of these, calls that ended in an error.
    pub failed: u64,
    /// Of these, calls of which nobody knows what came of them: they are under way, or their process died.
    pub unreconciled: u64,
    /// Of these, calls that ended and whose cost nobody knows.
    pub unknown_cost: u64,
    /// Tokens of each kind; none where no provider counted them.
    pub tokens: Usage,
    /// What is known to have been paid.
    pub cost: NanoDollars,
    /// What counts against budgets beyond that: promises that were not replaced by a cost.
    pub held: NanoDollars,
}

/// The sums of some days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SpendingReport {
    /// The sums, the one with the latest call first.
    pub sums: Vec<SpendingSum>,
    /// There are more, which were left out.
    pub is_cut_short: bool,
}

/// A query that sums by some columns. Amounts are summed in whole dollars and in the rest, so that no sum is too large
/// for SQLite, however large they are.
macro_rules! sums {
    ($by:literal) => {
        concat!(
            "SELECT ",
            $by,
            ", count(*) AS calls, \
             count(CASE WHEN outcome <> 'ok' THEN 1 END) AS failed, \
             count(CASE WHEN state = 'promised' THEN 1 END) AS unreconciled, \
             count(CASE WHEN state <> 'promised' AND cost IS NULL THEN 1 END) AS unknown_cost, \
             sum(input) AS input, sum(cached_input) AS cached_input, sum(cache_write) AS cache_write, \
             sum(output) AS output, sum(reasoning) AS reasoning, \
             sum(cost / 1000000000) AS cost_dollars, sum(cost % 1000000000) AS cost_nanos, \
             sum(CASE WHEN cost IS NULL THEN reserved / 1000000000 END) AS held_dollars, \
             sum(CASE WHEN cost IS NULL THEN reserved % 1000000000 END) AS held_nanos \
             FROM spending INDEXED BY spending_day WHERE day >= ?1 AND day <= ?2 GROUP BY ",
            $by,
            " ORDER BY max(day) DESC, max(at) DESC, max(id) DESC LIMIT ?3"
        )
    };
}

impl SpendingBy {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Day, Self::Model, Self::Task, Self::Session];

    pub(crate) const fn query(self) -> &'static str {
        match self {
            Self::Day => sums!("day"),
            Self::Model => sums!("provider, model"),
            Self::Task => sums!("task"),
            Self::Session => sums!("session"),
        }
    }

    fn key(self, row: &SqliteRow) -> Result<SpendingKey, sqlx::Error> {
        let undecodable = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
        Ok(match self {
            Self::Day => {
                let day: String = row.try_get("day")?;
                SpendingKey::Day(day.parse().map_err(|error: jiff::Error| undecodable(error.into()))?)
            }
            Self::Model => {
                SpendingKey::Model { provider: row.try_get("provider")?, model: row.try_get("model")? }
            }
            Self::Task => SpendingKey::Task(row.try_get("task")?),
            Self::Session => {
                let session: Option<String> = row.try_get("session")?;
                let session = session.map(SessionKey::new).transpose();
                SpendingKey::Session(session.map_err(|error| undecodable(error.into()))?)
            }
        })
    }
}

/// The sums of the days from one to another, both included; at most so many.
pub(super) async fn read(
    view: &mut SqliteConnection,
    by: SpendingBy,
    (first, last): (Date, Date),
    limit: usize,
) -> Result<SpendingReport, StoreError> {
    let doing = "summing up what models cost";
    let rows = sqlx::query(by.query())
        .bind(first.to_string())
        .bind(last.to_string())
        .bind(at_most(limit.saturating_add(1)))
        .fetch_all(view)
        .await
        .map_err(|error| store_error(doing, error))?;
    let is_cut_short = rows.len() > limit;
    let sum = |row: &SqliteRow| {
        let of = by.key(row).map_err(|error| corrupt(doing, error))?;
        Figures::from_row(row).map(|figures| figures.of(of)).map_err(|error| store_error(doing, error))
    };
    let sums = rows.iter().take(limit).map(sum).collect::<Result<_, StoreError>>()?;
    Ok(SpendingReport { sums, is_cut_short })
}

/// The figures of a sum.
struct Figures {
    calls: u64,
    failed: u64,
    unreconciled: u64,
    unknown_cost: u64,
    tokens: Usage,
    cost: NanoDollars,
    held: NanoDollars,
}

impl Figures {
    fn of(self, of: SpendingKey) -> SpendingSum {
        let Self { calls, failed, unreconciled, unknown_cost, tokens, cost, held } = self;
        SpendingSum { of, calls, failed, unreconciled, unknown_cost, tokens, cost, held }
    }
}

impl FromRow<'_, SqliteRow> for Figures {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let counted = |column: &str| {
            let count: Option<i64> = row.try_get(column)?;
            Ok::<_, sqlx::Error>(count.map(|count| u64::try_from(count).unwrap_or(0)))
        };
        let count = |column: &str| counted(column).map(Option::unwrap_or_default);
        let amount =
            |dollars: &str, nanos: &str| Ok::<_, sqlx::Error>(super::amount(count(dollars)?, count(nanos)?));
        Ok(Self {
            calls: count("calls")?,
            failed: count("failed")?,
            unreconciled: count("unreconciled")?,
            unknown_cost: count("unknown_cost")?,
            tokens: Usage {
                input: counted("input")?,
                cached_input: counted("cached_input")?,
                cache_write: counted("cache_write")?,
                output: counted("output")?,
                reasoning: counted("reasoning")?,
            },
            cost: amount("cost_dollars", "cost_nanos")?,
            held: amount("held_dollars", "held_nanos")?,
        })
    }
}

#[cfg(test)]
mod tests;
