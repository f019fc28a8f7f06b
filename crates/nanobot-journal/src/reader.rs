//! The journal for operators: read only, while a daemon writes it and when none runs.
//!
//! Nothing in here changes the file. To change what waits, ask the daemon, or open a `SqliteJournal`.

mod check;
mod fate;
mod record;
mod spending;
mod turn_row;

use std::path::{Path, PathBuf};
use std::time::Duration;

use nanobot_core::TurnOutcome;
use nanobot_core::ids::{SessionKey, TurnId};
use nanobot_core::ports::{ChainHead, OpenCircuit, StoreError, StoreErrorKind};
use nanobot_core::replay::RecordedTurn;
use nanobot_core::time::{Timestamp, civil};
use nanobot_core::units::NanoDollars;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqlitePool;

pub use check::CheckReport;
pub use fate::{DeliveryFate, DeliveryState, LinesFate, TurnFate};
pub use spending::{SpendingBy, SpendingKey, SpendingReport, SpendingSum};

use crate::error::{JournalError, store_error};
use crate::rows::at_most;
use crate::{chain_heads, circuits, database, schema};
use turn_row::TurnRow;

/// A reader of the journal in a file.
pub struct JournalReader {
    connections: SqlitePool,
    path: PathBuf,
}

/// One line of the list of turns.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TurnSummary {
    /// Its name.
    pub turn: TurnId,
    /// Its session; none for a turn that answered no message and said nothing.
    pub session: Option<SessionKey>,
    /// When its message was stored, or when it closed if it answered none.
    pub received: Timestamp,
    /// How it ended; none while it is open.
    pub outcome: Option<TurnOutcome>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it closed.
    pub closed: Option<Timestamp>,
    /// Its words were forgotten.
    pub is_emptied: bool,
}

impl JournalReader {
    /// A query may take so long.
    const TIMEOUT: Duration = Duration::from_secs(10);

    /// Sums of spending that are told at once: more than there are days in the book, and than anybody reads.
    pub const MAX_SUMS: usize = 1_000;

    /// A check of the whole file may take so long: a gigabyte takes some minutes on a slow disk.
    const CHECK_TIMEOUT: Duration = Duration::from_mins(30);

