//! The two folders that sessions may lie in: `<home>/sessions`, which is written, and `<home>/data/sessions`,
//! where the original's layout migration moved old ones; and the copies of files that were replaced.
//!
//! It knows names and places, not keys and not what is in a file; which of two files counts is said in
//! `located.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::names::{EXTENSION, is_older_name, older_name};
use crate::disk::{self, found};

/// How many session files a listing or a start looks at, per folder.
pub const MAX_LISTED_FILES: usize = 100_000;

/// How many copies of replaced files are kept of one session. The last one gives way to a new one then; each
/// takes a file without owner that somebody put in the place of ours, so usually there is at most one.
const MAX_OLDER: u32 = 1000;

/// The folders of one home.
#[derive(Debug)]
pub(crate) struct Folders {
    home: PathBuf,
    main: PathBuf,
    former: PathBuf,
}

impl Folders {
    pub(crate) fn new(home: &Path) -> Self {
        let (main, former) = (home.join("sessions"), home.join("data").join("sessions"));
        Self { home: home.to_owned(), main, former }
    }

    /// Where a file of this name is written.
    pub(crate) fn main(&self, name: &str) -> PathBuf {
        self.main.join(name)
    }

    /// Where a file of this name may lie since the migration.
    pub(crate) fn former(&self, name: &str) -> PathBuf {
        self.former.join(name)
    }

    /// Creates both folders. The second one is never written; but while it exists, the original's migration
    /// leaves the first one where it is.
    pub(crate) fn create(&self) -> io::Result<()> {
        disk::create_folder(&self.main)?;
        disk::create_folder(&self.former)
    }

    /// Puts the file of this name that is about to be replaced aside, as `<name>.older` or the first free one
    /// of `<name>.older-2` and so on.
    pub(crate) fn keep_older(&self, name: &str) -> io::Result<()> {
        let mut aside = self.main(&older_name(name, 1));
        for number in 2..=MAX_OLDER {
            if !aside.try_exists()? {
                break;
            }
            aside = self.main(&older_name(name, number));
        }
        found(fs::rename(self.main(name), aside)).map(drop)
    }

    /// Removes every copy that [`keep_older`](Self::keep_older) made of a name.
    pub(crate) fn remove_older(&self, name: &str) -> io::Result<()> {
        for entry in found(fs::read_dir(&self.main))?.into_iter().flatten() {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(|other| is_older_name(name, other)) {
                found(fs::remove_file(entry.path()))?;
            }
        }
        Ok(())
    }

    /// Waits until the disk has the names in the folder that is written, and the folder's own.
    pub(crate) fn sync(&self) -> io::Result<()> {
        disk::sync_folder(&self.main)?;
        disk::sync_folder(&self.home)
    }

    /// Removes temporary files that a crash left behind.
    pub(crate) fn sweep(&self) -> io::Result<()> {
        disk::sweep(&self.main, MAX_LISTED_FILES)?;
        disk::sweep(&self.former, MAX_LISTED_FILES)
    }

    /// The names of all session files in both folders, sorted; at most [`MAX_LISTED_FILES`] of each folder, and
    /// one more if there are more.
    pub(crate) fn names(&self) -> io::Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for folder in [&self.main, &self.former] {
            names.extend(disk::names_ending_in(folder, EXTENSION, MAX_LISTED_FILES)?);
        }
        Ok(names)
    }
}
