//! Finds what must be covered in a folder before a box shows it: blocked entries, and what a grant does not reach.
//!
//! Looks beneath descriptors only and follows no link: a link shows nothing that its target does not show, and the
//! target is covered where it lies. It decides nothing; what is blocked is said by [`FileAccess`]. Limits in entries,
//! depth and number keep the look cheap: a folder beyond them is refused, never shown in part.
//!
//! It is done before each command and holds for it. What the host puts into place while a command runs is seen by that
//! command and covered for the next.

mod pins;
#[cfg(test)]
mod tests;

use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nanobot_core::ports::FileAccess;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

pub(crate) use self::pins::Pinned;
use self::pins::{MAX_PINS, Pins, is_bound_to_place};
use crate::identity::Identity;
use crate::{Mask, MountKind, MountSource, Pin};

/// So many entries are looked at before a command, all folders together: about a tenth of a second.
const MAX_ENTRIES: usize = 100_000;

/// So deep is looked; each step holds a descriptor.
const MAX_DEPTH: usize = 64;

/// So many entries are covered: each is a mount, and an argument of bubblewrap's.
const MAX_MASKS: usize = 256;

/// Why a folder cannot be shown. The words are for the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MaskError {
    #[error("there are more than {MAX_ENTRIES} files to look at for blocked ones")]
    TooMany,
    #[error("folders lie more than {MAX_DEPTH} deep, too deep to look for blocked files")]
    TooDeep,
    #[error("more than {MAX_MASKS} entries are blocked, too many to cover")]
    TooManyMasks,
    #[error("more than {MAX_PINS} folders lie above blocked paths, too many to hold in their places")]
    TooManyPins,
    #[error("looking for blocked files took too long")]
    Stopped,
    #[error("{path} cannot be looked into for blocked files")]
    Look { path: String },
}

/// One folder or file that a box will show, with all that lies in it.
pub(crate) struct Tree<'a> {
    pub(crate) source: &'a MountSource,
    /// On the host: absolute, links followed.
    pub(crate) host: &'a Path,
    /// In the box.
    pub(crate) target: &'a Path,
    /// It is shown with the folders in it.
    pub(crate) is_recursive: bool,
    /// Commands may rename what lies in it.
    pub(crate) is_writable: bool,
    /// On the host: covered in here, whatever the rules say.
    pub(crate) covered: &'a [PathBuf],
}

/// The look at everything that one box will show.
pub(crate) struct Search<'a> {
    rules: &'a dyn FileAccess,
    /// Set by whoever no longer waits.
    stop: &'a AtomicBool,
    entries: usize,
    has_looked: bool,
    found: Vec<Found>,
    pins: Pins,
}

/// All that a look has found, sorted: folders come before what is in them.
#[derive(Debug)]
pub(crate) struct Finds {
    pub(crate) covered: Vec<Found>,
    pub(crate) pinned: Vec<Pinned>,
    /// The same folders, held open.
    pub(crate) pins: Vec<Pin>,
}

/// What must be covered. Which file it is counts too: a cover lies on the file, and is gone with it when the host
/// replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) mask: Mask,
    pub(crate) is: Identity,
    /// The folder in which it lies.
    pub(crate) folder: Identity,
}

/// Whether somebody may look into a folder, and whether something in it, however deep, is blocked because of its place.
enum Look {
    Done {
        holds_bound: bool,
    },
    /// The folder may not be read or passed through. Its owner in the box could change that, so it is covered whole.
    Denied,
}

impl<'a> Search<'a> {
    pub(crate) fn new(rules: &'a dyn FileAccess, stop: &'a AtomicBool) -> Self {
        Self { rules, stop, entries: 0, has_looked: false, found: Vec::new(), pins: Pins::default() }
    }

    /// Looks at one folder. A file has nothing in it; whether it may be shown itself is the caller's question.
    pub(crate) fn look(&mut self, shown: &Tree<'_>) -> Result<(), MaskError> {
        if shown.source.kind() == MountKind::File || self.is_all_open(shown) {
            return Ok(());
        }
        self.has_looked = true;
        let denied = || MaskError::Look { path: shown.host.display().to_string() };
        let folder = open(shown.source.as_fd(), c".").map_err(|_| denied())?;
        match self.folder(&folder, shown, shown.host, shown.target, 0)? {
            Look::Done { .. } => Ok(()),
            Look::Denied => Err(denied()),
        }
    }

