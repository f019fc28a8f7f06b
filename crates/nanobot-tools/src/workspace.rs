//! The workspace as a closed folder: paths are resolved by the kernel beneath an open handle, so that neither
//! `..` nor a symbolic link leads out, however fast somebody swaps the links.
//!
//! Linux only (`openat2`, Linux 5.6 or later). A symbolic link with an absolute target is always refused,
//! also when it points back inside. Hard links are not looked through: whoever may create one inside could
//! read the file anyway. Nothing here follows the user's `~`: paths are relative to the workspace, or absolute
//! inside it.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, Stat, fstat, open, openat2};
use rustix::io::Errno;

use crate::error::WorkspaceError;

/// Longest path that the kernel takes (`PATH_MAX`), in bytes.
const MAX_PATH_BYTES: usize = 4_096;

/// So often the kernel may report that the tree changed under it before the path counts as busy.
const MAX_TRIES: usize = 16;

/// Beneath the handle, and never through links of the kernel's own making (`/proc/*/fd/*`).
const CONFINED: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

/// An open workspace.
#[derive(Debug)]
pub struct WorkspaceFolder {
    root: OwnedFd,
    /// As it was configured.
    path: PathBuf,
    /// With all links resolved; absolute paths may begin with either.
    real_path: PathBuf,
}

/// Why a path was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It leads out of the workspace.
    Outside,
    /// Nothing is there.
    Missing,
    /// The permissions of the file system say no.
    Forbidden,
    /// It is no path, or one that cannot be resolved.
    Unusable,
    /// What is there has no content to read (a socket, a device without driver).
    NoContent,
    /// Somebody kept changing the folders on the way.
    Busy,
    /// The file system failed.
    Failed(Errno),
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::XDEV => Self::Outside,
            Errno::NOENT | Errno::NOTDIR => Self::Missing,
            Errno::ACCESS | Errno::PERM => Self::Forbidden,
            Errno::INVAL | Errno::LOOP | Errno::NAMETOOLONG => Self::Unusable,
            Errno::NXIO | Errno::NODEV => Self::NoContent,
            Errno::AGAIN => Self::Busy,
            other => Self::Failed(other),
        }
    }
}

/// Something that was opened, and what it was at that moment.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) handle: OwnedFd,
    pub(crate) stat: Stat,
}

impl Opened {
    pub(crate) fn file_type(&self) -> FileType {
        FileType::from_raw_mode(self.stat.st_mode)
    }

    /// Its size in bytes when it was opened.
    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.stat.st_size).unwrap_or(0)
    }
}

impl WorkspaceFolder {
    /// Opens the folder and checks that the kernel can confine paths to it. Blocks on the file system for a
    /// moment: meant for the start of a program. The folder stays the same one even when it is renamed later.
    ///
    /// # Errors
    /// [`WorkspaceError::Open`] when it is no folder that we may open, [`WorkspaceError::NoConfinement`] when
    /// the kernel is too old or forbids the call.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, WorkspaceError> {
        let path = path.into();
        let failed = |source: io::Error| WorkspaceError::Open { path: path.clone(), source };
        let real_path = path.canonicalize().map_err(failed)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = open(&real_path, flags, Mode::empty()).map_err(|error| failed(error.into()))?;
        openat2(&root, ".", flags, Mode::empty(), CONFINED)
            .map_err(|e| WorkspaceError::NoConfinement(e.into()))?;
        Ok(Self { root, path, real_path })
    }

    /// The folder as it was configured: what the model is told.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a regular file or a folder for reading. Anything else is looked at and left alone, because
    /// opening a pipe or a device does something; `NONBLOCK` and the second look cover a swap in between.
    pub(crate) fn open_for_reading(&self, path: &str) -> Result<Opened, Refusal> {
        let path = self.relative(path)?;
        readable(self.look_at(path)?)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = self.open_beneath(path, flags)?;
        readable(opened.file_type())?;
        Ok(opened)
    }

    /// What lies at a path, links followed inside the workspace. Opens nothing for reading.
    pub(crate) fn look_at(&self, path: &Path) -> Result<FileType, Refusal> {
        let opened = self.open_beneath(path, OFlags::PATH | OFlags::CLOEXEC)?;
        Ok(opened.file_type())
    }

    /// The part of a path beneath the workspace. It is cut off by whole components, so that a neighbour whose
    /// name begins with ours stays outside; where the rest leads is decided by the kernel.
    pub(crate) fn relative<'p>(&self, path: &'p str) -> Result<&'p Path, Refusal> {
        if path.len() >= MAX_PATH_BYTES || path.contains('\0') {
            return Err(Refusal::Unusable);
        }
        let path = Path::new(path);
        let relative = if path.is_absolute() {
            path.strip_prefix(&self.path)
                .or_else(|_| path.strip_prefix(&self.real_path))
                .map_err(|_| Refusal::Outside)?
        } else {
            path
        };
        let is_root = relative.as_os_str() == OsStr::new("");
        Ok(if is_root { Path::new(".") } else { relative })
    }

    fn open_beneath(&self, path: &Path, flags: OFlags) -> Result<Opened, Refusal> {
        for _ in 0..MAX_TRIES {
            match openat2(&self.root, path, flags, Mode::empty(), CONFINED) {
                Ok(handle) => {
                    let stat = fstat(&handle)?;
                    return Ok(Opened { handle, stat });
                }
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Err(Refusal::Busy)
    }
}

fn readable(kind: FileType) -> Result<(), Refusal> {
    match kind {
        FileType::RegularFile | FileType::Directory => Ok(()),
        _ => Err(Refusal::NoContent),
    }
}

impl Refusal {
    /// The refusal in words for the model, where the tool has no better ones. `path` as the model wrote it.
    pub(crate) fn told(self, path: &str, workspace: &WorkspaceFolder) -> String {
        match self {
            Self::Outside => {
                format!("Path {path} is outside allowed directory {}", workspace.path().display())
            }
            Self::Missing => format!("File not found: {path}"),
            Self::Forbidden => format!("Permission denied: {path}"),
            Self::Unusable => "The path cannot be resolved".to_owned(),
            Self::NoContent => format!("Not a file: {path}"),
            Self::Busy => format!("The folders on the way to {path} keep changing; try again"),
            Self::Failed(errno) => {
                format!("The file system failed on {path}: {}", io::Error::from(errno).kind())
            }
        }
    }
}

#[cfg(test)]
mod tests;
