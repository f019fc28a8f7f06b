//! The journal's file before SQLite sees it: private, regular, writable, or on a medium where nothing changes.
//! Blocking.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Access, Mode, OFlags, access, open};
use rustix::io::retry_on_intr;

use crate::error::JournalError;

/// Sees to it that the folder exists (created with mode 0700; an existing one stays as it is) and that the file
/// does (mode 0600, which its `-wal` and `-shm` take over).
pub(crate) fn prepare(path: &Path) -> Result<(), JournalError> {
    let folder = folder_of(path);
    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| JournalError::File { doing, path, source }
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed("creating the folder", folder))?;
    let file = open_private(path).map_err(failed("opening the journal", path))?;
    file.set_permissions(Permissions::from_mode(0o600))
        .map_err(failed("making private the journal", path))?;
    // The name of a new file lasts once the folder is on the disk.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("syncing the folder", folder))
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether nobody can change the journal while it is read: its folder cannot be written, so SQLite can put nothing
/// beside the file either, and what it would need for a running journal is not there.
pub(crate) fn is_still(path: &Path) -> bool {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        std::fs::metadata(name).map(|found| found.len()).ok()
    };
    let is_writable = access(folder_of(path), Access::WRITE_OK).is_ok();
    needs_nothing_beside(is_writable, beside("-wal"), beside("-shm"))
}

/// The decision, by the sizes of what stands beside the file. Both files together are what SQLite can work with, and
/// a log with something in it must not be passed over.
fn needs_nothing_beside(is_writable: bool, log: Option<u64>, memory: Option<u64>) -> bool {
    !is_writable && log.unwrap_or(0) == 0 && (log.is_none() || memory.is_none())
}

/// Does what blocks away from the tasks that must not wait.
pub(crate) async fn away<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// What was opened is looked at, not what the path said before: a pipe must not wait for its other end.
fn open_private(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(retry_on_intr(|| open(path, flags, Mode::RUSR | Mode::WUSR))?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_journal_that_nobody_can_write_is_read_without_its_companions() {
        assert!(needs_nothing_beside(false, None, None), "a closed journal on a medium that is only read");
        assert!(needs_nothing_beside(false, Some(0), None), "its log is empty");
        assert!(!needs_nothing_beside(false, Some(4_096), None), "committed words stand in the log");
        assert!(!needs_nothing_beside(false, Some(0), Some(32_768)), "SQLite can look itself");
        assert!(!needs_nothing_beside(true, None, None), "somebody may begin to write");
    }
}
