//! What the disk and the bare store take for what every message, and every call under a budget, needs: one durable
//! write.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};

/// Bytes of a raw write: a page of the database, which is the least that a commit appends.
const PAGE: usize = 4096;
/// Bytes of the row: about those of a message in the journal.
const ROW: usize = 400;

/// A file that is appended to and brought to the disk, page by page: no commit can be quicker.
pub struct RawDisk(File);

impl RawDisk {
    /// Makes the file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        Ok(Self(File::create(path).with_context(|| format!("cannot make {}", path.display()))?))
    }

    /// So many appends, one after the other. Blocks.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn run(&mut self, count: usize) -> Result<Vec<Duration>> {
        let page = [7; PAGE];
        let appended = (0..count).map(|_| {
            let began = now();
            self.0.write_all(&page)?;
            self.0.sync_data()?;
            Ok(now().duration_since(began))
        });
        appended.collect()
    }
}

/// SQLite by itself, through the same library and with the same promises as the journal: WAL, synchronous=FULL.
pub struct BareSqlite(SqliteConnection);

impl BareSqlite {
    /// Makes the database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn create(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut connection = options.connect().await.context("cannot open the bare database")?;
        sqlx::query("CREATE TABLE rows (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
            .execute(&mut connection)
            .await?;
        Ok(Self(connection))
    }

    /// So many rows, each in a transaction of its own.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn run(&mut self, count: usize) -> Result<Vec<Duration>> {
        let row = vec![7; ROW];
        let mut took = Vec::with_capacity(count);
        for _ in 0..count {
            let began = now();
            sqlx::query("INSERT INTO rows (payload) VALUES (?)")
                .bind(row.as_slice())
                .execute(&mut self.0)
                .await?;
            took.push(now().duration_since(began));
        }
        Ok(took)
    }
}

#[expect(clippy::disallowed_methods, reason = "wall time is what is measured here")]
fn now() -> Instant {
    Instant::now()
}
