//! Opening the database: whose it is, which version it has, how SQLite is to work with it. What stands in it is
//! the business of others.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::error::JournalError;
use crate::file::{away, is_still};
use crate::migration::migrate;
use crate::options::JournalOptions;
use crate::schema::{self, Identity, VERSION};

/// SQLite waits so long for a lock that somebody else holds. Nobody of ours holds one for a second; tests hold
/// one until this is over.
const BUSY_TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });

/// Readers of a running journal: more would wait for two cores.
const READERS: u32 = 4;

/// Prepared statements that a connection keeps. There are about forty, and one per size of a block of words.
const STATEMENTS: usize = 128;

/// What a fresh connection is told. The size limit is for the `-wal` file, in bytes: 64 MiB.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA journal_size_limit = 67108864;
";

/// Opens the writer's connection; a new file gets its schema, an older journal is brought to the newest version.
///
/// # Errors
/// When the file is not ours or SQLite cannot work with it. A file that is not ours is not changed.
pub(crate) async fn open_writer(options: &JournalOptions) -> Result<SqliteConnection, JournalError> {
    let path = options.path.as_path();
    let failed = |source| JournalError::database(path, "opening", source);
    let mut connection = connect_options(path).connect().await.map_err(failed)?;
    match make_ready(&mut connection, options).await {
        Ok(()) => Ok(connection),
        Err(error) => {
            // What is refused is let go of before that is told. A failure of this changes nothing about it.
            let _ = connection.close().await;
            Err(error)
        }
    }
}

/// Everything between a connection to some file and one to a journal that can be written.
async fn make_ready(connection: &mut SqliteConnection, options: &JournalOptions) -> Result<(), JournalError> {
    let path = options.path.as_path();
    let failed = |doing| move |source| JournalError::database(path, doing, source);
    let version = identify(connection, path).await?;
    if version.is_none() {
        // Only an empty file takes this, and only before its first page is written.
        run(connection, "PRAGMA auto_vacuum = INCREMENTAL").await.map_err(failed("setting up"))?;
    }
    run(connection, SETTINGS).await.map_err(failed("setting up"))?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed("setting up"))?;
    if mode != "wal" {
        return Err(JournalError::NoWriteAheadLog { path: path.to_owned() });
    }
    #[cfg(any(test, feature = "fault-points"))]
    if options.synchronous == crate::options::Synchronous::Off {
        run(connection, "PRAGMA synchronous = OFF").await.map_err(failed("setting up"))?;
    }
    #[cfg(test)]
    if let Some(pages) = options.max_pages {
        let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::raw_sql(limit).execute(&mut *connection).await.map_err(failed("setting up"))?;
    }
    match version {
        None => create(connection).await.map_err(failed("creating")),
        Some(found) if found < VERSION => migrate(connection, path, &mut |_| {}).await,
        Some(_) => check_writable(connection).await.map_err(failed("writing to")),
    }
}

/// Readers that see what is committed and can change nothing. None is connected before it is needed.
pub(crate) fn readers(path: &Path) -> SqlitePool {
    let options = connect_options(path).pragma("query_only", "ON").pragma("trusted_schema", "OFF");
    pool().max_connections(READERS).connect_lazy_with(options.pragma("cell_size_check", "ON"))
}

/// One reader for somebody who has no journal of his own. It works while another process writes and when none
/// does, on a medium that cannot be written, and what a dead process left in the `-wal` file is read as well. A
/// journal of an earlier version stays as it is.
///
/// # Errors
/// When the file is not ours or SQLite cannot read it.
pub(crate) async fn open_reader(path: &Path) -> Result<SqlitePool, JournalError> {
    let file = path.to_owned();
    let is_still = away(move || Ok(is_still(&file))).await;
    let is_still =
        is_still.map_err(|source| JournalError::File { doing: "reading", path: path.to_owned(), source })?;
    let options = connect_options(path).read_only(true).immutable(is_still).pragma("trusted_schema", "OFF");
    let readers = pool().max_connections(1).connect_lazy_with(options.pragma("cell_size_check", "ON"));
    let mut connection =
        readers.acquire().await.map_err(|source| JournalError::database(path, "opening", source))?;
    match identify(&mut connection, path).await? {
        Some(_) => {}
        None => return Err(JournalError::Foreign { path: path.to_owned() }),
    }
    drop(connection);
    Ok(readers)
}

pub(crate) fn connect_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
}

fn pool() -> SqlitePoolOptions {
    // A connection to a file does not go stale, so none is tried before it is used.
    SqlitePoolOptions::new().acquire_timeout(BUSY_TIMEOUT).test_before_acquire(false)
}

/// The schema version of a journal; none for a file that is empty.
async fn identify(connection: &mut SqliteConnection, path: &Path) -> Result<Option<i64>, JournalError> {
    let identity = schema::identify(connection).await;
    let identity = identity.map_err(|source| JournalError::database(path, "reading", source))?;
    let path = path.to_owned();
    match identity {
        Identity::Empty => Ok(None),
        Identity::Journal(found) if found > VERSION => {
            Err(JournalError::FromTheFuture { path, found, known: VERSION })
        }
        Identity::Journal(found) => Ok(Some(found)),
        Identity::Foreign => Err(JournalError::Foreign { path }),
    }
}

/// The whole schema, or nothing of it.
async fn create(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    schema::advance(&mut transaction, 0, VERSION).await?;
    transaction.commit().await
}

/// SQLite opens a file that it must not write without a word; this asks for it.
async fn check_writable(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    connection.begin_with("BEGIN IMMEDIATE").await?.rollback().await
}

async fn run(connection: &mut SqliteConnection, script: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(script).execute(connection).await.map(drop)
}
