//! Session lines on their way into their files. Which of them wait is known in memory, so that asking for the end
//! of a session, at each closing, costs nothing; so are the lines themselves, as far as they find room there.

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{LineQueue, PendingAppend, StoreError};

use crate::SqliteJournal;
use crate::error::corrupt;
use crate::rows;
use crate::unsettled::Waiting;
use crate::writer::{Settle, hold};

impl SqliteJournal {
    /// What waits, from memory if all of it is there.
    async fn read(&self, waiting: Waiting) -> Result<Vec<PendingAppend>, StoreError> {
        match waiting {
            Waiting::Known(rows) => Ok(rows),
            Waiting::Stored(ids) => self.lines(ids).await,
        }
    }

    async fn lines(&self, ids: Vec<u64>) -> Result<Vec<PendingAppend>, StoreError> {
        let doing = "reading the session lines that wait";
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query = async { rows::lines(&mut *self.reader(doing).await?, &ids).await };
        let mut rows = self.in_time(doing, query).await?;
        // Somebody may have written some of them meanwhile. What waits still must be there.
        let lines = hold(&self.memory().lines);
        rows.retain(|row| lines.is_waiting(row.id));
        if rows.len() < ids.iter().filter(|id| lines.is_waiting(**id)).count() {
            return Err(corrupt(doing, "rows that wait are missing"));
        }
        Ok(rows)
    }
}

#[async_trait]
impl LineQueue for SqliteJournal {
    async fn waiting(&self, limit: usize) -> Result<Vec<PendingAppend>, StoreError> {
        let waiting = hold(&self.memory().lines).waiting(limit);
        self.read(waiting).await
    }

    async fn waiting_in(&self, session: &SessionKey) -> Result<Vec<PendingAppend>, StoreError> {
        let waiting = hold(&self.memory().lines).waiting_in(session);
        self.read(waiting).await
    }

    async fn end_of(&self, session: &SessionKey) -> Result<Option<u64>, StoreError> {
        Ok(hold(&self.memory().lines).end_of(session))
    }

    fn written(&self, row: u64, end: u64) {
        hold(&self.memory().lines).written(row, end);
    }

    fn unsettled(&self, limit: usize) -> Vec<(SessionKey, u64)> {
        hold(&self.memory().lines).unsettled(limit)
    }

    async fn settle(&self, sessions: &[(SessionKey, u64)]) -> Result<(), StoreError> {
        let rows = hold(&self.memory().lines).written_up_to(sessions);
        if rows.is_empty() { Ok(()) } else { self.write(Settle(rows)).await }
    }
}
