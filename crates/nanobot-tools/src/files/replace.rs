//! Puts a whole text in the place of a file, so that nobody ever sees half of it: a new file beside it is written
//! and synced, then takes the name.
//!
//! The new file has the permissions of the old one and, where the process may give it away, its owner; further
//! attributes are lost, and other names of the old file (hard links) keep the old text.

use std::ffi::OsStr;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid, fchmod, fchown, fsync, openat, renameat, statat,
    unlinkat,
};
use rustix::io::Errno;

use crate::beneath::{Place, Refusal, opened};

/// What a file keeps of its permissions when its text is replaced; set-id bits go, as when anybody writes to it.
const KEPT_BITS: u32 = 0o777;

/// Replaces the file at a place. `key` names the call: what an interrupted try of the same call left beside the file
/// is cleared away. With `was`, the file must still be that one.
pub(super) fn replace(place: &Place, text: &str, key: &str, was: Option<&Stat>) -> Result<(), Refusal> {
    let (folder, name) = place.make_parent()?;
    let old = writable(&folder, &name)?;
    let beside = beside(key);
    clear(&folder, &beside)?;
    let done = written(&folder, &beside, text, old.as_ref()).and_then(|()| {
        if let Some(was) = was {
            unchanged(&folder, &name, was)?;
        }
        Ok(renameat(&folder, beside.as_str(), &folder, &name)?)
    });
    if let Err(refusal) = done {
        // It could not take its place. A rest that stays is cleared away with the next try.
        let _ = clear(&folder, &beside);
        return Err(refusal);
    }
    sync_folder(&folder);
    Ok(())
}

/// What stands there now: nothing, or a regular file that we could write to.
fn writable(folder: &OwnedFd, name: &OsStr) -> Result<Option<Stat>, Refusal> {
    let found = match opened(folder, Path::new(name), OFlags::PATH | OFlags::CLOEXEC) {
        Err(Refusal::Missing) => return Ok(None),
        other => other?,
    };
    if found.file_type() != FileType::RegularFile {
        return Err(Refusal::NoContent);
    }
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let found = opened(folder, Path::new(name), flags)?;
    if found.file_type() != FileType::RegularFile {
        return Err(Refusal::NoContent);
    }
    Ok(Some(found.stat))
}

/// Writes and syncs the new file.
fn written(folder: &OwnedFd, beside: &str, text: &str, old: Option<&Stat>) -> Result<(), Refusal> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // Nobody else reads it before it has the permissions of the old one.
    let mode = if old.is_some() { Mode::RUSR | Mode::WUSR } else { Mode::from_raw_mode(0o666) };
    let mut file = File::from(openat(folder, beside, flags, mode)?);
    file.write_all(text.as_bytes())?;
    if let Some(old) = old {
        let (owner, group) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
        // Only root can give a file away; everybody else keeps it.
        let _ = fchown(&file, Some(owner), Some(group));
        fchmod(&file, Mode::from_raw_mode(old.st_mode & KEPT_BITS))?;
    }
    file.sync_all()?;
    Ok(())
}

fn unchanged(folder: &OwnedFd, name: &OsStr, was: &Stat) -> Result<(), Refusal> {
    let now = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let mark = |stat: &Stat| (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
    if mark(&now) == mark(was) { Ok(()) } else { Err(Refusal::Changed) }
}

/// The name of the new file until it takes its place: the same for the same call.
pub(super) fn beside(key: &str) -> String {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    format!(".nanobot-{:016x}.tmp", hasher.finish())
}

fn clear(folder: &OwnedFd, beside: &str) -> Result<(), Refusal> {
    match unlinkat(folder, beside, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Makes the new name last. A folder that we may enter but not read cannot be synced; its file is there all the same.
fn sync_folder(folder: impl AsFd) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    if let Ok(folder) = opened(folder, Path::new("."), flags) {
        let _ = fsync(&folder.handle);
    }
}
