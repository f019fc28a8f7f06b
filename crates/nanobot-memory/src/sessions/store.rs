//! The session store itself, blocking: reads the end of a session's file, appends to it, brings its first line up
//! to date. Which file that is says `located.rs`.
//!
//! Reading changes nothing and takes no lock. The first append to a file without owner replaces it once by one
//! that names the owner; from then on an append is one write at the end and nothing else. A crash can leave the
//! first line behind and the last line torn, and both are survived.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use nanobot_core::ids::SessionKey;
use nanobot_core::intent::SessionAppend;
use nanobot_core::ports::{HistoryMessage, SessionSummary, StoreError, StoreErrorKind};
use nanobot_core::time::{civil, iso_local};

use super::folders::{Folders, MAX_LISTED_FILES};
use super::head::{self, Rest};
use super::located::{Counting, Located, counting, head_at, locate};
use super::names::file_name;
use super::slots::{Behind, Slot, Slots, lock};
use super::split::MAX_LINE_BYTES;
use super::{line, listing, tail};
use crate::disk::{self, found};

/// Largest session file, in bytes (1 GiB); beyond it appending answers
/// [`Limit`](nanobot_core::ports::StoreErrorKind::Limit) until somebody resets the session.
pub const MAX_SESSION_BYTES: u64 = 1024 * 1024 * 1024;

