//! `journal check`: everything is looked at once.

mod budgets;

use std::path::Path;

use sqlx::SqliteConnection;

use super::count;
use super::record::recorded;
use super::turn_row::TurnRow;
use crate::error::SqliteFailure;
use crate::schema;

/// Problems that a report names. Who has more has a backup to look for.
const MAX_PROBLEMS: usize = 100;

/// Turns that are read at a time.
const PAGE: i64 = 500;

const RESTORE: &str = "stop the daemon, move the file and its -wal away, and restore a backup";

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CheckReport {
    /// The version of the schema.
    pub schema_version: i64,
    /// Bytes of the file, its `-wal` not among them.
    pub file_bytes: u64,
    /// Turns, open and closed.
    pub turns: u64,
    /// Turns without outcome.
    pub open: u64,
    /// Closed turns whose words were forgotten.
    pub emptied: u64,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries that are parked.
    pub parked: u64,
    /// Rows of session lines whose file is not on the disk.
    pub lines: u64,
    /// What is wrong, each in one line with the next step; at most a hundred.
    pub problems: Vec<String>,
    /// Problems beyond those.
    pub more_problems: u64,
}

impl CheckReport {
    fn problem(&mut self, line: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(line);
        } else {
            self.more_problems += 1;
        }
    }

    fn unreadable(&mut self, what: &str, error: &dyn std::error::Error) {
        let detail = nanobot_core::pipeline::chain(error);
        self.problem(format!("{what} cannot be read ({detail}): {RESTORE}"));
    }
}

/// Looks at everything. Goes on after a problem as far as it can.
pub(super) async fn check(view: &mut SqliteConnection, path: &Path) -> CheckReport {
    let mut report = CheckReport::default();
    match schema::version(view).await {
        Ok(found) => report.schema_version = found,
        Err(error) => report.unreadable("the version of the schema", &SqliteFailure::from(error)),
    }
    match tokio::fs::metadata(path).await {
        Ok(found) => report.file_bytes = found.len(),
        Err(error) => report.unreadable("the size of the file", &error),
    }
    check_pages(view, &mut report).await;
    check_references(view, &mut report).await;
    check_counts(view, &mut report).await;
    check_turns(view, &mut report).await;
    if report.schema_version >= schema::WITH_SPENDING {
        budgets::check(view, &mut report).await;
    }
    report
}

async fn check_pages(view: &mut SqliteConnection, report: &mut CheckReport) {
    let found: Result<Vec<String>, _> =
        sqlx::query_scalar("PRAGMA integrity_check(100)").fetch_all(view).await;
    match found {
        Ok(lines) if lines.iter().eq(["ok"]) => {}
        // A message of several lines stays one problem.
        Ok(lines) => lines.iter().for_each(|line| {
            report.problem(format!("the file is damaged ({}): {RESTORE}", line.replace('\n', "; ")));
        }),
        Err(error) => report.unreadable("the file as a whole", &SqliteFailure::from(error)),
    }
}

async fn check_references(view: &mut SqliteConnection, report: &mut CheckReport) {
    let query = "SELECT count(*) FROM pragma_foreign_key_check";
    match count(view, query).await {
        Ok(0) => {}
        Ok(rows) => report.problem(format!("{rows} rows belong to no turn: {RESTORE}")),
        Err(error) => report.unreadable("the references between tables", &SqliteFailure::from(error)),
    }
    // Records without their words, or without the row that they belong to; and words to which nothing points.
    let query = "SELECT \
        (SELECT count(*) FROM records r WHERE \
            NOT EXISTS (SELECT 1 FROM words w WHERE w.id = r.words AND w.live = 1 \
                AND w.turn = r.turn AND w.kind = r.kind AND w.place = r.place) \
            OR (kind IN ('lines', 'text') AND NOT EXISTS \
                (SELECT 1 FROM lines l WHERE l.turn = r.turn AND l.place = r.place)) \
            OR (kind = 'delivery' AND NOT EXISTS \
                (SELECT 1 FROM outbox o WHERE o.turn = r.turn AND o.place = r.place)) \
            OR (kind IN ('event', 'started', 'done', 'readings') AND EXISTS \
                (SELECT 1 FROM turns t WHERE t.id = r.turn AND t.emptied = 1))) + \
        (SELECT count(*) FROM words w WHERE w.live = 1 AND NOT EXISTS \
            (SELECT 1 FROM records r WHERE r.words = w.id \
                AND r.turn = w.turn AND r.kind = w.kind AND r.place = w.place))";
    match count(view, query).await {
        Ok(0) => {}
        Ok(rows) => {
            report.problem(format!("{rows} records and what was said do not fit together: {RESTORE}"));
        }
        Err(error) => report.unreadable("what was said", &SqliteFailure::from(error)),
    }
    let query = "SELECT \
        (SELECT count(*) FROM outbox o WHERE o.state IN ('waiting', 'parked') AND NOT EXISTS \
            (SELECT 1 FROM records r WHERE r.turn = o.turn AND r.kind = 'delivery' AND r.place = o.place)) + \
        (SELECT count(*) FROM lines l WHERE l.settled = 0 AND NOT EXISTS \
            (SELECT 1 FROM records r WHERE r.turn = l.turn AND r.kind = 'text' AND r.place = l.place))";
    match count(view, query).await {
        Ok(0) => {}
        Ok(rows) => {
            report.problem(format!("{rows} deliveries or session lines wait without words: {RESTORE}"));
        }
        Err(error) => report.unreadable("what waits", &SqliteFailure::from(error)),
    }
}

async fn check_counts(view: &mut SqliteConnection, report: &mut CheckReport) {
    let queries = [
        ("the turns", "SELECT count(*) FROM turns", &mut report.turns),
        ("the open turns", "SELECT count(*) FROM turns WHERE outcome IS NULL", &mut report.open),
        ("the emptied turns", "SELECT count(*) FROM turns WHERE emptied = 1", &mut report.emptied),
        ("the outbox", "SELECT count(*) FROM outbox WHERE state = 'waiting'", &mut report.waiting),
        ("the parked deliveries", "SELECT count(*) FROM outbox WHERE state = 'parked'", &mut report.parked),
        ("the session lines", "SELECT count(*) FROM lines WHERE settled = 0", &mut report.lines),
    ];
    let mut failures = Vec::new();
    for (what, query, field) in queries {
        match count(view, query).await {
            Ok(rows) => *field = rows,
            Err(error) => failures.push((what, SqliteFailure::from(error))),
        }
    }
    for (what, error) in failures {
        report.unreadable(what, &error);
    }
}

async fn check_turns(view: &mut SqliteConnection, report: &mut CheckReport) {
    let mut before = i64::MAX;
    loop {
        let page = match TurnRow::before(view, None, before, PAGE).await {
            Ok(page) => page,
            Err(error) => return report.unreadable("the turns from here on", &error),
        };
        let Some(last) = page.last() else { return };
        before = last.id;
        for row in page {
            let turn = row.turn.clone();
            match recorded(view, row).await {
                Ok(recorded) => recorded.altered.iter().for_each(|part| {
                    report.problem(format!(
                        "turn {turn}: not as it was written: {part}; look at it with `nanobot-cli journal replay \
                         {turn}`, and restore a backup if nobody meant to change it"
                    ));
                }),
                Err(error) => report.unreadable(&format!("turn {turn}"), &error),
            }
        }
    }
}
