//! The session lines whose file is not on the disk: which there are, and which of them are written. Plain data,
//! in memory, since being written is forgotten by a crash; the lines themselves are in the database.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use nanobot_core::ids::SessionKey;

/// Rows by their number, which is the order in which their turns closed.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    rows: BTreeMap<u64, Row>,
    sessions: HashMap<SessionKey, BTreeSet<u64>>,
}

#[derive(Debug)]
struct Row {
    session: SessionKey,
    /// Where the file ends with it: as it should be, or as it was written.
    end: u64,
    is_written: bool,
}

impl Unsettled {
    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many rows of a session there are.
    pub(crate) fn len_of(&self, session: &SessionKey) -> usize {
        self.sessions.get(session).map_or(0, BTreeSet::len)
    }

    /// A closing brought a row.
    pub(crate) fn insert(&mut self, id: u64, session: SessionKey, end: u64) {
        self.sessions.entry(session.clone()).or_default().insert(id);
        self.rows.insert(id, Row { session, end, is_written: false });
    }

    /// A row is settled.
    pub(crate) fn remove(&mut self, id: u64) {
        let Some(row) = self.rows.remove(&id) else { return };
        if let Some(rows) = self.sessions.get_mut(&row.session) {
            rows.remove(&id);
            if rows.is_empty() {
                self.sessions.remove(&row.session);
            }
        }
    }

    /// The first rows that wait for their file.
    pub(crate) fn waiting(&self, limit: usize) -> Vec<u64> {
        self.rows.iter().filter(|(_, row)| !row.is_written).map(|(id, _)| *id).take(limit).collect()
    }

    /// The rows of a session that wait for its file.
    pub(crate) fn waiting_in(&self, session: &SessionKey) -> Vec<u64> {
        self.of(session).filter(|(_, row)| !row.is_written).map(|(id, _)| id).collect()
    }

    /// Whether a row waits for its file.
    pub(crate) fn is_waiting(&self, id: u64) -> bool {
        self.rows.get(&id).is_some_and(|row| !row.is_written)
    }

    /// Where a session's file ends once everything stands in it.
    pub(crate) fn end_of(&self, session: &SessionKey) -> Option<u64> {
        self.of(session).last().map(|(_, row)| row.end)
    }

    /// A row stands in its file, which ends there.
    pub(crate) fn written(&mut self, id: u64, end: u64) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.is_written = true;
            row.end = end;
        }
    }

    /// Sessions with written rows, each with the last of them; who has waited longest comes first.
    pub(crate) fn unsettled(&self, limit: usize) -> Vec<(SessionKey, u64)> {
        let mut seen: HashMap<&SessionKey, usize> = HashMap::new();
        let mut last: Vec<(SessionKey, u64)> = Vec::new();
        for (id, row) in self.rows.iter().filter(|(_, row)| row.is_written) {
            let index = *seen.entry(&row.session).or_insert(last.len());
            match last.get_mut(index) {
                Some((_, known)) => *known = *id,
                None => last.push((row.session.clone(), *id)),
            }
        }
        last.truncate(limit);
        last
    }

    /// The written rows of a session up to this one.
    pub(crate) fn written_up_to(&self, session: &SessionKey, last: u64) -> Vec<u64> {
        self.of(session).filter(|(id, row)| row.is_written && *id <= last).map(|(id, _)| id).collect()
    }

    fn of(&self, session: &SessionKey) -> impl Iterator<Item = (u64, &Row)> {
        let ids = self.sessions.get(session).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.rows.get(id)?)))
    }
}