/// How often an append looks again for its file when it came, went or changed its owner in the meantime.
const MAX_ATTEMPTS: usize = 4;

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

    pub(crate) fn append(&self, append: &SessionAppend, now: civil::DateTime) -> Result<(), StoreError> {
        let key = &append.session;
        let doing = || format!("appending to session {key}");
        let io_error = |error| StoreError::io(doing(), error);
        let limit = || StoreError::new(StoreErrorKind::Limit, doing());
        let Some(last) = append.lines.last() else { return Ok(()) };
        let updated = iso_local(last.at);
        let mut lines = String::new();
        for line in &append.lines {
            let start = lines.len();
            lines.push_str(&line::message_line(line));
            if lines.len() - start > MAX_LINE_BYTES {
                return Err(limit());
            }
        }
        self.with_slot(&file_name(key.as_str()), doing, |slot| {
            self.folders.create().map_err(io_error)?;
            for _ in 0..MAX_ATTEMPTS {
                match locate(&self.folders, key).map_err(io_error)? {
                    Located::At(counting) => {
                        match self.go_on(&counting, key, &lines, &updated).map_err(io_error)? {
                            Wrote::Lines => {
                                let updated = updated.clone();
                                slot.insert(counting.name, Behind { owner: key.clone(), updated });
                                return Ok(());
                            }
                            Wrote::TooMuch => return Err(limit()),
                            Wrote::Elsewhere => {}
                        }
                    }
                    Located::Free(name) => {
                        let whole = line::first_line(key, now, &updated) + &lines;
                        match disk::create_whole(&self.folders.main(&name), whole.as_bytes()) {
                            Ok(()) => {
                                slot.remove(&name);
                                return Ok(());
                            }
                            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                            Err(error) => return Err(io_error(error)),
                        }
                    }
                    Located::Nowhere => return Err(limit()),
                }
            }
            Err(StoreError::new(StoreErrorKind::Busy, doing()))
        })
    }

    /// Adds lines to an existing file, which belongs to the session or to nobody yet.
    fn go_on(&self, to: &Counting, key: &SessionKey, lines: &str, updated: &str) -> io::Result<Wrote> {
        if to.file.metadata()?.len() + lines.len() as u64 > MAX_SESSION_BYTES {
            return Ok(Wrote::TooMuch);
        }
        let main = self.folders.main(&to.name);
        if !to.is_main {
            self.folders.keep_older(&to.name)?;
        }
        if !to.is_main || to.head.owner.is_none() {
            let updated = to.head.updated_at.as_deref().unwrap_or(updated);
            if found(head::rewrite(&to.path, &main, Some(key), Some(updated), Rest::Kept))?.is_none() {
                return Ok(Wrote::Elsewhere);
            }
        }
        append_to(&main, key, lines)
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

    /// Brings every first line that is behind up to date. The first time also those that a crash left behind.
    pub(crate) fn refresh(&self) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for name in self.slots.names() {
            if let Some(slot) = self.slots.known(&name) {
                outcome = outcome.and(self.write_out(&mut lock(&slot)));
            }
        }
        if self.slots.take_strays() {
            outcome = outcome.and(self.recover());
            outcome = outcome.and(
                self.folders
                    .sweep()
                    .map_err(|error| StoreError::io("removing temporary files of sessions", error)),
            );
        }
        outcome
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

    /// Rewrites the first lines of a slot's files. What cannot be written stays in the slot.
    fn write_out(&self, slot: &mut Slot) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for (name, behind) in std::mem::take(slot) {
            let main = self.folders.main(&name);
            let write = || -> io::Result<()> {
                // Somebody may have put another file in its place.
                let head = head_at(&main)?;
                if head.is_none_or(|head| head.owner.as_deref() != Some(behind.owner.as_str())) {
                    return Ok(());
                }
                head::rewrite(&main, &main, Some(&behind.owner), Some(&behind.updated), Rest::Kept)
            };
            if let Err(error) = found(write()) {
                let doing = format!("refreshing session {}", behind.owner);
                outcome = outcome.and(Err(StoreError::io(doing, error)));
                slot.insert(name, behind);
            }
        }
        outcome
    }

    /// Refreshes the first lines that are older than the last line that we wrote: the process before this one
    /// had no time for it.
    fn recover(&self) -> Result<(), StoreError> {
        let doing = || "refreshing the sessions".to_owned();
        let mut outcome = Ok(());
        for name in self.names(doing)? {
            let main = self.folders.main(&name);
            let owner = match head_at(&main) {
                Ok(Some(head)) => head.owner.and_then(|owner| SessionKey::new(owner).ok()),
                Ok(None) => continue,
                Err(error) => {
                    outcome = outcome.and(Err(StoreError::io(format!("reading {name}"), error)));
                    continue;
                }
            };
            let slot_name = owner.as_ref().map_or_else(|| name.clone(), |owner| file_name(owner.as_str()));
            let recovered = self.with_slot(&slot_name, doing, |_| {
                let recovered = found(bring_up_to_date(&main)).map(drop);
                recovered.map_err(|error| StoreError::io(format!("refreshing {name}"), error))
            });
            outcome = outcome.and(recovered);
        }
        outcome
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

/// What an append did.
enum Wrote {
    /// Lines at the end.
    Lines,
    /// Nothing: the file would pass [`MAX_SESSION_BYTES`].
    TooMuch,
    /// Nothing: the file is gone, or another one that is not the session's.
    Elsewhere,
}

/// Adds whole lines at the end of a file, in one write, if its first line names the session. A last line that was
/// torn gets its end first, so that it stays by itself. A write that fails halfway is taken back where possible.
fn append_to(path: &Path, key: &SessionKey, lines: &str) -> io::Result<Wrote> {
    let Some(mut file) = found(disk::open_to_append(path))? else {
        return Ok(Wrote::Elsewhere);
    };
    if head::read(&file)?.owner.as_deref() != Some(key.as_str()) {
        return Ok(Wrote::Elsewhere);
    }
    let len = file.metadata()?.len();
    let separator = if tail::ends_with_line_end(&file, len)? { "" } else { "\n" };
    let text = format!("{separator}{lines}");
    if len + text.len() as u64 > MAX_SESSION_BYTES {
        return Ok(Wrote::TooMuch);
    }
    file.write_all(text.as_bytes()).inspect_err(|_| drop(file.set_len(len)))?;
    Ok(Wrote::Lines)
}

/// Rewrites the first line of a file if it is older than the last line that we wrote.
fn bring_up_to_date(path: &Path) -> io::Result<()> {
    let file = disk::open_file(path)?;
    let stored = head::read(&file)?.updated_at;
    match tail::last_own_timestamp(&file)? {
        Some(last) if stored.is_none_or(|stored| stored < last) => {
            head::rewrite(path, path, None, Some(&last), Rest::Kept)
        }
        Some(_) | None => Ok(()),
    }
}
