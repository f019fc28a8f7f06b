//! What a box shows of the host: descriptors that were opened without following a link, and what is covered in them.
//!
//! It decides nothing about who may see what. A source stays what it was when it was opened, whatever its path
//! means later, so that a swap between a check and the mount loses.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};

use crate::error::StartError;

/// Where the workspace is in every box.
pub const WORKSPACE: &str = "/workspace";

/// What a box shows of the host besides its programs.
#[derive(Debug)]
pub struct Mounts {
    /// At `/workspace`, to be written.
    pub workspace: MountSource,
    /// Besides it.
    pub grants: Vec<GrantMount>,
    /// Held in their places in them: folders before those in them.
    pub pins: Vec<Pin>,
    /// Covered in them.
    pub masks: Vec<Mask>,
}

impl Mounts {
    /// Only a workspace.
    pub fn only(workspace: MountSource) -> Self {
        Self { workspace, grants: Vec::new(), pins: Vec::new(), masks: Vec::new() }
    }
}

/// A file or folder of the host, held open.
#[derive(Debug)]
pub struct MountSource {
    fd: OwnedFd,
    path: PathBuf,
    kind: MountKind,
}

/// A file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MountKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
}

/// A further file or folder.
#[derive(Debug)]
pub struct GrantMount {
    /// On the host.
    pub source: MountSource,
    /// In the box: below `/grants`.
    pub target: PathBuf,
    /// Nothing may be written there.
    pub is_read_only: bool,
}

/// A folder in the workspace or in a grant for writing that is mounted onto itself, so that nobody can rename it.
#[derive(Debug)]
pub struct Pin {
    /// On the host.
    pub source: MountSource,
    /// In the box: absolute, below `/workspace` or a grant, without links.
    pub target: PathBuf,
}

/// Something in the workspace or a grant that the box shows empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mask {
    /// In the box: absolute, below `/workspace` or a grant, without links.
    pub target: PathBuf,
    /// What it covers: a file becomes an empty one, a folder an empty folder, neither to be written.
    pub kind: MountKind,
}

impl MountSource {
    /// Opens an absolute path without following any link in it, and without going through one of `/proc`'s.
    ///
    /// # Errors
    /// [`StartError::Source`] if it is not there, has a link in it, or is neither a file nor a folder.
    pub fn open(path: &Path) -> Result<Self, StartError> {
        let failed =
            |source: rustix::io::Errno| StartError::Source { path: path.to_owned(), source: source.into() };
        if !path.is_absolute() {
            return Err(failed(rustix::io::Errno::INVAL));
        }
        let fd = openat2(
            CWD,
            path,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
        )
        .map_err(failed)?;
        Self::of(fd, path)
    }

    /// Takes a descriptor that was opened elsewhere; `path` is what it is called in errors.
    ///
    /// # Errors
    /// [`StartError::Source`] if it is neither a file nor a folder.
    pub fn of(fd: OwnedFd, path: &Path) -> Result<Self, StartError> {
        let failed =
            |source: rustix::io::Errno| StartError::Source { path: path.to_owned(), source: source.into() };
        let stat = fstat(&fd).map_err(failed)?;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => MountKind::Folder,
            FileType::RegularFile => MountKind::File,
            FileType::Symlink => return Err(failed(rustix::io::Errno::LOOP)),
            _ => return Err(failed(rustix::io::Errno::INVAL)),
        };
        Ok(Self { fd, path: path.to_owned(), kind })
    }

    /// What it was called when it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file or a folder.
    pub fn kind(&self) -> MountKind {
        self.kind
    }

    pub(crate) fn into_fd(self) -> OwnedFd {
        self.fd
    }
}

impl AsFd for MountSource {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
