//! The file system of this machine as a policy sees it.

use std::path::{Path, PathBuf};

use nanobot_admin_store::RealPlaces;
use nanobot_policy::{NoSuchUser, Places};

/// This machine.
pub(crate) struct ThisMachine(RealPlaces);

impl ThisMachine {
    /// With the home folder of the user who runs nanobot.
    pub(crate) fn new(home: Option<PathBuf>) -> Self {
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
