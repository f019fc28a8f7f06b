//! A folder for everything that a run writes. It is gone when the run is over.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// How many names are tried: more runs than that are never left behind by a crash.
const NAMES: u32 = 1_000;

/// The folder; removed when dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A new one for a bench in the target folder: its disk is that of the checkout, and `git` does not look there.
    pub(super) fn make(target: &Path, bench: &str) -> Result<Self> {
        for number in 0..NAMES {
            let path = target.join(format!("bench-{bench}-{number}"));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("cannot make {}", path.display())),
            }
        }
        bail!("no free name for a folder in {}", target.display())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_side_by_side_have_a_folder_each_and_leave_none_behind() {
        let target = tempfile::tempdir().unwrap();
        let [one, two] = [(); 2].map(|()| Folder::make(target.path(), "pipeline").unwrap());
        assert!(one.path().is_dir() && two.path().is_dir());
        assert_ne!(one.path(), two.path());
        std::fs::write(one.path().join("journal.db"), "rows").unwrap();
        drop((one, two));
        assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 0);
    }
}
