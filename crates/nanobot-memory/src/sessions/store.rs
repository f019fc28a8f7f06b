//! The session store itself, blocking: finds a session's file, reads its end, appends to it, brings its first
//! line up to date.
//!
//! Appending is one write at the end of the file and nothing else; a crash can leave the first line behind and
//! the last line torn, and both are survived.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use nanobot_core::ids::SessionKey;
use nanobot_core::intent::SessionAppend;
use nanobot_core::ports::{HistoryMessage, SessionSummary, StoreError, StoreErrorKind};
use nanobot_core::time::{civil, iso_local};

use super::folders::{Folders, MAX_LISTED_FILES};
use super::head::{self, Head, Rest};
use super::listing;
use super::names::{candidates, file_name};
use super::slots::{Slot, Slots, Use, lock};
use super::split::MAX_LINE_BYTES;
use super::{line, tail};
use crate::disk::{self, found};

/// Largest session file, in bytes (1 GiB); beyond it appending answers
/// [`Limit`](nanobot_core::ports::StoreErrorKind::Limit) until somebody resets the session.
pub const MAX_SESSION_BYTES: u64 = 1024 * 1024 * 1024;

/// How often an append looks again for its file when another process was faster.
const MAX_ATTEMPTS: usize = 4;

/// The sessions of one home.
#[derive(Debug)]
pub(crate) struct Store {
    folders: Folders,
    slots: Slots,
    recovered: Mutex<bool>,
}

/// Where a session's lines are, or may go.
enum Located {
    /// In this file.
    At(String),
    /// Nowhere yet; this name is free.
    Free(String),
}

impl Store {
    pub(crate) fn new(home: &Path) -> Self {
        Self { folders: Folders::new(home), slots: Slots::default(), recovered: Mutex::new(false) }
    }

