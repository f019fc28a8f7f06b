//! Brings closed session lines from the journal into their files, and from there onto the disk.
//!
//! Each line has its place, so bringing it twice is harmless: a crash between the file and the record of it costs
//! a comparison. The disk is waited for in batches; until then the journal has the lines.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::ids::SessionKey;
use crate::ports::{Found, LineQueue, PendingAppend, SessionStore, StoreError, Telemetry};
use crate::telemetry::TelemetryEvent;

/// The projector. One run at a time, so that no line is brought over by two.
pub struct Projector {
    /// Has the lines.
    lines: Arc<dyn LineQueue>,
    /// Has the files.
    sessions: Arc<dyn SessionStore>,
    /// Hears of files that others wrote into.
    telemetry: Arc<dyn Telemetry>,
    /// Rows written since the disk was last waited for.
    unsettled: Mutex<Unsettled>,
}

#[derive(Default)]
struct Unsettled {
    rows: usize,
    of_session: HashMap<SessionKey, usize>,
}

impl Projector {
    /// Lines that are taken at a time.
    const BATCH: usize = 64;

    /// Rows that are written before the disk is waited for, at most.
    const SETTLE_EVERY: usize = 1_000;

    /// Rows of one session that are written before its file is waited for: well below what a journal keeps of one
    /// session, so that a chat that never rests is not taken for one whose file cannot be written.
    const SETTLE_SESSION_EVERY: usize = 100;

    /// Sessions that are brought to the disk at a time.
    const SESSIONS: usize = 256;

    /// From the journal that has the lines to the store that has the files.
    pub fn new(
        lines: Arc<dyn LineQueue>,
        sessions: Arc<dyn SessionStore>,
        telemetry: Arc<dyn Telemetry>,
    ) -> Self {
        Self { lines, sessions, telemetry, unsettled: Mutex::default() }
    }

    /// Writes everything that waits, each session in order. A session whose file cannot be written waits on, and
    /// holds no other up; what waits is part of the history all the same. Waits for a run that is under way.
    ///
    /// # Errors
    /// The first failure: of a file, or of the journal.
    pub async fn run(&self) -> Result<(), StoreError> {
        let mut unsettled = self.unsettled.lock().await;
        let mut failed: HashSet<SessionKey> = HashSet::new();
        let mut first = Ok(());
        let mut stuck = 0;
        loop {
            // Rows of failed sessions come again, so the window is larger by them.
            let limit = stuck + Self::BATCH;
            let waiting = self.lines.waiting(limit).await?;
            let is_all = waiting.len() < limit;
            stuck = 0;
            for pending in waiting {
                if failed.contains(&pending.write.append.session) {
                    stuck += 1;
                } else if let Err(error) = self.write(&pending).await {
                    failed.insert(pending.write.append.session);
                    stuck += 1;
                    first = first.and(Err(error));
                } else {
                    first = first.and(self.count(pending, &mut unsettled).await);
                }
            }
            if unsettled.rows >= Self::SETTLE_EVERY {
                self.settle_all(&mut unsettled).await?;
            }
            if is_all {
                return first;
            }
        }
    }

    /// Waits for the disk: everything that is written is durable then, and the journal lets go of it.
    ///
    /// # Errors
    /// The first failure; the lines of that session stay in the journal.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.settle_all(&mut *self.unsettled.lock().await).await
    }

    async fn settle_all(&self, unsettled: &mut Unsettled) -> Result<(), StoreError> {
        let mut first = Ok(());
        let mut failed: HashSet<SessionKey> = HashSet::new();
        *unsettled = Unsettled::default();
        loop {
            let mut sessions = self.lines.unsettled(failed.len() + Self::SESSIONS);
            sessions.retain(|(session, _)| !failed.contains(session));
            if sessions.is_empty() {
                return first;
            }
            let mut synced = Vec::new();
            for (session, last) in sessions {
                match self.sessions.sync(&session).await {
                    Ok(()) => synced.push((session, last)),
                    Err(error) => {
                        failed.insert(session);
                        first = first.and(Err(error));
                    }
                }
            }
            // One order for all of them: each on its own would wait for a commit of its own, and nothing is
            // written meanwhile.
            self.lines.settle(&synced).await?;
        }
    }

    /// Counts a written row, and waits for the disk if its session has many of them.
    async fn count(&self, pending: PendingAppend, unsettled: &mut Unsettled) -> Result<(), StoreError> {
        let session = pending.write.append.session;
        unsettled.rows += 1;
        let rows = unsettled.of_session.entry(session.clone()).or_default();
        *rows += 1;
        if *rows < Self::SETTLE_SESSION_EVERY {
            return Ok(());
        }
        unsettled.rows -= unsettled.of_session.remove(&session).unwrap_or_default();
        self.sessions.sync(&session).await?;
        self.lines.settle(&[(session, pending.id)]).await
    }

    async fn write(&self, pending: &PendingAppend) -> Result<(), StoreError> {
        let placed = self.sessions.place(&pending.write, pending.at.local()).await?;
        self.lines.written(pending.id, placed.end);
        if placed.found == Found::Foreign {
            self.telemetry
                .record(&TelemetryEvent::ForeignLines { session: pending.write.append.session.clone() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
