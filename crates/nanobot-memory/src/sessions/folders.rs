//! The two folders that sessions may lie in: `<home>/sessions`, which is written, and `<home>/data/sessions`,
//! where the original's layout migration moved old ones. Per file name the newer one counts.
//!
//! It knows names and places, not keys and not what is in a file.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::names::EXTENSION;
use crate::disk::{self, found};

/// How many session files a listing or a start looks at, per folder.
pub const MAX_LISTED_FILES: usize = 100_000;

/// The folders of one home.
#[derive(Debug)]
pub(crate) struct Folders {
    main: PathBuf,
    former: PathBuf,
}

/// Where the newest file of a name lies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the folder that is written.
    Main(PathBuf),
    /// Only, or newer, in the folder of the migration.
    Former(PathBuf),
}

impl Place {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Main(path) | Self::Former(path) => path,
        }
    }
}

impl Folders {
    pub(crate) fn new(home: &Path) -> Self {
        Self { main: home.join("sessions"), former: home.join("data").join("sessions") }
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

    /// The newer file of this name; of equally old ones the one in the folder that is written.
    pub(crate) fn newest(&self, name: &str) -> io::Result<Option<Place>> {
        let (main, former) = (self.main(name), self.former(name));
        Ok(match (modified(&main)?, modified(&former)?) {
            (None, None) => None,
            (Some(ours), Some(theirs)) if theirs > ours => Some(Place::Former(former)),
            (None, Some(_)) => Some(Place::Former(former)),
            (Some(_), _) => Some(Place::Main(main)),
        })
    }

    /// Makes sure that the newest file of this name lies in the folder that is written, copying it byte for
    /// byte. An older one that stands there is kept as `<name>.older`.
    pub(crate) fn bring_over(&self, name: &str) -> io::Result<()> {
        let Some(Place::Former(former)) = self.newest(name)? else { return Ok(()) };
        let main = self.main(name);
        if main.try_exists()? {
            fs::rename(&main, disk::free_older_name(&main)?)?;
        }
        let mut old = File::open(former)?;
        disk::replace(&main, |new| io::copy(&mut old, new).map(drop))
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

fn modified(path: &Path) -> io::Result<Option<SystemTime>> {
    found(fs::metadata(path).and_then(|about| about.modified()))
}
