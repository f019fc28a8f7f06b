//! Which file or folder it is, whatever its path: so that one that was replaced is told from the one before.
//!
//! Compares only. Some file systems give an inode number anew as soon as its file is gone, so the time of birth counts
//! too.

use std::ffi::CStr;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Statx, StatxFlags, statx};
use rustix::io::Errno;

/// A file or folder itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: (u32, u32),
    inode: u64,
    /// Seconds and nanoseconds: of its birth, or of its last change where the file system knows no births.
    since: (i64, u32),
}

impl Identity {
    /// Of an open file or folder.
    pub(crate) fn of(file: impl AsFd) -> Result<Self, Errno> {
        let flags = AtFlags::EMPTY_PATH | AtFlags::SYMLINK_NOFOLLOW;
        statx(file, c"", flags, StatxFlags::BASIC_STATS | StatxFlags::BTIME).map(Self::from)
    }

    /// Of an entry in an open folder; links are not followed.
    pub(crate) fn at(folder: impl AsFd, name: &CStr) -> Result<Self, Errno> {
        let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, wanted).map(Self::from)
    }
}

impl From<Statx> for Identity {
    fn from(stat: Statx) -> Self {
        let knows_births = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::BTIME);
        let since = if knows_births { stat.stx_btime } else { stat.stx_ctime };
        Self {
            device: (stat.stx_dev_major, stat.stx_dev_minor),
            inode: stat.stx_ino,
            since: (since.tv_sec, since.tv_nsec),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    #[test]
    fn a_file_is_itself_until_it_is_replaced() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("x");
        let seen = || Identity::of(File::open(&path).unwrap()).unwrap();
        fs::write(&path, "one").unwrap();
        let first = seen();
        fs::write(&path, "two").unwrap();
        assert_eq!(seen(), first, "what is in it is no matter");
        let opened = File::open(folder.path()).unwrap();
        assert_eq!(Identity::at(&opened, c"x").unwrap(), first);
        // Some file systems give the number of a file that is gone to the next one.
        for _ in 0..100 {
            fs::remove_file(&path).unwrap();
            fs::write(&path, "three").unwrap();
            assert_ne!(seen(), first);
        }
    }
}