    /// Opens the journal in a file.
    ///
    /// # Errors
    /// When there is none, it is of another program or a later version, or it cannot be read.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        let found = tokio::fs::metadata(&path).await;
        found.map_err(|source| JournalError::File { doing: "reading", path: path.clone(), source })?;
        Ok(Self { connections: database::open_reader(&path).await?, path })
    }

    /// Everything that is known about a turn; none when there is no such turn. Parts that somebody has changed
    /// since they were written are named in it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn turn(&self, turn: &TurnId) -> Result<Option<RecordedTurn>, StoreError> {
        let doing = || format!("reading turn {turn}");
        let read = async {
            // One view of all tables, whatever is written meanwhile.
            let mut view = self.connections.begin().await.map_err(|error| store_error(doing(), error))?;
            match TurnRow::named(&mut view, turn.as_str()).await? {
                Some(row) => record::recorded(&mut view, row).await.map(Some),
                None => Ok(None),
            }
        };
        in_time(Self::TIMEOUT, doing(), read).await
    }

    /// How far a turn, its session lines and its deliveries have come; none when there is no such turn.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fate(&self, turn: &TurnId) -> Result<Option<TurnFate>, StoreError> {
        let doing = || format!("reading turn {turn}");
        let read = async {
            let mut view = self.connections.begin().await.map_err(|error| store_error(doing(), error))?;
            match TurnRow::named(&mut view, turn.as_str()).await? {
                Some(row) => fate::fate(&mut view, &row).await.map(Some),
                None => Ok(None),
            }
        };
        in_time(Self::TIMEOUT, doing(), read).await
    }

    /// The last turns, youngest first: of a session or of all, before a turn or up to the last, at most `limit`.
    ///
    /// # Errors
    /// When they cannot be read; `NotFound` when there is no turn of the name `before`.
    pub async fn turns(
        &self,
        session: Option<&SessionKey>,
        before: Option<&TurnId>,
        limit: usize,
    ) -> Result<Vec<TurnSummary>, StoreError> {
        let doing = "listing turns";
        let read = async {
            let mut view = self.connections.begin().await.map_err(|error| store_error(doing, error))?;
            let before = match before {
                None => i64::MAX,
                Some(turn) => {
                    let row = TurnRow::named(&mut view, turn.as_str()).await?;
                    let unknown = || format!("listing the turns before {turn}");
                    row.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, unknown()))?.id
                }
            };
            let rows = TurnRow::before(&mut view, session.map(SessionKey::as_str), before, at_most(limit));
            rows.await?.iter().map(TurnRow::summary).collect()
        };
        in_time(Self::TIMEOUT, doing.to_owned(), read).await
    }

    /// The head of a chain, by its name; none before the first, and none in a journal of the first version.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn chain_head(&self, chain: &str) -> Result<Option<ChainHead>, StoreError> {
        let doing = || chain_heads::reading(chain);
        let read = async {
            let mut view = self.connections.begin().await.map_err(|error| store_error(doing(), error))?;
            let version = schema::version(&mut view).await.map_err(|error| store_error(doing(), error))?;
            if version < schema::WITH_CHAIN_HEADS {
                Ok(None)
            } else {
                chain_heads::read(&mut view, chain).await
            }
        };
        in_time(Self::TIMEOUT, doing(), read).await
    }

    /// What models cost on the days from one to another, both included, summed up in some way: at most `limit` sums
    /// and at most [`MAX_SUMS`](Self::MAX_SUMS). Nothing in a journal that has no book yet.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn spending(
        &self,
        by: SpendingBy,
        days: (civil::Date, civil::Date),
        limit: usize,
    ) -> Result<SpendingReport, StoreError> {
        let doing = "summing up what models cost";
        let read = async {
            let mut view = self.connections.begin().await.map_err(|error| store_error(doing, error))?;
            let version = schema::version(&mut view).await.map_err(|error| store_error(doing, error))?;
            if version < schema::WITH_SPENDING {
                Ok(SpendingReport::default())
            } else {
                spending::read(&mut view, by, days, limit.min(Self::MAX_SUMS)).await
            }
        };
        in_time(Self::TIMEOUT, doing.to_owned(), read).await
    }

    /// Which circuits of models were open when somebody last wrote one down, in no order. None in a journal that keeps
    /// none yet.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn open_circuits(&self) -> Result<Vec<OpenCircuit>, StoreError> {
        let doing = circuits::READING;
        let read = async {
            let mut view = self.connections.begin().await.map_err(|error| store_error(doing, error))?;
            let version = schema::version(&mut view).await.map_err(|error| store_error(doing, error))?;
            if version < schema::WITH_SPENDING { Ok(Vec::new()) } else { circuits::read(&mut view).await }
        };
        in_time(Self::TIMEOUT, doing.to_owned(), read).await
    }

    /// Looks at everything: whether the pages of the file, its indexes and its references fit together, and
    /// whether each record is as it was written. A journal that cannot be read is a problem in the report.
    ///
    /// # Errors
    /// When the file cannot be opened at all, or the check does not end within half an hour.
    pub async fn check(&self) -> Result<CheckReport, StoreError> {
        let doing = "checking the journal";
        let checked = async {
            let mut view = self.connections.begin().await.map_err(|error| store_error(doing, error))?;
            Ok(check::check(&mut view, &self.path).await)
        };
        in_time(Self::CHECK_TIMEOUT, doing.to_owned(), checked).await
    }

    /// The file that is read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets go of the file.
    pub async fn close(self) {
        self.connections.close().await;
    }
}

async fn in_time<T>(
    limit: Duration,
    doing: String,
    read: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(limit, read).await.map_err(|error| StoreError {
        kind: StoreErrorKind::Busy,
        doing: format!("{doing}: it took too long"),
        source: Some(Box::new(error)),
    })?
}

/// An amount that was summed in whole dollars and in the rest; at most the largest amount.
fn amount(dollars: u64, nanos: u64) -> NanoDollars {
    let nanos = u128::from(dollars) * 1_000_000_000 + u128::from(nanos);
    NanoDollars::new(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// One number from the database.
async fn count(connection: &mut SqliteConnection, query: &'static str) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar(query).fetch_one(connection).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests;
