//! The few file operations that every store here shares: private folders and files, and replacing a file in
//! one step. Blocking; callers run them on a blocking thread.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use nanobot_core::ports::StoreError;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::retry_on_intr;

/// What the names of temporary files begin with; the id of the process follows.
const TEMPORARY_PREFIX: &str = ".nanobot-";
/// What the names of temporary files end in.
const TEMPORARY_SUFFIX: &str = ".tmp";

/// Creates a folder and its parents, readable by their owner only. Existing ones stay as they are.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Creates a file that must not exist yet, readable by its owner only, with this content.
pub(crate) fn create_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(content);
    if written.is_err() {
        // A half-written file would stand in the way of the next attempt.
        let _ = fs::remove_file(path);
    }
    written
}

/// Creates a file that must not exist yet, in one step: whoever sees it sees all of its content. Its name lasts once
/// its folder is on disk too; that is not waited for.
pub(crate) fn create_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut temporary = temporary_beside(path)?;
    temporary.write_all(content)?;
    temporary.as_file().sync_all()?;
    temporary.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

/// Replaces `path` in one step by what `fill` writes: a private temporary file beside it, synced, renamed.
/// When anything fails, the old content stands.
pub(crate) fn replace(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut temporary = temporary_beside(path)?;
    fill(temporary.as_file_mut())?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    // The rename itself lasts once the folder is on disk too.
    sync_folder(folder_of(path))
}

/// Waits until the disk has the names in a folder.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A private temporary file in the folder of `path`.
fn temporary_beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(&own_prefix()).suffix(TEMPORARY_SUFFIX).tempfile_in(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// Removes the temporary files that another process left in a folder, at most `limit` at a time.
pub(crate) fn sweep(folder: &Path, limit: usize) -> io::Result<()> {
    for name in names_ending_in(folder, TEMPORARY_SUFFIX, limit)? {
        if name.starts_with(TEMPORARY_PREFIX) && !name.starts_with(&own_prefix()) {
            found(fs::remove_file(folder.join(name)))?;
        }
    }
    Ok(())
}

fn own_prefix() -> String {
    format!("{TEMPORARY_PREFIX}{}-", std::process::id())
}

/// Runs blocking work on a thread meant for it.
pub(crate) async fn blocking<T: Send + 'static>(
    doing: String,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(StoreError::backend(doing, error)),
    }
}

/// Opens a regular file for reading.
///
/// # Errors
/// Whatever else is there, a pipe, a device or a folder, is an error at once: opening waits for nobody.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    open_regular(path, OFlags::RDONLY)
}

/// Opens a regular file for reading and for adding to its end.
///
/// # Errors
/// As [`open_file`].
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    open_regular(path, OFlags::RDWR | OFlags::APPEND)
}

/// What was opened is looked at, not what the path said before. Without the first flag a pipe would wait for its
/// other end; without the second a terminal could become ours.
fn open_regular(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(retry_on_intr(|| open(path, flags, Mode::empty()))?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other(format!("{} is not a regular file", path.display())))
    }
}

/// The first `limit` bytes of a file, and one more if there are more; none when there is no such file.
pub(crate) fn read_at_most(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    found(open_file(path))?.map(|file| read_open_at_most(file, limit)).transpose()
}

/// The first `limit` bytes of an open file, and one more if there are more.
pub(crate) fn read_open_at_most(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(limit + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// The names of a folder's regular files that end in `suffix`, at most `limit` of them and one more if there
/// are more; none when there is no such folder.
pub(crate) fn names_ending_in(folder: &Path, suffix: &str, limit: usize) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in found(fs::read_dir(folder))?.into_iter().flatten() {
        // A name that is no text cannot come from a session key.
        if let Ok(name) = entry?.file_name().into_string()
            && name.ends_with(suffix)
            && fs::metadata(folder.join(&name)).is_ok_and(|found| found.is_file())
        {
            names.push(name);
        }
        if names.len() > limit {
            break;
        }
    }
    Ok(names)
}

/// None instead of an error when a thing is not there.
pub(crate) fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(thing) => Ok(Some(thing)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
