//! Opening what was allowed, beneath a handle: the folder that lets a file through is opened from `/` and the file
//! beneath it, and no link is followed on either way. The path has been resolved before, so a link that shows up now
//! was put there in between, and the call is refused.
//!
//! Linux only (`openat2`, Linux 5.6 or later). Hard links are not looked through: whoever may create one could read
//! the file anyway. Nothing here decides what may be touched.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use nanobot_core::ports::AllowedFile;
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, Stat, fstat, mkdirat, open, openat2};
use rustix::io::Errno;

/// So often the kernel may report that the tree changed under it before the path counts as busy.
const MAX_TRIES: usize = 16;

/// So many folders are made for one file. Nobody keeps notes deeper than this.
const MAX_NEW_FOLDERS: usize = 64;

/// Beneath the handle, and through no link at all, the kernel's own (`/proc/*/fd/*`) included.
const CONFINED: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

/// A handle that names a folder and reads nothing.
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Why a path was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It leads out of the folder that lets it through.
    Outside,
    /// Nothing is there.
    Missing,
    /// The permissions of the file system say no.
    Forbidden,
    /// It is no path, or one that cannot be resolved.
    Unusable,
    /// What is there has no content to read (a socket, a pipe, a device).
    NoContent,
    /// A file stands where a folder is needed.
    FileInTheWay,
    /// Somebody changed the folders on the way after it was decided.
    Changed,
    /// The disk or the quota is full.
    NoSpace,
    /// The file system failed.
    Failed(Errno),
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::XDEV => Self::Outside,
            Errno::NOENT | Errno::NOTDIR => Self::Missing,
            Errno::ACCESS | Errno::PERM => Self::Forbidden,
            Errno::INVAL | Errno::NAMETOOLONG => Self::Unusable,
            Errno::NXIO | Errno::NODEV | Errno::ISDIR => Self::NoContent,
            Errno::AGAIN | Errno::LOOP => Self::Changed,
            Errno::NOSPC | Errno::DQUOT => Self::NoSpace,
            other => Self::Failed(other),
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Errno::from_io_error(&error).unwrap_or(Errno::IO).into()
    }
}

impl Refusal {
    /// The refusal in words for the model, where the tool has no better ones. `path` as the model wrote it.
    pub(crate) fn told(self, path: &str, workspace: &Path) -> String {
        match self {
            Self::Outside => format!("Path {path} is outside allowed directory {}", workspace.display()),
            Self::Missing => format!("File not found: {path}"),
            Self::Forbidden => format!("Permission denied: {path}"),
            Self::Unusable => "The path cannot be resolved".to_owned(),
            Self::NoContent => format!("Not a file: {path}"),
            Self::FileInTheWay => format!("A file stands in the way of the folders of {path}"),
            Self::Changed => format!("The folders on the way to {path} keep changing; try again"),
            Self::NoSpace => format!("No space left to write {path}"),
            Self::Failed(errno) => {
                format!("The file system failed on {path}: {}", io::Error::from(errno).kind())
            }
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

/// A file that may be touched, as a way beneath an open folder.
#[derive(Debug)]
pub(crate) struct Place {
    /// The folder that lets it through; where that is one file, the folder in which it lies.
    folder: OwnedFd,
    way: PathBuf,
}

impl Place {
    /// Opens the folder of a decision.
    pub(crate) fn of(allowed: &AllowedFile) -> Result<Self, Refusal> {
        let root = allowed.root.as_path();
        let behind = allowed.path.strip_prefix(root).map_err(|_| Refusal::Outside)?;
        // What is let through by itself, the workspace as a folder included, is looked up in its own folder.
        let (folder, way) = match (behind == Path::new(""), root.parent(), root.file_name()) {
            (true, Some(parent), Some(name)) => (parent, Path::new(name)),
            _ => (root, behind),
        };
        let slash = open("/", FOLDER, Mode::empty())?;
        let below = folder.strip_prefix("/").map_err(|_| Refusal::Unusable)?;
        let folder = opened(&slash, below, FOLDER)?.handle;
        Ok(Self { folder, way: way.to_owned() })
    }

    /// Opens a regular file or a folder for reading. Anything else is looked at and left alone, because opening a
    /// pipe or a device does something; `NONBLOCK` and the second look cover a swap in between.
    pub(crate) fn open_for_reading(&self) -> Result<Opened, Refusal> {
        readable(self.look()?)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = opened(&self.folder, &self.way, flags)?;
        readable(opened.file_type())?;
        Ok(opened)
    }

    /// What lies there. Opens nothing for reading.
    pub(crate) fn look(&self) -> Result<FileType, Refusal> {
        Ok(opened(&self.folder, &self.way, OFlags::PATH | OFlags::CLOEXEC)?.file_type())
    }

    /// The folder in which the file lies, and its name there. Folders that lack are made, step by step, with the
    /// permissions that the process gives to new ones.
    pub(crate) fn make_parent(&self) -> Result<(OwnedFd, OsString), Refusal> {
        let name = self.way.file_name().ok_or(Refusal::NoContent)?;
        let parent = self.way.parent().unwrap_or(Path::new(""));
        if parent.components().count() > MAX_NEW_FOLDERS {
            return Err(Refusal::Unusable);
        }
        let mut folder = opened(&self.folder, Path::new("."), FOLDER)?.handle;
        for step in parent {
            folder = entered(&folder, step)?;
        }
        Ok((folder, name.to_owned()))
    }
}

/// Opens beneath a handle. An empty way is the folder itself.
pub(crate) fn opened(folder: impl AsFd, way: &Path, flags: OFlags) -> Result<Opened, Refusal> {
    let way = if way.as_os_str() == OsStr::new("") { Path::new(".") } else { way };
    for _ in 0..MAX_TRIES {
        match openat2(&folder, way, flags, Mode::empty(), CONFINED) {
            Ok(handle) => {
                let stat = fstat(&handle)?;
                return Ok(Opened { handle, stat });
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Err(Refusal::Changed)
}

/// One folder further, made where it lacks.
fn entered(folder: &OwnedFd, step: &OsStr) -> Result<OwnedFd, Refusal> {
    let enter = || match openat2(folder, step, FOLDER, Mode::empty(), CONFINED) {
        Err(Errno::NOTDIR) => Err(Refusal::FileInTheWay),
        other => other.map_err(Refusal::from),
    };
    match enter() {
        Err(Refusal::Missing) => match mkdirat(folder, step, Mode::RWXU | Mode::RWXG | Mode::RWXO) {
            Ok(()) | Err(Errno::EXIST) => enter(),
            Err(errno) => Err(errno.into()),
        },
        other => other,
    }
}

/// Whether the kernel can hold a path beneath a folder; answers with the folder's handle.
pub(crate) fn probe(folder: &Path) -> io::Result<OwnedFd> {
    let root = open(folder, FOLDER, Mode::empty())?;
    Ok(openat2(&root, ".", FOLDER, Mode::empty(), CONFINED)?)
}

fn readable(kind: FileType) -> Result<(), Refusal> {
    match kind {
        FileType::RegularFile | FileType::Directory => Ok(()),
        _ => Err(Refusal::NoContent),
    }
}
