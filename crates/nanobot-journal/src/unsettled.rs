//! The session lines whose file is not on the disk: which there are, and which of them are written. Plain data,
//! in memory, since being written is forgotten by a crash; the lines themselves are in the database, and here too
//! while somebody may ask for them soon.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use nanobot_core::ids::SessionKey;
use nanobot_core::ports::PendingAppend;

/// Bytes of session text that are kept in memory while it waits for its file: some thousand turns. What finds no
/// room is read from the database.
const MAX_BYTES: usize = 4 << 20;

/// Rows by their number, which is the order in which their turns closed.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    rows: BTreeMap<u64, Row>,
    sessions: HashMap<SessionKey, BTreeSet<u64>>,
    /// Of the lines that are kept here.
    bytes: usize,
}

#[derive(Debug)]
struct Row {
    session: SessionKey,
    /// Where the file ends with it: as it should be, or as it was written.
    end: u64,
    is_written: bool,
    /// The lines, while they wait and there is room for them.
    lines: Option<PendingAppend>,
}

/// Rows that wait.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// All their lines are in memory.
    Known(Vec<PendingAppend>),
    /// Some are in the database alone: their numbers.
    Stored(Vec<u64>),
}

impl Waiting {
    fn of<'a>(rows: impl Iterator<Item = (u64, &'a Row)>) -> Self {
        let (ids, rows): (Vec<u64>, Vec<&Row>) = rows.unzip();
        match rows.into_iter().map(|row| row.lines.clone()).collect() {
            Some(known) => Self::Known(known),
            None => Self::Stored(ids),
        }
    }
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

    /// An earlier process left a row.
    pub(crate) fn insert(&mut self, id: u64, session: SessionKey, end: u64) {
        self.sessions.entry(session.clone()).or_default().insert(id);
        self.rows.insert(id, Row { session, end, is_written: false, lines: None });
    }

    /// A closing brought a row.
    pub(crate) fn add(&mut self, lines: PendingAppend) {
        let id = lines.id;
        self.insert(id, lines.write.append.session.clone(), lines.write.end());
        let bytes = lines.write.text.len();
        if self.bytes + bytes <= MAX_BYTES
            && let Some(row) = self.rows.get_mut(&id)
        {
            self.bytes += bytes;
            row.lines = Some(lines);
        }
    }

    /// A row is settled.
    pub(crate) fn remove(&mut self, id: u64) {
        self.let_go(id);
        let Some(row) = self.rows.remove(&id) else { return };
        if let Some(rows) = self.sessions.get_mut(&row.session) {
            rows.remove(&id);
            if rows.is_empty() {
                self.sessions.remove(&row.session);
            }
        }
    }

    /// The first rows that wait for their file.
    pub(crate) fn waiting(&self, limit: usize) -> Waiting {
        Waiting::of(
            self.rows.iter().map(|(id, row)| (*id, row)).filter(|(_, row)| !row.is_written).take(limit),
        )
    }

    /// The rows of a session that wait for its file.
    pub(crate) fn waiting_in(&self, session: &SessionKey) -> Waiting {
        Waiting::of(self.of(session).filter(|(_, row)| !row.is_written))
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
        self.let_go(id);
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

    /// The written rows of sessions, of each up to the row beside it.
    pub(crate) fn written_up_to(&self, sessions: &[(SessionKey, u64)]) -> Vec<u64> {
        let of = |(session, last): &(SessionKey, u64)| {
            let last = *last;
            let written = self.of(session).filter(move |(id, row)| row.is_written && *id <= last);
            written.map(|(id, _)| id).collect::<Vec<_>>()
        };
        sessions.iter().flat_map(of).collect()
    }

    /// Nobody asks for the lines of this row any more.
    fn let_go(&mut self, id: u64) {
        let lines = self.rows.get_mut(&id).and_then(|row| row.lines.take());
        self.bytes -= lines.map_or(0, |lines| lines.write.text.len());
    }

    fn of(&self, session: &SessionKey) -> impl Iterator<Item = (u64, &Row)> {
        let ids = self.sessions.get(session).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.rows.get(id)?)))
    }
}
