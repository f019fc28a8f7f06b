//! Whether what counts against budgets is what the calls of each period come to.

use nanobot_core::units::NanoDollars;
use sqlx::SqliteConnection;

use super::super::amount;
use super::CheckReport;
use crate::error::SqliteFailure;

/// Each total with what its calls come to, in whole dollars and in the rest.
pub(crate) const TOTALS: &str = "
    WITH calls AS (
        SELECT day, substr(day, 1, 7) AS month, task, chat, coalesce(cost, reserved, 0) AS counts FROM spending),
    sums (scope, period, name, chat, dollars, rest) AS (
        SELECT 'day', day, '', NULL, sum(counts / 1000000000), sum(counts % 1000000000)
            FROM calls GROUP BY day
        UNION ALL
        SELECT 'month', month, '', NULL, sum(counts / 1000000000), sum(counts % 1000000000)
            FROM calls GROUP BY month
        UNION ALL
        SELECT 'task', day, task, NULL, sum(counts / 1000000000), sum(counts % 1000000000)
            FROM calls GROUP BY day, task
        UNION ALL
        SELECT 'chat', day, '', chat, sum(counts / 1000000000), sum(counts % 1000000000)
            FROM calls GROUP BY day, chat)
    SELECT t.scope, t.period, t.id, t.nanos, coalesce(s.dollars, 0), coalesce(s.rest, 0)
    FROM budget_totals t LEFT JOIN sums s
        ON s.scope = t.scope AND s.period = t.period AND iif(t.scope = 'chat', s.chat = t.id, s.name = t.name)
    ORDER BY t.id";

/// Calls of the last day of the book without one of the totals that count them.
pub(crate) const WITHOUT: &str = "
    SELECT count(*) FROM spending s WHERE s.day = (SELECT max(day) FROM spending) AND (
        NOT EXISTS (SELECT 1 FROM budget_totals WHERE scope = 'day' AND period = s.day AND name = '')
        OR NOT EXISTS (SELECT 1 FROM budget_totals
            WHERE scope = 'month' AND period = substr(s.day, 1, 7) AND name = '')
        OR NOT EXISTS (SELECT 1 FROM budget_totals WHERE scope = 'task' AND period = s.day AND name = s.task)
        OR NOT EXISTS (SELECT 1 FROM budget_totals WHERE id = s.chat AND scope = 'chat' AND period = s.day))";

const NEXT: &str =
    "somebody has changed the file; restore a backup, or keep an eye on the budget until its time is over";

/// Looks at every total that stands there, and for those that must.
pub(super) async fn check(view: &mut SqliteConnection, report: &mut CheckReport) {
    match totals(view).await {
        Ok(totals) => totals.iter().filter_map(Total::problem).for_each(|line| report.problem(line)),
        Err(error) => report.unreadable("what counts against budgets", &SqliteFailure::from(error)),
    }
    match super::count(view, WITHOUT).await {
        Ok(0) => {}
        Ok(calls) => report.problem(format!("{calls} calls of models count against no budget: {NEXT}")),
        Err(error) => report.unreadable("the calls of models", &SqliteFailure::from(error)),
    }
}

/// A total, and what its calls come to.
struct Total {
    scope: String,
    period: String,
    id: i64,
    counted: i64,
    calls: NanoDollars,
}

async fn totals(view: &mut SqliteConnection) -> Result<Vec<Total>, sqlx::Error> {
    let rows: Vec<(String, String, i64, i64, i64, i64)> = sqlx::query_as(TOTALS).fetch_all(view).await?;
    let total = |(scope, period, id, counted, dollars, rest): (String, String, i64, i64, i64, i64)| {
        let positive = |number: i64| u64::try_from(number).unwrap_or(0);
        Total { scope, period, id, counted, calls: amount(positive(dollars), positive(rest)) }
    };
    Ok(rows.into_iter().map(total).collect())
}

impl Total {
    /// What is wrong with it, if something is. Whose it is, is not said.
    fn problem(&self) -> Option<String> {
        // A total that is full has lost count, and is meant to.
        let is_right = self.counted == i64::MAX || u64::try_from(self.counted) == Ok(self.calls.get());
        let Self { scope, period, id, counted, calls } = self;
        let counted = NanoDollars::new(u64::try_from(*counted).unwrap_or(0));
        (!is_right).then(|| {
            format!(
                "budget total {id} (of one {scope}, {period}) counts {counted}, and its calls come to {calls}: {NEXT}"
            )
        })
    }
}
