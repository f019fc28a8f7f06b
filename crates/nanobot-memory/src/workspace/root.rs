//! Opening a file beneath the workspace so that nothing between looking and reading can be swapped: the kernel
//! resolves the path, links included, and what was opened is judged by its handle. Linux 5.6 or later.
//!
//! It judges what may be read, not what is said about the rest.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, open, openat2};
use rustix::io::Errno;

use crate::disk::found;

/// Below the folder, and over no link that the kernel itself makes up, such as `/proc/self/exe`.
const CONFINED: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

/// How often a path is resolved again when the folders on the way change in the meantime.
const MAX_TRIES: usize = 8;

/// An open workspace folder: the same one for all that is read, even when it is renamed.
pub(super) struct Root {
    folder: OwnedFd,
    path: PathBuf,
}

/// Why there is nothing to read.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Nothing of that name, or a link to nothing.
    Missing,
    /// A link that leads out of the folder.
    Leaves,
    /// Links that lead to each other.
    Circles,
    /// A folder, a pipe, a device or a socket.
    NoRegularFile,
    /// The file system failed.
    Failed(io::Error),
}

impl Root {
    /// Opens the folder; none when there is none.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = found(open(path, flags, Mode::empty()).map_err(io::Error::from))?;
        Ok(folder.map(|folder| Self { folder, path: path.to_owned() }))
    }

    /// Opens a regular file for reading. Never waits for the other end of a pipe.
    pub(super) fn file(&self, name: &Path) -> Result<File, Refusal> {
        match self.open_beneath(name) {
            // The kernel refuses every absolute link. One that stays inside is one path without links more.
            Err(Refusal::Leaves) => self.open_beneath(&self.without_links(name)?),
            done => done,
        }
    }

    /// Where a name leads, from the folder. Whatever happens between this and the opening, the kernel confines.
    fn without_links(&self, name: &Path) -> Result<PathBuf, Refusal> {
        let target = fs::canonicalize(self.path.join(name))?;
        let root = fs::canonicalize(&self.path)?;
        target.strip_prefix(root).map(Path::to_owned).map_err(|_| Refusal::Leaves)
    }

    fn open_beneath(&self, path: &Path) -> Result<File, Refusal> {
        // Opening a device does something, so it is looked at first; the second look covers a swap in between.
        self.opened(path, OFlags::PATH | OFlags::CLOEXEC)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        self.opened(path, flags).map(File::from)
    }

    fn opened(&self, path: &Path, flags: OFlags) -> Result<OwnedFd, Refusal> {
        for _ in 0..MAX_TRIES {
            match openat2(&self.folder, path, flags, Mode::empty(), CONFINED) {
                Ok(handle) => {
                    let kind = FileType::from_raw_mode(fstat(&handle).map_err(io::Error::from)?.st_mode);
                    return if kind == FileType::RegularFile {
                        Ok(handle)
                    } else {
                        Err(Refusal::NoRegularFile)
                    };
                }
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(errno) => return Err(io::Error::from(errno).into()),
            }
        }
        Err(Refusal::Failed(io::ErrorKind::ResourceBusy.into()))
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(Errno::NOENT) => Self::Missing,
            Some(Errno::XDEV) => Self::Leaves,
            Some(Errno::LOOP) => Self::Circles,
            // A socket cannot be opened at all.
            Some(Errno::NXIO) => Self::NoRegularFile,
            _ => Self::Failed(error),
        }
    }
}
