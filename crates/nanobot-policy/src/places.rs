//! What a policy must know of the file system, as a trait, since this crate touches none.

use std::path::{Component, Path, PathBuf};

/// Where paths of a policy lead.
pub trait Places: Send + Sync {
    /// The home folder that `~` means; none when there is none.
    fn home(&self) -> Option<PathBuf>;

    /// The home folder that `~user` means.
    ///
    /// # Errors
    /// When there is no such user.
    fn home_of(&self, user: &str) -> Result<PathBuf, NoSuchUser>;

    /// An absolute path without `.`, `..` and symbolic links. What does not exist stays as it is written.
    fn resolve(&self, path: &Path) -> PathBuf;
}

/// A policy names the home of somebody who is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no user {0}")]
pub struct NoSuchUser(pub String);

/// A path as it is written, with `~` and `~user` in front as the folder that they mean.
///
/// # Errors
/// When there is no such user, or no home.
pub(crate) fn at_home(written: &str, places: &dyn Places) -> Result<PathBuf, NoSuchUser> {
    let Some(behind) = written.strip_prefix('~') else {
        return Ok(PathBuf::from(written));
    };
    let (user, rest) = behind.split_once('/').unwrap_or((behind, ""));
    let home = match user {
        "" => places.home().ok_or_else(|| NoSuchUser("~".to_owned()))?,
        user => places.home_of(user)?,
    };
    Ok(home.join(rest.trim_start_matches('/')))
}

/// A file system without links and with one user: for tests, and for looking at policies of other machines.
#[derive(Debug, Clone, Default)]
pub struct LexicalPlaces {
    /// The home folder of that user.
    pub home: Option<PathBuf>,
}

impl Places for LexicalPlaces {
    fn home(&self) -> Option<PathBuf> {
        self.home.clone()
    }

    fn home_of(&self, user: &str) -> Result<PathBuf, NoSuchUser> {
        Err(NoSuchUser(user.to_owned()))
    }

    fn resolve(&self, path: &Path) -> PathBuf {
        let mut resolved = PathBuf::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    resolved.pop();
                }
                part => resolved.push(part),
            }
        }
        resolved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_taken_away_and_the_root_stays() {
        let places = LexicalPlaces::default();
        for (written, resolved) in [("/a/./b/../c", "/a/c"), ("/../..", "/"), ("/a//b/", "/a/b")] {
            assert_eq!(places.resolve(Path::new(written)), Path::new(resolved), "{written}");
        }
    }
}
