//! Why a journal does not open, and how SQLite's errors become those of the ports.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nanobot_core::ports::{StoreError, StoreErrorKind};

/// A journal cannot be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file, or its folder, cannot be created, read or written.
    #[error("{doing} {}", path.display())]
    File {
        /// What was attempted.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} is not a database; move it away, then start again", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// A database of another program.
    #[error("{} is the database of another program, not a journal; choose another path", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A journal of a later nanobot.
    #[error(
        "the journal {} has schema version {found}, this program knows {known}; use the newer nanobot, or move the \
         file away", path.display()
    )]
    FromTheFuture {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this program writes.
        known: i64,
    },
    /// The file system cannot do what the journal needs.
    #[error("{} cannot have a write-ahead log beside it; put the journal on a local disk", path.display())]
    NoWriteAheadLog {
        /// The file.
        path: PathBuf,
    },
    /// A journal of an earlier version, and no room for the copy that is made before it changes.
    #[error(
        "there is no space left for a copy of the journal {}, which is kept when it is brought to a new version; make \
         room for {bytes} bytes, then start again", path.display()
    )]
    NoRoomForCopy {
        /// The file.
        path: PathBuf,
        /// Its size, which the copy does not pass.
        bytes: u64,
    },
    /// The disk is full.
    #[error("there is no space left while {doing} the journal {}", path.display())]
    Full {
        /// What was attempted.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: SqliteFailure,
    },
    /// SQLite cannot work with it.
    #[error("{doing} the journal {}", path.display())]
    Database {
        /// What was attempted.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: SqliteFailure,
    },
    /// What is stored cannot be read.
    #[error("reading what waits in the journal {}", path.display())]
    Contents {
        /// The file.
        path: PathBuf,
        /// What cannot be read.
        source: StoreError,
    },
}

impl JournalError {
    /// What SQLite refused, as a person needs to hear it.
    pub(crate) fn database(path: &Path, doing: &'static str, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        if primary_code(&source) == Some(code::NOTADB) {
            return Self::NotADatabase { path };
        }
        match kind_of(&source) {
            StoreErrorKind::Full => Self::Full { doing, path, source: source.into() },
            _ => Self::Database { doing, path, source: source.into() },
        }
    }

    /// What can be done about it, in the words of the ports.
    pub fn kind(&self) -> StoreErrorKind {
        match self {
            Self::File { source, .. } => StoreError::io(String::new(), io::Error::from(source.kind())).kind,
            Self::NotADatabase { .. } => StoreErrorKind::Corrupt,
            Self::Foreign { .. } | Self::FromTheFuture { .. } | Self::NoWriteAheadLog { .. } => {
                StoreErrorKind::Backend
            }
            Self::NoRoomForCopy { .. } | Self::Full { .. } => StoreErrorKind::Full,
            Self::Database { source, .. } => kind_of(&source.0),
            Self::Contents { source, .. } => source.kind,
        }
    }
}

/// The codes of SQLite that tell a caller what to do (<https://sqlite.org/rescode.html>, read 2026-02).
mod code {
    pub(super) const PERM: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const TOOBIG: i32 = 18;
    pub(super) const NOTADB: i32 = 26;
    /// An extended code, `SQLITE_IOERR_SHMSIZE`: the `-shm` file cannot become as large as it must be. SQLite calls
    /// it an I/O error; what it lacks is space.
    pub(super) const IOERR_SHMSIZE: i32 = 0x130a;
}

/// What a caller can do about an error of SQLite.
pub(crate) fn kind_of(error: &sqlx::Error) -> StoreErrorKind {
    match error {
        sqlx::Error::Database(_) if extended_code(error) == Some(code::IOERR_SHMSIZE) => StoreErrorKind::Full,
        sqlx::Error::Database(_) => match primary_code(error) {
            Some(code::BUSY | code::LOCKED) => StoreErrorKind::Busy,
            Some(code::FULL) => StoreErrorKind::Full,
            Some(code::READONLY | code::PERM) => StoreErrorKind::ReadOnly,
            Some(code::CORRUPT | code::NOTADB) => StoreErrorKind::Corrupt,
            Some(code::TOOBIG) => StoreErrorKind::Limit,
            _ => StoreErrorKind::Backend,
        },
        sqlx::Error::PoolTimedOut => StoreErrorKind::Busy,
        // A column that is not what the schema says.
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Backend,
    }
}

/// The result code as SQLite gave it.
fn extended_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// The result code without its extension, which is in the higher bytes.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    Some(extended_code(error)? & 0xff)
}

/// An error of SQLite, as a port says it.
pub(crate) fn store_error(doing: impl Into<String>, source: sqlx::Error) -> StoreError {
    shared_error(doing.into(), &Arc::new(source))
}

/// The same error for one of several callers.
pub(crate) fn shared_error(doing: String, source: &Arc<sqlx::Error>) -> StoreError {
    let kind = kind_of(source);
    StoreError { kind, doing, source: Some(Box::new(SqliteFailure(source.clone()))) }
}

/// What is stored does not read as what it should be.
pub(crate) fn corrupt(
    doing: impl Into<String>,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError { kind: StoreErrorKind::Corrupt, doing: doing.into(), source: Some(source.into()) }
}

/// What SQLite, or the way to it, says. It may have struck several callers at once.
#[derive(Debug, Clone)]
pub struct SqliteFailure(Arc<sqlx::Error>);

impl From<sqlx::Error> for SqliteFailure {
    fn from(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for SqliteFailure {
    /// The words of the driver, which repeat those of what lies beneath.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for SqliteFailure {}