    pub(crate) fn history(&self, key: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, StoreError> {
        let doing = || format!("reading session {key}");
        self.with_slot(&file_name(key.as_str()), doing, |slot| {
            let Located::At(name) = self.locate(slot, key, doing)? else { return Ok(Vec::new()) };
            let read = || -> io::Result<Vec<HistoryMessage>> {
                let Some(place) = self.folders.newest(&name)? else { return Ok(Vec::new()) };
                tail::last_messages(&File::open(place.path())?, limit)
            };
            Ok(found(read()).map_err(|error| StoreError::io(doing(), error))?.unwrap_or_default())
        })
    }

    pub(crate) fn append(&self, append: &SessionAppend, now: civil::DateTime) -> Result<(), StoreError> {
        let key = &append.session;
        let doing = || format!("appending to session {key}");
        let io_error = |error| StoreError::io(doing(), error);
        let Some(last) = append.lines.last() else { return Ok(()) };
        let updated = iso_local(last.at);
        let mut lines = String::new();
        for line in &append.lines {
            let start = lines.len();
            lines.push_str(&line::message_line(line));
            if lines.len() - start > MAX_LINE_BYTES {
                return Err(StoreError::new(StoreErrorKind::Limit, doing()));
            }
        }
        let fresh = line::first_line(key, now, &updated) + &lines;
        self.with_slot(&file_name(key.as_str()), doing, |slot| {
            self.folders.create().map_err(io_error)?;
            for _ in 0..MAX_ATTEMPTS {
                let located = self.locate(slot, key, doing)?;
                let wrote = self.write_lines(&located, &lines, &fresh).map_err(io_error)?;
                let (Located::At(name) | Located::Free(name)) = located;
                match wrote {
                    Some(Wrote::Lines) => {
                        if let Some(used) = slot.get_mut(&name) {
                            used.behind = Some(updated);
                        }
                        return Ok(());
                    }
                    Some(Wrote::WholeFile) => {
                        slot.insert(name, Use { owner: key.clone(), recorded: true, behind: None });
                        return Ok(());
                    }
                    Some(Wrote::Nothing) => return Err(StoreError::new(StoreErrorKind::Limit, doing())),
                    None => drop(slot.remove(&name)),
                }
            }
            Err(StoreError::new(StoreErrorKind::Busy, doing()))
        })
    }

    /// Writes lines to where they belong; none when the file came or went in the meantime.
    fn write_lines(&self, located: &Located, lines: &str, fresh: &str) -> io::Result<Option<Wrote>> {
        match located {
            Located::Free(name) => match disk::create_file(&self.folders.main(name), fresh.as_bytes()) {
                Ok(()) => Ok(Some(Wrote::WholeFile)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
                Err(error) => Err(error),
            },
            Located::At(name) => match found(self.folders.bring_over(name))? {
                Some(()) => found(append_to(&self.folders.main(name), lines, fresh)),
                None => Ok(None),
            },
        }
    }

    pub(crate) fn reset(&self, key: &SessionKey, now: civil::DateTime) -> Result<usize, StoreError> {
        let doing = || format!("resetting session {key}");
        self.with_slot(&file_name(key.as_str()), doing, |slot| {
            let not_found = || StoreError::new(StoreErrorKind::NotFound, doing());
            let Located::At(name) = self.locate(slot, key, doing)? else { return Err(not_found()) };
            let forget = || -> io::Result<Option<usize>> {
                self.folders.create()?;
                let Some(place) = self.folders.newest(&name)? else { return Ok(None) };
                let messages = listing::count_messages(place.path())?;
                let (main, former) = (self.folders.main(&name), self.folders.former(&name));
                let updated = iso_local(now);
                // The copy that the migration left behind holds the same words.
                found(head::rewrite(&former, &former, Some(key), Some(&updated), Rest::Dropped))?;
                head::rewrite(place.path(), &main, Some(key), Some(&updated), Rest::Dropped)?;
                Ok(Some(messages))
            };
            let forgotten =
                forget().map_err(|error| StoreError::io(doing(), error))?.ok_or_else(not_found)?;
            slot.insert(name, Use { owner: key.clone(), recorded: true, behind: None });
            Ok(forgotten)
        })
    }

    /// Brings every first line that is behind up to date. The first time also those that a crash left behind.
    pub(crate) fn refresh(&self) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for slot in self.slots.all() {
            outcome = outcome.and(self.write_out(&mut lock(&slot), |used| used.behind.is_some()));
        }
        let mut recovered = lock(&self.recovered);
        if !*recovered {
            outcome = outcome.and(self.recover());
            outcome = outcome.and(
                self.folders
                    .sweep()
                    .map_err(|error| StoreError::io("removing temporary files of sessions", error)),
            );
            *recovered = true;
        }
        outcome
    }

    pub(crate) fn list(&self) -> Result<Vec<SessionSummary>, StoreError> {
        let doing = || "listing the sessions".to_owned();
        // A file of the original does not name its owner before the next refresh, but we may know it.
        let claims: HashMap<String, SessionKey> = self
            .slots
            .all()
            .iter()
            .flat_map(|slot| lock(slot).clone())
            .map(|(name, used)| (name, used.owner))
            .collect();
        let mut summaries = Vec::new();
        for name in self.names(doing)? {
            let place = self.folders.newest(&name).map_err(|error| StoreError::io(doing(), error))?;
            if let Some(place) = place {
                let owner = claims.get(&name).cloned();
                summaries.extend(listing::summary(place.path(), name, owner));
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
        let slot = self
            .slots
            .get(name, |idle| self.write_out(idle, |used| used.behind.is_some() || !used.recorded))
            .map_err(|error| error.unwrap_or_else(|| StoreError::new(StoreErrorKind::Busy, doing())))?;
        work(&mut lock(&slot))
    }

    /// Finds the file of a session: one that says so, else the original's file of that name, if it says nothing
    /// and no other session has asked for it. Asking for such a file claims it.
    fn locate(
        &self,
        slot: &mut Slot,
        key: &SessionKey,
        doing: impl Fn() -> String,
    ) -> Result<Located, StoreError> {
        let io_error = |error| StoreError::io(doing(), error);
        let known = slot.iter().find(|(_, used)| used.owner == *key).map(|(name, _)| name.clone());
        if let Some(name) = known {
            if self.folders.newest(&name).map_err(io_error)?.is_some() {
                return Ok(Located::At(name));
            }
            slot.remove(&name);
        }
        let (mut unclaimed, mut free) = (None, None);
        for name in candidates(key) {
            if slot.contains_key(&name) {
                continue;
            }
            match self.belonging(&name, key).map_err(io_error)? {
                Belonging::Ours => {
                    slot.insert(name.clone(), Use { owner: key.clone(), recorded: true, behind: None });
                    return Ok(Located::At(name));
                }
                Belonging::Unstated if name == file_name(key.as_str()) => unclaimed = Some(name),
                Belonging::Unstated | Belonging::Anothers => {}
                Belonging::NoFile => free = free.or(Some(name)),
            }
        }
        if let Some(name) = unclaimed {
            slot.insert(name.clone(), Use { owner: key.clone(), recorded: false, behind: None });
            return Ok(Located::At(name));
        }
        free.map(Located::Free).ok_or_else(|| StoreError::new(StoreErrorKind::Limit, doing()))
    }

    /// Whose the files of a name are, by their own word.
    fn belonging(&self, name: &str, key: &SessionKey) -> io::Result<Belonging> {
        let mut belonging = Belonging::NoFile;
        for path in [self.folders.main(name), self.folders.former(name)] {
            match head_of(&path)?.map(|head| head.owner) {
                Some(Some(owner)) if owner == key.as_str() => belonging = Belonging::Ours,
                Some(Some(_)) => return Ok(Belonging::Anothers),
                Some(None) if belonging == Belonging::NoFile => belonging = Belonging::Unstated,
                Some(None) | None => {}
            }
        }
        Ok(belonging)
    }

    /// Rewrites the first lines of a slot's files that `needed` asks for.
    fn write_out(&self, slot: &mut Slot, needed: impl Fn(&Use) -> bool) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for (name, used) in slot.iter_mut().filter(|(_, used)| needed(used)) {
            let write = || -> io::Result<()> {
                self.folders.create()?;
                self.folders.bring_over(name)?;
                let main = self.folders.main(name);
                let stored = head_of(&main)?.and_then(|head| head.updated_at);
                let updated = used.behind.clone().or(stored);
                head::rewrite(&main, &main, Some(&used.owner), updated.as_deref(), Rest::Kept)
            };
            match found(write()) {
                Ok(_) => (used.recorded, used.behind) = (true, None),
                Err(error) => {
                    let doing = format!("refreshing session {}", used.owner);
                    outcome = outcome.and(Err(StoreError::io(doing, error)));
                }
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
            let owner = |head: &Head| head.owner.clone().and_then(|owner| SessionKey::new(owner).ok());
            let head = match head_of(&main) {
                Ok(Some(head)) => head,
                Ok(None) => continue,
                Err(error) => {
                    outcome = outcome.and(Err(StoreError::io(format!("reading {name}"), error)));
                    continue;
                }
            };
            let owner = owner(&head);
            let slot_name = owner.as_ref().map_or_else(|| name.clone(), |owner| file_name(owner.as_str()));
            let recovered = self.with_slot(&slot_name, doing, |_| {
                let rewrite = || -> io::Result<()> {
                    let last = tail::last_own_timestamp(&File::open(&main)?)?;
                    match last {
                        Some(last) if head.updated_at.as_ref().is_none_or(|stored| *stored < last) => {
                            head::rewrite(&main, &main, owner.as_ref(), Some(&last), Rest::Kept)
                        }
                        Some(_) | None => Ok(()),
                    }
                };
                let rewritten = found(rewrite()).map(drop);
                rewritten.map_err(|error| StoreError::io(format!("refreshing {name}"), error))
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

#[derive(PartialEq, Eq)]
enum Belonging {
    NoFile,
    Unstated,
    Ours,
    Anothers,
}

/// What an append did.
enum Wrote {
    /// Lines at the end.
    Lines,
    /// The file was new or empty; it now begins with metadata.
    WholeFile,
    /// Nothing: the file would pass [`MAX_SESSION_BYTES`].
    Nothing,
}

fn head_of(path: &Path) -> io::Result<Option<Head>> {
    found(File::open(path).and_then(|file| head::read(&file)))
}

/// Adds whole lines at the end of an existing file, in one write. A last line that was torn gets its end
/// first, so that it stays by itself. A write that fails halfway is taken back where possible.
fn append_to(path: &Path, lines: &str, fresh: &str) -> io::Result<Wrote> {
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
    let len = file.metadata()?.len();
    if len == 0 {
        file.write_all(fresh.as_bytes()).inspect_err(|_| drop(file.set_len(0)))?;
        return Ok(Wrote::WholeFile);
    }
    let separator = if tail::ends_with_line_end(&file, len)? { "" } else { "\n" };
    let text = format!("{separator}{lines}");
    if len + text.len() as u64 > MAX_SESSION_BYTES {
        return Ok(Wrote::Nothing);
    }
    file.write_all(text.as_bytes()).inspect_err(|_| drop(file.set_len(len)))?;
    Ok(Wrote::Lines)
}
