//! Session lines on their way from the closing transaction into their files.

use async_trait::async_trait;

use crate::ids::SessionKey;
use crate::ports::{SessionWrite, StoreError};
use crate::time::WallTime;

/// Session lines that were closed and whose file is not on the disk yet. A row goes three ways in turn: it
/// waits, it is written (the file has it, the disk perhaps not), it is settled. Only what is settled is
/// durable; what was merely written waits again after a crash, and is compared with the file then.
#[async_trait]
pub trait LineQueue: Send + Sync {
    /// Rows that wait, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the queue cannot be read.
    async fn waiting(&self, limit: usize) -> Result<Vec<PendingAppend>, StoreError>;

    /// Rows of one session that wait, oldest first: its history goes on with them.
    ///
    /// # Errors
    /// When the queue cannot be read.
    async fn waiting_in(&self, session: &SessionKey) -> Result<Vec<PendingAppend>, StoreError>;

    /// Where a session's file will end (bytes behind its first line) once everything unsettled stands in it;
    /// none when nothing is unsettled.
    ///
    /// # Errors
    /// When the queue cannot be read.
    async fn end_of(&self, session: &SessionKey) -> Result<Option<u64>, StoreError>;

    /// This row stands in its file, which now ends there (bytes behind its first line). Nothing is stored: a
    /// crash makes the row wait again.
    fn written(&self, row: u64, end: u64);

    /// Sessions with rows that are written and not settled, each with the last of them, at most `limit`.
    fn unsettled(&self, limit: usize) -> Vec<(SessionKey, u64)>;

    /// The files of these sessions are on the disk, each up to this row: their rows up to there that were written
    /// are done with. All are recorded at once, so that many sessions cost what one costs.
    ///
    /// # Errors
    /// When that cannot be recorded.
    async fn settle(&self, sessions: &[(SessionKey, u64)]) -> Result<(), StoreError>;
}

/// Session lines that wait for their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAppend {
    /// The journal's number of them.
    pub id: u64,
    /// The lines.
    pub write: SessionWrite,
    /// When their turn closed.
    pub at: WallTime,
}
