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
