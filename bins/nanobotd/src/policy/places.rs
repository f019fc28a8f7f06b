//! The file system of this machine as a policy sees it.

use std::path::{Path, PathBuf};

use nanobot_admin_store::RealPlaces;
use nanobot_policy::{NoSuchUser, Places};

/// This machine.
#[derive(Debug, Clone)]
pub struct ThisMachine(RealPlaces);

impl ThisMachine {
    /// With the home folder of the user who runs nanobot.
    pub fn new(home: Option<PathBuf>) -> Self {
        Self(RealPlaces { home })
    }

    /// As those take it who read its files.
    pub fn real(&self) -> RealPlaces {
        self.0.clone()
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
