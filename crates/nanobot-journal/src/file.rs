//! The journal's file before SQLite sees it: private, regular, writable. Blocking.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::retry_on_intr;

use crate::error::JournalError;

/// Sees to it that the folder exists (created with mode 0700; an existing one stays as it is) and that the file
/// does (mode 0600, which its `-wal` and `-shm` take over).
pub(crate) fn prepare(path: &Path) -> Result<(), JournalError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
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

/// What was opened is looked at, not what the path said before: a pipe must not wait for its other end.
fn open_private(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(retry_on_intr(|| open(path, flags, Mode::RUSR | Mode::WUSR))?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}