    /// Whether anything had to be looked at: if not, nothing can have been missed.
    pub(crate) fn has_looked(&self) -> bool {
        self.has_looked
    }

    /// What is to be covered, and what is to be held in its place.
    pub(crate) fn finds(mut self) -> Finds {
        self.found.sort_by(|one, other| one.mask.cmp(&other.mask));
        let (pinned, pins) = self.pins.sorted();
        Finds { covered: self.found, pinned, pins }
    }

    /// Nothing in it could be in need of a cover, so that nobody needs to look.
    fn is_all_open(&self, shown: &Tree<'_>) -> bool {
        let is_near = |path: &PathBuf| path.starts_with(shown.host);
        shown.is_recursive && !self.rules.blocks_anything() && !shown.covered.iter().any(is_near)
    }

    fn folder(
        &mut self,
        folder: &OwnedFd,
        shown: &Tree<'_>,
        host: &Path,
        target: &Path,
        depth: usize,
    ) -> Result<Look, MaskError> {
        if depth > MAX_DEPTH {
            return Err(MaskError::TooDeep);
        }
        // A folder that can be read but not passed through shows names that cannot be covered one by one.
        if statat(folder, c".", AtFlags::empty()).is_err() {
            return Ok(Look::Denied);
        }
        let mut holds_bound = false;
        for (name, kind) in self.names(folder, host)? {
            let (host, target) = (host.join(as_path(&name)), target.join(as_path(&name)));
            let is_covered = self.rules.is_blocked(&host) || shown.covered.contains(&host);
            if is_covered && shown.is_writable && kind != FileType::Symlink {
                holds_bound |= is_bound_to_place(self.rules, shown.host, &host, depth);
            }
            let cover = match kind {
                FileType::Symlink => None,
                FileType::Directory if is_covered || !shown.is_recursive => Some(MountKind::Folder),
                FileType::Directory => {
                    let look = match open(folder.as_fd(), &name) {
                        Ok(inner) => {
                            let look = self.folder(&inner, shown, &host, &target, depth + 1)?;
                            if matches!(look, Look::Done { holds_bound: true }) {
                                self.pins.add(folder, &name, &inner, &host, target.clone())?;
                                holds_bound = true;
                            }
                            look
                        }
                        Err(Errno::ACCESS | Errno::PERM) => Look::Denied,
                        // Gone or replaced since it was listed. The look after the start finds what it is now.
                        Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Look::Done { holds_bound: false },
                        Err(_) => return Err(MaskError::Look { path: host.display().to_string() }),
                    };
                    matches!(look, Look::Denied).then_some(MountKind::Folder)
                }
                _ => is_covered.then_some(MountKind::File),
            };
            if let Some(kind) = cover {
                self.cover(folder, &name, target, kind)?;
            }
        }
        Ok(Look::Done { holds_bound })
    }

    fn names(&mut self, folder: &OwnedFd, host: &Path) -> Result<Vec<(CString, FileType)>, MaskError> {
        let failed = |_: Errno| MaskError::Look { path: host.display().to_string() };
        let mut names = Vec::new();
        for entry in Dir::read_from(folder).map_err(failed)? {
            if self.stop.load(Ordering::Relaxed) {
                return Err(MaskError::Stopped);
            }
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(MaskError::TooMany);
            }
            let kind = match entry.file_type() {
                FileType::Unknown => match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(_) => continue,
                },
                kind => kind,
            };
            names.push((name.to_owned(), kind));
        }
        Ok(names)
    }

    fn cover(
        &mut self,
        folder: &OwnedFd,
        name: &CStr,
        target: PathBuf,
        kind: MountKind,
    ) -> Result<(), MaskError> {
        if self.found.len() >= MAX_MASKS {
            return Err(MaskError::TooManyMasks);
        }
        let identities = Identity::at(folder, name).and_then(|is| Ok((is, Identity::of(folder)?)));
        match identities {
            Ok((is, folder)) => self.found.push(Found { mask: Mask { target, kind }, is, folder }),
            Err(Errno::NOENT) => {}
            Err(_) => return Err(MaskError::Look { path: target.display().to_string() }),
        }
        Ok(())
    }
}

/// Opens a folder by a single name, so that the way cannot lead out.
fn open(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    openat(parent, name, flags, Mode::empty())
}

fn as_path(name: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(name.to_bytes()))
}
