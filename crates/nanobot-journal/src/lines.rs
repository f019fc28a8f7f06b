//! Session lines on their way into their files. Which of them wait is known in memory, so that asking for the end
//! of a session, at each closing, costs nothing; the lines themselves are read from the database.

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{LineQueue, PendingAppend, StoreError};

use crate::SqliteJournal;
use crate::error::corrupt;
use crate::rows;
use crate::writer::{Settle, hold};

impl SqliteJournal {
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
        let ids = hold(&self.memory().lines).waiting(limit);
        self.lines(ids).await
    }

    async fn waiting_in(&self, session: &SessionKey) -> Result<Vec<PendingAppend>, StoreError> {
        let ids = hold(&self.memory().lines).waiting_in(session);
        self.lines(ids).await
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

    async fn settle(&self, session: &SessionKey, last: u64) -> Result<(), StoreError> {
        let rows = hold(&self.memory().lines).written_up_to(session, last);
        if rows.is_empty() {
            return Ok(());
        }
        self.write(Settle { session: session.clone(), rows }).await
    }
}
