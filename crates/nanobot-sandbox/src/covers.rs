//! Looks into a box from outside: whether what must be covered is, and what must be held in its place.
//!
//! It trusts nothing in the box, and no path: a cover counts only on the very folder in which the entry was found, held
//! open while it is asked. So a folder that was swapped for another between the find and the mount does not pass.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, ResolveFlags, StatxAttributes, StatxFlags, openat, openat2, statx,
};
use rustix::io::Errno;

use crate::identity::Identity;
use crate::masks::{Found, Pinned};

/// Whether each of these is covered, or held in its place, in the box of this first process. Blocks.
///
/// # Errors
/// When the box cannot be looked into: it is gone, or `/proc` is not there.
pub(crate) fn all_lie(first: &OwnedFd, found: &[Found], pinned: &[Pinned]) -> io::Result<bool> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = openat(CWD, root_of(first)?, flags, Mode::empty())?;
    let pins = pinned.iter().map(|pin| lies(&root, &pin.target, pin.folder, Some(pin.is)));
    let covers = found.iter().map(|found| lies(&root, &found.mask.target, found.folder, None));
    for looked in pins.chain(covers) {
        match looked {
            Ok(true) => {}
            Ok(false) | Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Whether a mount lies there in this very folder, and shows what it must if that is known.
fn lies(root: &OwnedFd, target: &Path, within: Identity, shows: Option<Identity>) -> Result<bool, Errno> {
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else { return Ok(false) };
    let folder = Path::new(".").join(folder.strip_prefix("/").unwrap_or(folder));
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let folder = openat2(root, folder, flags, Mode::empty(), resolve)?;
    if Identity::of(&folder)? != within {
        return Ok(false);
    }
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    let entry = statx(&folder, Path::new(name), AtFlags::SYMLINK_NOFOLLOW, wanted)?;
    let is_mount = entry.stx_attributes.contains(StatxAttributes::MOUNT_ROOT);
    Ok(is_mount && shows.is_none_or(|shows| shows == Identity::from(entry)))
}

/// The root folder as a process sees it. The process is held, so that its number is not given to another one.
fn root_of(process: &OwnedFd) -> io::Result<PathBuf> {
    let told = fs::read_to_string(format!("/proc/self/fdinfo/{}", process.as_raw_fd()))?;
    let number = told.lines().find_map(|line| line.strip_prefix("Pid:")).map(str::trim);
    match number.and_then(|number| number.parse::<u32>().ok()) {
        Some(number) => Ok(PathBuf::from(format!("/proc/{number}/root"))),
        None => Err(io::Error::from(Errno::SRCH)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use rustix::process::{PidfdFlags, getpid, pidfd_open};

    use super::*;
    use crate::{Mask, MountKind};

    /// An entry of this machine, as if it had been found in this folder.
    fn found(target: &str, folder: &str) -> Found {
        let entry = Identity::of(File::open(target).unwrap()).unwrap();
        let folder = Identity::of(File::open(folder).unwrap()).unwrap();
        let mask = Mask { target: PathBuf::from(target), kind: MountKind::Folder };
        Found { mask, is: entry, folder }
    }

    fn lie(found: &[Found]) -> bool {
        all_lie(&pidfd_open(getpid(), PidfdFlags::empty()).unwrap(), found, &[]).unwrap()
    }

    #[test]
    fn what_has_a_mount_on_it_is_covered() {
        assert!(lie(&[]) && lie(&[found("/proc", "/")]));
        assert!(!lie(&[found("/proc", "/"), found("/usr", "/")]), "one that is not covered is enough");
    }

    #[test]
    fn a_cover_in_another_folder_of_the_same_name_counts_not() {
        assert!(!lie(&[found("/proc", "/usr")]));
    }

    #[test]
    fn a_folder_is_held_only_by_a_mount_that_shows_this_very_folder() {
        let of = |path: &str| Identity::of(File::open(path).unwrap()).unwrap();
        let lies = |target: &str, shows: &str| {
            let pin = Pinned { target: PathBuf::from(target), is: of(shows), folder: of("/") };
            all_lie(&pidfd_open(getpid(), PidfdFlags::empty()).unwrap(), &[], &[pin]).unwrap()
        };
        assert!(lies("/proc", "/proc"));
        assert!(!lies("/proc", "/usr") && !lies("/usr", "/usr"));
    }

    #[test]
    fn no_link_is_followed_to_a_cover() {
        let folder = tempfile::TempDir::new().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/", &link).unwrap();
        let through = link.join("proc").display().to_string();
        assert!(!lie(&[found(&through, "/")]));
    }
}
