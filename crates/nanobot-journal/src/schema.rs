//! The versions of the schema, each as the step that leads to it. A new journal takes all steps and an older one
//! those that it lacks, so both end up the same. When and how safely, is the business of `database` and `migration`.
//!
//! A step that was once released does not change any more: what is wrong in it is put right by the next one. It runs
//! inside a transaction and with foreign keys on; one that rebuilds a table says `PRAGMA defer_foreign_keys = ON`.

use sqlx::SqliteConnection;

/// The version that this code writes.
pub(crate) const VERSION: i64 = 3;

/// The first version that has `chain_heads`.
pub(crate) const WITH_CHAIN_HEADS: i64 = 2;

/// The first version that has `spending`, `budget_totals` and `open_circuits`.
pub(crate) const WITH_SPENDING: i64 = 3;

/// Marks the file as ours: `nbot`, in the field that SQLite keeps for it.
pub(crate) const APPLICATION_ID: i64 = 0x6e62_6f74;

/// What leads to each version from the one before it.
const STEPS: [(i64, &str); 3] = [
    (1, include_str!("schema/1.sql")),
    (WITH_CHAIN_HEADS, include_str!("schema/2.sql")),
    (WITH_SPENDING, include_str!("schema/3.sql")),
];

/// Whose a file is, by what stands in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Nobody's: it is empty.
    Empty,
    /// A journal, of this version.
    Journal(i64),
    /// Another program's.
    Foreign,
}

/// Reads whose a file is.
pub(crate) async fn identify(connection: &mut SqliteConnection) -> Result<Identity, sqlx::Error> {
    let query = "SELECT (SELECT application_id FROM pragma_application_id), \
                 (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)";
    let (application, version, objects): (i64, i64, i64) =
        sqlx::query_as(query).fetch_one(connection).await?;
    Ok(match (application, version, objects) {
        (0, 0, 0) => Identity::Empty,
        (APPLICATION_ID, 1.., _) => Identity::Journal(version),
        _ => Identity::Foreign,
    })
}

/// The version of a file that is known to be a journal.
pub(crate) async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT user_version FROM pragma_user_version").fetch_one(connection).await
}

/// Takes the steps from one version (0 is an empty file) to another. The caller has begun a transaction, and commits.
pub(crate) async fn advance(
    connection: &mut SqliteConnection,
    from: i64,
    to: i64,
) -> Result<(), sqlx::Error> {
    for (_, step) in STEPS.into_iter().filter(|(version, _)| (from + 1..=to).contains(version)) {
        sqlx::raw_sql(step).execute(&mut *connection).await?;
    }
    // Pragmas take no bound values.
    let header = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {to}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(header)).execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_step() {
        assert!(STEPS.iter().map(|(version, _)| *version).eq(1..=VERSION));
    }
}
