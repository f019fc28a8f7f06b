//! First lines of session files, brought up to date: those that are behind, and after a start those that the process
//! before left behind. No other byte changes. A file whose lines wait for the disk is left alone until it has them.

use std::io;
use std::path::Path;

use nanobot_core::ids::SessionKey;
use nanobot_core::ports::StoreError;

use super::Store;
use crate::disk::{self, found};
use crate::sessions::head::{self, Head, Rest};
use crate::sessions::located::head_at;
use crate::sessions::names::file_name;
use crate::sessions::slots::{Slot, Used, lock};
use crate::sessions::tail;

impl Store {
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

    /// Rewrites the first lines of a slot's files. What cannot be written stays in the slot, and so does what waits
    /// for the disk: lines that the journal has still come before what is said about them.
    pub(super) fn write_out(&self, slot: &mut Slot) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for (name, used) in std::mem::take(slot) {
            if used.is_pending() {
                slot.insert(name, used);
                continue;
            }
            let main = self.folders.main(&name);
            let write = || -> io::Result<()> {
                // Somebody may have put another file in its place.
                let is_its_own = |head: Head| head.owner.as_deref() == Some(used.owner.as_str());
                if used.behind.is_none() || !head_at(&main)?.is_some_and(is_its_own) {
                    return Ok(());
                }
                head::rewrite(&main, &main, Some(&used.owner), used.behind.as_deref(), Rest::Kept)
            };
            if let Err(error) = found(write()) {
                let doing = format!("refreshing session {}", used.owner);
                outcome = outcome.and(Err(StoreError::io(doing, error)));
                slot.insert(name, used);
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
            let recovered = self.with_slot(&slot_name, doing, |slot| {
                if slot.get(&name).is_some_and(Used::is_pending) {
                    return Ok(());
                }
                let recovered = found(bring_up_to_date(&main)).map(drop);
                recovered.map_err(|error| StoreError::io(format!("refreshing {name}"), error))
            });
            outcome = outcome.and(recovered);
        }
        outcome
    }
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
