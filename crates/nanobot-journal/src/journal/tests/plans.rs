//! What is asked all the time is served by an index: it costs what waits, not what was.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Row as _};

use crate::testing::Home;

/// The steps by which SQLite answers.
async fn plan(home: &Home, query: &str) -> Vec<String> {
    let mut connection = SqliteConnectOptions::new().filename(home.path()).connect().await.unwrap();
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
    let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail")).collect()
}

#[tokio::test]
async fn no_query_of_a_running_journal_looks_at_every_row() {
    let home = Home::new();
    home.open().await;
    for query in [
        crate::outbox::DUE,
        crate::outbox::LIST,
        crate::outbox::COUNT,
        crate::rows::OPEN,
        crate::rows::LINES,
        crate::rows::STEPS,
        crate::spending::TOTAL,
        crate::writer::COUNTED,
        crate::writer::PROMISED,
        crate::writer::OLD_CALLS,
    ] {
        for step in plan(&home, query).await {
            let is_partial = ["turns_open", "outbox_live", "outbox_waiting", "lines_unsettled"]
                .iter()
                .any(|name| step.contains(name));
            let is_virtual =
                step.contains("json_each") || step.contains("SCAN targets") || step.contains("CONSTANT ROW");
            assert!(!step.starts_with("SCAN") || is_partial || is_virtual, "{step} in {query}");
        }
    }
}

#[tokio::test]
async fn sums_of_some_days_look_at_the_calls_of_those_days_only() {
    let home = Home::new();
    home.open().await;
    for by in crate::SpendingBy::ALL {
        let steps = plan(&home, by.query()).await;
        let is_range = |step: &String| step == "SEARCH spending USING INDEX spending_day (day>? AND day<?)";
        assert!(steps.iter().any(is_range), "{by:?}: {steps:?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{by:?}: {steps:?}");
    }
}

#[tokio::test]
async fn settling_and_forgetting_find_their_rows() {
    let home = Home::new();
    home.open().await;
    for statement in crate::writer::SETTLE.split(';').chain([
        "UPDATE spending SET session = NULL WHERE session = ?1",
        "DELETE FROM budget_totals WHERE scope = 'chat' AND name = ?1 AND period < ?2",
        crate::writer::OLD_TOTALS,
        crate::writer::EXCESS_CALLS,
    ]) {
        for step in plan(&home, statement).await {
            assert!(!step.starts_with("SCAN"), "{step} in {statement}");
        }
    }
}
