//! One daemon per home: an advisory lock on a file, held while the process lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The lock of a home. Dropping it, or dying, gives the home free.
#[derive(Debug)]
pub struct HomeLock {
    _file: File,
}

/// Why a home could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error("home {home} is in use by process {pid}; stop it first, or talk to it with nanobot-cli")]
    Held {
        /// The home.
        home: PathBuf,
        /// The process, as the file says.
        pid: String,
    },
    /// The lock file could not be made.
    #[error("cannot lock home {home}")]
    Io {
        /// The home.
        home: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl HomeLock {
    /// Takes the lock, making the file (0600) and its folder (0700) when they are missing. Does not wait.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(home: &Path, file: &Path) -> Result<Self, LockError> {
        let io = |source| LockError::Io { home: home.to_owned(), source };
        if let Some(folder) = file.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        }
        let mut held = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(file)
            .map_err(io)?;
        match held.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = held.read_to_string(&mut pid);
                return Err(LockError::Held { home: home.to_owned(), pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        held.set_len(0).and_then(|()| held.rewind()).map_err(io)?;
        writeln!(held, "{}", std::process::id()).map_err(io)?;
        Ok(Self { _file: held })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_has_one_holder_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("var/run/nanobotd.lock");
        let first = HomeLock::take(home.path(), &file).unwrap();
        let second = HomeLock::take(home.path(), &file).unwrap_err();
        assert!(second.to_string().contains(&std::process::id().to_string()));
        drop(first);
        assert!(HomeLock::take(home.path(), &file).is_ok());
    }
}
