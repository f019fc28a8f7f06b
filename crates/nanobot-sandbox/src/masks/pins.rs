//! Which folders are held in their places: those above a cover whose entry is blocked because of where it lies.
//!
//! A command that renamed such a folder would take the entry out from under its rule, and the next command could read
//! it. A mount point cannot be renamed, so the folder is mounted onto itself. It decides nothing about what is blocked.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use nanobot_core::ports::FileAccess;
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use super::MaskError;
use crate::identity::Identity;
use crate::{MountSource, Pin};

/// So many folders are held: each is a mount, and takes one of the daemon's descriptors until its box has started.
pub(super) const MAX_PINS: usize = 64;

/// Names for a folder that no rule has in mind. They have no letter in common, so that no pattern fits both by chance.
const ODD: [&str; 2] = ["q", ".0 ~-zz"];

/// A folder that is held in its place, as far as two views can differ in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pinned {
    /// In the box.
    pub(crate) target: PathBuf,
    pub(crate) is: Identity,
    /// The folder in which it lies.
    pub(crate) folder: Identity,
}

/// The folders to be held so far.
#[derive(Default)]
pub(super) struct Pins {
    found: Vec<(Pinned, Pin)>,
}

impl Pins {
    /// Adds a folder that lies in another one under this name.
    pub(super) fn add(
        &mut self,
        parent: &OwnedFd,
        name: &CStr,
        inner: &OwnedFd,
        host: &Path,
        target: PathBuf,
    ) -> Result<(), MaskError> {
        if self.found.len() >= MAX_PINS {
            return Err(MaskError::TooManyPins);
        }
        let failed = || MaskError::Look { path: host.display().to_string() };
        let is = Identity::of(inner).map_err(|_| failed())?;
        match Identity::at(parent, name) {
            Ok(now) if now == is => {}
            // Moved since it was opened. The look after the start finds what is there now.
            Ok(_) | Err(Errno::NOENT) => return Ok(()),
            Err(_) => return Err(failed()),
        }
        let folder = Identity::of(parent).map_err(|_| failed())?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let held = openat(inner.as_fd(), c".", flags, Mode::empty()).map_err(|_| failed())?;
        let source = MountSource::of(held, host).map_err(|_| failed())?;
        self.found.push((Pinned { target: target.clone(), is, folder }, Pin { source, target }));
        Ok(())
    }

    /// Sorted, so that a folder comes before those in it.
    pub(super) fn sorted(mut self) -> (Vec<Pinned>, Vec<Pin>) {
        self.found.sort_by(|(one, _), (other, _)| one.target.cmp(&other.target));
        self.found.into_iter().unzip()
    }
}

/// Whether an entry that lies so many folders below the root of a tree is blocked only as long as these have their names
/// or their number.
pub(super) fn is_bound_to_place(rules: &dyn FileAccess, root: &Path, entry: &Path, depth: usize) -> bool {
    let Some(name) = entry.file_name() else { return false };
    let is_blocked_elsewhere = |odd: &str| {
        let mut folder = root.to_owned();
        (0..=depth).all(|_| {
            folder.push(odd);
            rules.is_blocked(&folder.join(name))
        })
    };
    depth > 0 && !ODD.into_iter().all(is_blocked_elsewhere)
}
