//! Brings a journal of an earlier version to the version of this program: copy, rehearsal, change. What changes from
//! version to version stands in `schema`, what becomes of the copy in `backup`.
//!
//! One transaction holds the lock of the writer from before the copy until after the change, so the copy is what is
//! changed, and nobody writes meanwhile. Whatever stops it before the commit (an error, a kill, a power cut) leaves
//! the journal as it was; the next opening begins anew.

use std::cmp::Ordering;
use std::io;
use std::path::Path;
use std::time::Duration;

use nanobot_core::ports::StoreErrorKind;
use sqlx::sqlite::SqliteJournalMode;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::error::{JournalError, kind_of};
use crate::file::away;
use crate::{backup, database, schema};

/// Copying may take so long: a gigabyte takes a minute on a slow disk.
const COPY_LIMIT: Duration = Duration::from_mins(10);

/// How far it has come. Tests look at the files at each of these moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nobody else can write any more.
    Locked,
    /// The copy stands in a file without its final name.
    Copied,
    /// All steps worked on the copy, and it is as before.
    Rehearsed,
    /// The copy has its name and is on the disk.
    BackedUp,
    /// All steps are taken and not committed.
    Changed,
    /// The journal is of the newest version.
    Committed,
}

/// Migrates an opened journal. `at` is called at each moment.
///
/// # Errors
/// When somebody else holds the lock, there is no room for the copy, or SQLite fails. The journal is unchanged then.
pub(crate) async fn migrate(
    connection: &mut SqliteConnection,
    path: &Path,
    at: &mut (dyn FnMut(Moment) + Send),
) -> Result<(), JournalError> {
    let failed = |source| JournalError::database(path, "bringing to a new version", source);
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    at(Moment::Locked);
    // Asked again under the lock: somebody may have been faster, and of any version.
    let found = schema::version(&mut transaction).await.map_err(failed)?;
    match found.cmp(&schema::VERSION) {
        Ordering::Less => {}
        Ordering::Equal => return transaction.rollback().await.map_err(failed),
        Ordering::Greater => {
            let path = path.to_owned();
            return Err(JournalError::FromTheFuture { path, found, known: schema::VERSION });
        }
    }
    back_up(path, found, at).await?;
    schema::advance(&mut transaction, found, schema::VERSION).await.map_err(failed)?;
    at(Moment::Changed);
    transaction.commit().await.map_err(failed)?;
    at(Moment::Committed);
    Ok(())
}

/// Copies the journal and tries the steps on the copy. A copy that is not good for it is removed.
async fn back_up(path: &Path, found: i64, at: &mut (dyn FnMut(Moment) + Send)) -> Result<(), JournalError> {
    let journal = path.to_owned();
    let begun = away(move || backup::begin(&journal, found)).await;
    let part = begun.map_err(|source| not_copied(path, source))?;
    if let Err(error) = copy_and_rehearse(path, &part, found, at).await {
        // What cannot be removed has no final name either, so the next attempt removes it.
        let _ = away(move || std::fs::remove_file(part)).await;
        return Err(error);
    }
    let journal = path.to_owned();
    let kept = away(move || backup::keep(&part, &journal, found)).await;
    kept.map_err(|source| not_copied(path, source))?;
    at(Moment::BackedUp);
    Ok(())
}

async fn copy_and_rehearse(
    path: &Path,
    part: &Path,
    found: i64,
    at: &mut (dyn FnMut(Moment) + Send),
) -> Result<(), JournalError> {
    match tokio::time::timeout(COPY_LIMIT, copy(path, part)).await {
        Ok(Ok(())) => at(Moment::Copied),
        Ok(Err(error)) if kind_of(&error) == StoreErrorKind::Full => {
            return Err(not_copied(path, io::ErrorKind::StorageFull.into()));
        }
        Ok(Err(error)) => return Err(JournalError::database(path, "copying", error)),
        Err(error) => return Err(not_copied(path, io::Error::new(io::ErrorKind::TimedOut, error))),
    }
    let failed = |error| JournalError::database(path, "trying the new version on a copy of", error);
    rehearse(part, found).await.map_err(failed)?;
    at(Moment::Rehearsed);
    Ok(())
}

/// Everything that is committed, and nothing of what was deleted, in a file of its own.
async fn copy(path: &Path, part: &Path) -> Result<(), sqlx::Error> {
    let name = part.to_str().ok_or_else(|| sqlx::Error::Configuration("its path is not UTF-8".into()))?;
    let mut source = database::connect_options(path).read_only(true).connect().await?;
    let copied = sqlx::query("VACUUM INTO ?1").bind(name).execute(&mut source).await;
    source.close().await?;
    copied.map(drop)
}

/// Takes the steps on the copy, and takes them back. Nothing is put beside the copy: if this dies, it is thrown away.
async fn rehearse(part: &Path, found: i64) -> Result<(), sqlx::Error> {
    let options = database::connect_options(part).journal_mode(SqliteJournalMode::Memory);
    let mut connection = options.connect().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    schema::advance(&mut transaction, found, schema::VERSION).await?;
    transaction.rollback().await?;
    connection.close().await
}

fn not_copied(path: &Path, source: io::Error) -> JournalError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            let bytes = std::fs::metadata(&path).map_or(0, |found| found.len());
            JournalError::NoRoomForCopy { path, bytes }
        }
        _ => JournalError::File { doing: "copying the journal", path, source },
    }
}

#[cfg(test)]
mod tests;
