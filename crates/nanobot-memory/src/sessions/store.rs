//! The session store itself, blocking: reads a session's file, tells its end, forgets what is in it. Which file that
//! is says `located.rs`; how lines get into it says `store/placing.rs`, how its first line is kept up to date
//! `store/refreshing.rs`.
//!
//! Reading changes nothing and takes no lock. A crash can leave the first line behind and the last line torn, and
//! both are survived.

use std::io;
use std::path::{Path, PathBuf};

use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{HistoryMessage, SessionEnd, SessionSummary, StoreError, StoreErrorKind};
use nanobot_core::time::{civil, iso_local};

use super::body::Body;
use super::folders::{Folders, MAX_LISTED_FILES};
use super::head::{self, Rest};
use super::located::{Located, counting, head_at, locate};
use super::names::file_name;
use super::slots::{Slot, Slots, lock};
use super::{listing, tail};
use crate::disk::found;

mod placing;
mod refreshing;

pub(crate) use placing::render;

/// Largest session file, in bytes (1 GiB); beyond it placing lines answers
/// [`Limit`](nanobot_core::ports::StoreErrorKind::Limit) until somebody resets the session.
pub const MAX_SESSION_BYTES: u64 = 1024 * 1024 * 1024;

/// The sessions of one home.
#[derive(Debug)]
pub(crate) struct Store {
    folders: Folders,
    slots: Slots,
}

impl Store {
    pub(crate) fn new(home: &Path) -> Self {
        Self { folders: Folders::new(home), slots: Slots::default() }
    }

    pub(crate) fn history(&self, key: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, StoreError> {
        let read = || match locate(&self.folders, key)? {
            Located::At(counting) => tail::last_messages(&counting.file, limit),
            Located::Free(_) | Located::Nowhere => Ok(Vec::new()),
        };
        read().map_err(|error| StoreError::io(format!("reading session {key}"), error))
    }

    pub(crate) fn contains(&self, key: &SessionKey) -> Result<bool, StoreError> {
        Ok(self.file_of(key)?.is_some())
    }

    /// The path of the file that counts for a session.
    pub(crate) fn file_of(&self, key: &SessionKey) -> Result<Option<PathBuf>, StoreError> {
        let located = locate(&self.folders, key);
        let located = located.map_err(|error| StoreError::io(format!("looking for session {key}"), error))?;
        Ok(match located {
            Located::At(counting) => Some(counting.path),
            Located::Free(_) | Located::Nowhere => None,
        })
    }

    /// Where a session's file ends, counted as it will be when the file is the session's own.
    pub(crate) fn end(&self, key: &SessionKey) -> Result<SessionEnd, StoreError> {
        // Whoever writes at this moment is waited for.
        let slot = self.slots.known(&file_name(key.as_str()));
        let _guard = slot.as_deref().map(lock);
        let end = || match locate(&self.folders, key)? {
            Located::At(counting) => Body::of(&counting.file, counting.head.rest)?.end(),
            Located::Free(_) | Located::Nowhere => Ok(SessionEnd::default()),
        };
        end().map_err(|error| StoreError::io(format!("looking for the end of session {key}"), error))
    }

    pub(crate) fn reset(&self, key: &SessionKey, now: civil::DateTime) -> Result<usize, StoreError> {
        let doing = || format!("resetting session {key}");
        self.with_slot(&file_name(key.as_str()), doing, |slot| {
            let mut forget = || -> io::Result<Option<usize>> {
                let Located::At(counting) = locate(&self.folders, key)? else { return Ok(None) };
                let messages = listing::count_messages(&counting.file)?;
                self.folders.create()?;
                // A file that names nobody stays so: the key may be guessed, and nobody's words are left in it.
                let owner = counting.head.owner.is_some().then_some(key);
                let updated = iso_local(now);
                let empty =
                    |from: &Path, to: &Path| head::rewrite(from, to, owner, Some(&updated), Rest::Dropped);
                // Copies of the same words: what was replaced, and what the migration left behind.
                self.folders.remove_older(&counting.name)?;
                let former = self.folders.former(&counting.name);
                let anothers = |owner: &String| owner != key.as_str();
                if head_at(&former)?.is_some_and(|head| !head.owner.as_ref().is_some_and(anothers)) {
                    found(empty(&former, &former))?;
                }
                empty(&counting.path, &self.folders.main(&counting.name))?;
                slot.remove(&counting.name);
                Ok(Some(messages))
            };
            let forgotten = forget().map_err(|error| StoreError::io(doing(), error))?;
            forgotten.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, doing()))
        })
    }

    pub(crate) fn list(&self) -> Result<Vec<SessionSummary>, StoreError> {
        let doing = || "listing the sessions".to_owned();
        let mut summaries = Vec::new();
        for name in self.names(doing)? {
            match counting(&self.folders, &name) {
                Ok(counting) => summaries.extend(counting.and_then(listing::summary)),
                Err(_) => summaries.extend(listing::unreadable(name)),
            }
        }
        listing::sort(&mut summaries);
        Ok(summaries)
    }

    /// Runs work that owns the slot of a file name.
    fn with_slot<T>(
        &self,
        name: &str,
        doing: impl Fn() -> String,
        work: impl FnOnce(&mut Slot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // A first line that cannot be written stays behind, and the next refresh says why.
        let slot = self.slots.get(name, |idle| drop(self.write_out(idle)));
        let slot = slot.ok_or_else(|| StoreError::new(StoreErrorKind::Busy, doing()))?;
        work(&mut lock(&slot))
    }

    /// The names of all session files.
    fn names(&self, doing: impl Fn() -> String) -> Result<Vec<String>, StoreError> {
        let names = self.folders.names().map_err(|error| StoreError::io(doing(), error))?;
        if names.len() > MAX_LISTED_FILES {
            return Err(StoreError::new(StoreErrorKind::Limit, doing()));
        }
        Ok(names.into_iter().collect())
    }
}
