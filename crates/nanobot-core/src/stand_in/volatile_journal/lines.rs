//! Session lines on their way into their files. Plain data; the journal holds the lock.

use std::collections::{HashMap, VecDeque};

use super::VolatileJournal;
use crate::ids::SessionKey;
use crate::ports::{PendingAppend, SessionWrite};
use crate::time::WallTime;

/// The rows of all sessions, in the order in which their turns closed.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rows: VecDeque<Row>,
    given: u64,
}

#[derive(Debug)]
struct Row {
    pending: PendingAppend,
    /// Where its file ended when the row had been written.
    written: Option<u64>,
}

impl Lines {
    /// Whether so many more rows find room, and none of a session that is stuck.
    pub(super) fn room_for(&self, writes: &[SessionWrite]) -> Result<(), &'static str> {
        if self.rows.len() + writes.len() > VolatileJournal::MAX_PENDING_APPENDS {
            return Err("too many session lines wait");
        }
        // One session whose file cannot be written must not fill the journal for all.
        let stuck = |write: &SessionWrite| {
            self.of(&write.append.session).count() >= VolatileJournal::MAX_PENDING_APPENDS_PER_SESSION
        };
        if writes.iter().any(stuck) {
            return Err("too many lines of this session wait for its file");
        }
        Ok(())
    }

    pub(super) fn push(&mut self, write: SessionWrite, at: WallTime) {
        self.given += 1;
        let pending = PendingAppend { id: self.given, write, at };
        self.rows.push_back(Row { pending, written: None });
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &PendingAppend> {
        self.rows.iter().filter(|row| row.written.is_none()).map(|row| &row.pending)
    }

    pub(super) fn end_of(&self, session: &SessionKey) -> Option<u64> {
        self.of(session).last().map(|row| row.written.unwrap_or_else(|| row.pending.write.end()))
    }

    pub(super) fn written(&mut self, id: u64, end: u64) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.pending.id == id) {
            row.written = Some(end);
        }
    }

    pub(super) fn unsettled(&self, limit: usize) -> Vec<(SessionKey, u64)> {
        let mut last: Vec<(SessionKey, u64)> = Vec::new();
        for row in self.rows.iter().filter(|row| row.written.is_some()) {
            let session = &row.pending.write.append.session;
            match last.iter_mut().find(|(known, _)| known == session) {
                Some((_, id)) => *id = row.pending.id,
                None => last.push((session.clone(), row.pending.id)),
            }
        }
        last.truncate(limit);
        last
    }

    pub(super) fn settle(&mut self, sessions: &[(SessionKey, u64)]) {
        let last: HashMap<&SessionKey, u64> =
            sessions.iter().map(|(session, last)| (session, *last)).collect();
        self.rows.retain(|row| {
            let last = last.get(&row.pending.write.append.session);
            row.written.is_none() || last.is_none_or(|last| row.pending.id > *last)
        });
    }

    fn of(&self, session: &SessionKey) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.pending.write.append.session == *session)
    }
}
