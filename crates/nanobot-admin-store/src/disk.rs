//! The elementary writes of which an act on policy files is made, as a trait: a test can so end an act before, after
//! and in the middle of each of them.
//!
//! Each write is on the disk when it returns. Which writes make an act, and in which order, is decided elsewhere.
//! Everything here blocks.

use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::fs::OFlags;

/// Writes to a disk.
pub(crate) trait Disk: Debug + Send + Sync {
    /// Creates a folder and its parents, readable by their owner only. Existing ones stay as they are.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// Creates a file with this content; one of that name that was left behind goes first. It is readable by its
    /// owner only, or has the mode and, as far as that is allowed, the owner of the file it will replace.
    fn create(&self, path: &Path, content: &[u8], like: Option<&Metadata>) -> io::Result<()>;

    /// Adds to the end of a file, which is created (0600) when it is missing.
    fn append(&self, path: &Path, content: &[u8]) -> io::Result<()>;

    /// Takes away what stands behind this length. A shorter or missing file stays as it is.
    fn cut(&self, path: &Path, len: u64) -> io::Result<()>;

    /// Puts a file into the place of another one of the same folder, in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file, if it is there.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let existing = folder.ancestors().find(|ancestor| ancestor.is_dir()).unwrap_or(Path::new("/"));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // Each new name lasts once the folder that holds it is on disk.
        folder.ancestors().skip(1).take_while(|ancestor| ancestor.starts_with(existing)).try_for_each(sync)
    }

    fn create(&self, path: &Path, content: &[u8], like: Option<&Metadata>) -> io::Result<()> {
        found(fs::remove_file(path))?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        if let Some(like) = like {
            // Only root may give files away; for everybody else the file is already theirs, or stays so.
            let _ = fchown(&file, Some(like.uid()), Some(like.gid()));
            file.set_permissions(Permissions::from_mode(like.mode() & 0o777))?;
        }
        file.write_all(content)?;
        file.sync_all()?;
        sync(folder_of(path))
    }

    fn append(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        let is_new = file.metadata()?.len() == 0;
        file.write_all(content)?;
        file.sync_all()?;
        if is_new { sync(folder_of(path)) } else { Ok(()) }
    }

    fn cut(&self, path: &Path, len: u64) -> io::Result<()> {
        let Some(file) = found(OpenOptions::new().write(true).open(path))? else { return Ok(()) };
        if file.metadata()?.len() <= len {
            return Ok(());
        }
        file.set_len(len)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        sync(folder_of(to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match found(fs::remove_file(path))? {
            Some(()) => sync(folder_of(path)),
            None => Ok(()),
        }
    }
}

/// What was found, or none when there is no such file.
pub(crate) fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The folder of a file, also of one that is named without a folder.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// A file's content and what the file system says of it, or none when there is no such file.
///
/// # Errors
/// `FileTooLarge` beyond the limit; whatever is no regular file is an error at once, since a pipe would wait for its
/// other end.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Option<(Vec<u8>, Metadata)>> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    match found(OpenOptions::new().read(true).custom_flags(flags).open(path))? {
        Some(file) => read_open(&file, limit).map(Some),
        None => Ok(None),
    }
}

/// The content of a file that is open, as [`read`].
pub(crate) fn read_open(file: &File, limit: u64) -> io::Result<(Vec<u8>, Metadata)> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut content = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok((content, metadata))
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
