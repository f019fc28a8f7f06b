//! The file system of this machine as a policy sees it. What is a path and what may lie where is decided elsewhere.

use std::path::{Path, PathBuf};

use nanobot_admin_store::RealPlaces;
use nanobot_policy::{NoSuchUser, Places};

/// This machine.
#[derive(Debug, Clone)]
pub(super) struct ThisMachine(pub(super) RealPlaces);

impl ThisMachine {
    /// With the folder that `~` means.
    pub(super) fn new(home: Option<PathBuf>) -> Self {
        Self(RealPlaces { home })
    }
}

impl Places for ThisMachine {
    fn home(&self) -> Option<PathBuf> {
        self.0.home()
    }

    fn home_of(&self, user: &str) -> Result<PathBuf, NoSuchUser> {
        self.0.home_of(user).ok_or_else(|| NoSuchUser(user.to_owned()))
    }

    fn resolve(&self, path: &Path) -> PathBuf {
        self.0.resolve(path)
    }
}
