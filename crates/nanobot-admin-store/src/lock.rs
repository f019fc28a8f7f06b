//! The lock that keeps two writers of the policy files apart: `flock` on a file that is only there for that.
//!
//! It ends with the handle, so also with the process. The original does not know it; the lock of the home keeps the
//! original and this one apart.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::ports::{StoreError, StoreErrorKind};

use crate::error::ChangeError;

/// How long to wait for another writer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) looks: u32,
    pub(crate) pause: Duration,
}

impl Wait {
    /// Five seconds in all. A change holds the lock for some milliseconds.
    pub(crate) const USUAL: Self = Self { looks: 1000, pause: Duration::from_millis(5) };
}

/// The lock's file, created (0600) when it is missing.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

/// Waits until nobody else holds the lock. It is held as long as the handle.
///
/// # Errors
/// `Busy` when the wait is over; else what `open` says.
pub(crate) async fn exclusive(
    wait: Wait,
    doing: &'static str,
    open: impl Fn() -> io::Result<File> + Send + Sync + 'static,
) -> Result<File, StoreError> {
    let open = Arc::new(open);
    for look in 0..wait.looks {
        if look > 0 {
            tokio::time::sleep(wait.pause).await;
        }
        let open = Arc::clone(&open);
        let tried = tokio::task::spawn_blocking(move || try_lock(open()?)).await;
        let tried = tried.map_err(|error| StoreError::backend(doing, error))?;
        if let Some(lock) = tried.map_err(|error| StoreError::io(doing, error))? {
            return Ok(lock);
        }
    }
    Err(StoreError {
        kind: StoreErrorKind::Busy,
        doing: doing.to_owned(),
        source: Some(Box::new(ChangeError::Locked)),
    })
}

fn try_lock(file: File) -> io::Result<Option<File>> {
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
