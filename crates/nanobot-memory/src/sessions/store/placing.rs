//! How lines get into a session's file, and onto the disk.
//!
//! The first lines for a file without owner replace it once by one that names the owner, every byte behind its first
//! line as it was; from then on lines are one write at the end and nothing else. What of them has to be written says
//! `plan.rs`: after a crash that may be all, a part or nothing.

use std::fs::File;
use std::io::{self, Write};

use nanobot_core::ids::SessionKey;
use nanobot_core::intent::SessionAppend;
use nanobot_core::ports::{Found, Placed, SessionWrite, StoreError, StoreErrorKind};
use nanobot_core::time::{civil, iso_local};

use super::{MAX_SESSION_BYTES, Store};
use crate::disk::{self, found};
use crate::sessions::body::Body;
use crate::sessions::head::{self, Rest};
use crate::sessions::line;
use crate::sessions::located::{Counting, Located, locate};
use crate::sessions::names::file_name;
use crate::sessions::plan::{Plan, plan};
use crate::sessions::slots::{OnDisk, Slot, Used, lock};
use crate::sessions::split::MAX_LINE_BYTES;

/// How often lines look again for their file when it came, went or changed its owner in the meantime.
const MAX_ATTEMPTS: usize = 4;

/// The lines as they are written.
pub(crate) fn render(append: &SessionAppend) -> Result<String, StoreError> {
    let mut text = String::new();
    for line in &append.lines {
        let line = line::message_line(line);
        if line.len() > MAX_LINE_BYTES {
            return Err(StoreError::new(StoreErrorKind::Limit, doing(&append.session)));
        }
        text.push_str(&line);
    }
    Ok(text)
}

fn doing(key: &SessionKey) -> String {
    format!("appending to session {key}")
}

impl Store {
    /// Sees to it that lines stand in their file. Their place counts from the end of its first line.
    pub(crate) fn place(&self, write: &SessionWrite, now: civil::DateTime) -> Result<Placed, StoreError> {
        let key = &write.append.session;
        if write.text.is_empty() {
            return Ok(Placed { end: self.end(key)?.offset, found: Found::All });
        }
        let updated = iso_local(write.append.lines.last().map_or(now, |last| last.at));
        let io_error = |error| StoreError::io(doing(key), error);
        let while_doing = || doing(key);
        self.with_slot(&file_name(key.as_str()), while_doing, |slot| {
            self.folders.create().map_err(io_error)?;
            for _ in 0..MAX_ATTEMPTS {
                let done = match locate(&self.folders, key).map_err(io_error)? {
                    Located::At(counting) => self.go_on(&counting, write, &updated, slot),
                    Located::Free(name) => self.begin(&name, write, now, &updated, slot),
                    Located::Nowhere => Ok(Wrote::TooMuch),
                };
                match done.map_err(io_error)? {
                    Wrote::All(placed) => return Ok(placed),
                    Wrote::TooMuch => return Err(StoreError::new(StoreErrorKind::Limit, doing(key))),
                    Wrote::Elsewhere => {}
                }
            }
            Err(StoreError::new(StoreErrorKind::Busy, doing(key)))
        })
    }

    /// Adds lines to an existing file, which belongs to the session or to nobody yet.
    fn go_on(
        &self,
        to: &Counting,
        write: &SessionWrite,
        updated: &str,
        slot: &mut Slot,
    ) -> io::Result<Wrote> {
        let key = &write.append.session;
        let main = self.folders.main(&to.name);
        if !to.is_main || to.head.owner.is_none() || !to.head.is_ended {
            if to.file.metadata()?.len() + write.text.len() as u64 > MAX_SESSION_BYTES {
                return Ok(Wrote::TooMuch);
            }
            if !to.is_main {
                self.folders.keep_older(&to.name)?;
            }
            let updated = to.head.updated_at.as_deref().unwrap_or(updated);
            if found(head::rewrite(&to.path, &main, Some(key), Some(updated), Rest::Kept))?.is_none() {
                return Ok(Wrote::Elsewhere);
            }
        }
        let Some(file) = found(disk::open_to_append(&main))? else {
            return Ok(Wrote::Elsewhere);
        };
        let done = add(file, write)?;
        if let Wrote::All(_) = done {
            let used = Used::written(slot.get(&to.name), key.clone(), Some(updated.to_owned()));
            slot.insert(to.name.clone(), used);
        }
        Ok(done)
    }

    /// Begins a file under a name that was free, in one step.
    fn begin(
        &self,
        name: &str,
        write: &SessionWrite,
        now: civil::DateTime,
        updated: &str,
        slot: &mut Slot,
    ) -> io::Result<Wrote> {
        let key = &write.append.session;
        let lines = write.text.strip_prefix('\n').unwrap_or(&write.text);
        let whole = line::first_line(key, now, updated) + lines;
        match disk::create_whole(&self.folders.main(name), whole.as_bytes()) {
            Ok(()) => {
                slot.insert(name.to_owned(), Used::written(None, key.clone(), None));
                Ok(Wrote::All(Placed { end: lines.len() as u64, found: Found::Nothing }))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Wrote::Elsewhere),
            Err(error) => Err(error),
        }
    }

    /// Waits until the disk has a session's file, and its name where that may be new.
    pub(crate) fn sync(&self, key: &SessionKey) -> Result<(), StoreError> {
        let slot = self.slots.known(&file_name(key.as_str()));
        let mut slot = slot.as_deref().map(lock);
        let mut used: Vec<&mut Used> =
            slot.iter_mut().flat_map(|slot| slot.values_mut()).filter(|used| used.owner == *key).collect();
        let sync = || -> io::Result<()> {
            let Located::At(Counting { file, head, is_main: true, .. }) = locate(&self.folders, key)? else {
                return Ok(());
            };
            if head.owner.as_deref() != Some(key.as_str()) {
                return Ok(());
            }
            file.sync_data()?;
            if used.is_empty() || used.iter().any(|used| used.disk == OnDisk::Nothing) {
                self.folders.sync()?;
            }
            Ok(())
        };
        sync().map_err(|error| StoreError::io(format!("bringing session {key} to the disk"), error))?;
        for used in &mut used {
            used.disk = OnDisk::All;
        }
        drop(used);
        if let Some(slot) = &mut slot {
            slot.retain(|_, used| used.is_pending() || used.behind.is_some());
        }
        Ok(())
    }
}

/// What became of lines.
enum Wrote {
    /// They stand there.
    All(Placed),
    /// Nothing: the file would pass [`MAX_SESSION_BYTES`], or there is no name left for it.
    TooMuch,
    /// Nothing: the file is gone, or another one that is not the session's.
    Elsewhere,
}

/// Adds to a file what is missing of the lines, in one write, if its first line names the session. A write that
/// fails halfway is taken back where possible; else the next time finds a part.
fn add(mut file: File, write: &SessionWrite) -> io::Result<Wrote> {
    let head = head::read(&file)?;
    if head.owner.as_deref() != Some(write.append.session.as_str()) || !head.is_ended {
        return Ok(Wrote::Elsewhere);
    }
    let body = Body::of(&file, head.rest)?;
    let end = body.len();
    let Plan { found, addition } = plan(&body, &write.text, write.offset)?;
    let len = head.rest + end;
    if !addition.is_empty() {
        if len + addition.len() as u64 > MAX_SESSION_BYTES {
            return Ok(Wrote::TooMuch);
        }
        file.write_all(&addition).inspect_err(|_| drop(file.set_len(len)))?;
    }
    Ok(Wrote::All(Placed { end: end + addition.len() as u64, found }))
}
