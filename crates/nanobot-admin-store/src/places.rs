//! Where paths of a policy lead on this machine: home folders and symbolic links.
//!
//! It has the methods of the policy engine's view of the file system and does not know that engine; a program
//! plugs the two together. It expands no `~` and judges no path. Everything here blocks.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use nix::unistd::User;

/// The file system of this machine.
#[derive(Debug, Clone, Default)]
pub struct RealPlaces {
    /// The home folder that `~` means; none when there is none.
    pub home: Option<PathBuf>,
}

impl RealPlaces {
    /// The home folder that `~` means.
    pub fn home(&self) -> Option<PathBuf> {
        self.home.clone()
    }

    /// The home folder that `~user` means, as the system's user database says; none when there is no such user.
    pub fn home_of(&self, user: &str) -> Option<PathBuf> {
        User::from_name(user).ok().flatten().map(|user| user.dir)
    }

    /// An absolute path without `.`, `..` and symbolic links. What does not exist, or cannot be looked at, stays as
    /// it is written; so does a link that leads back to itself. A relative path counts from the root.
    ///
    /// A `..` behind a link leads to the parent of the link's target, as it does for the system.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        Walk::default().along(path)
    }
}

/// A walk along a path: what still lies ahead is a stack, since a link puts its target in front of the rest.
#[derive(Default)]
struct Walk {
    at: PathBuf,
    ahead: Vec<Step>,
    /// Where each link leads that was come across; none while the walk is still on its way there. It is what ends
    /// the walk: no link is followed twice.
    links: HashMap<PathBuf, Option<PathBuf>>,
}

enum Step {
    Up,
    Into(OsString),
    /// What was put in front for this link is walked: the walk stands where the link leads.
    Arrived(PathBuf),
}

impl Walk {
    fn along(mut self, path: &Path) -> PathBuf {
        self.at.push("/");
        self.put_in_front(path);
        while let Some(step) = self.ahead.pop() {
            match step {
                Step::Up => {
                    self.at.pop();
                }
                Step::Into(name) => {
                    let next = self.at.join(name);
                    self.enter(next);
                }
                Step::Arrived(link) => {
                    self.links.insert(link, Some(self.at.clone()));
                }
            }
        }
        self.at
    }

    fn enter(&mut self, next: PathBuf) {
        if let Some(known) = self.links.get(&next) {
            self.at = known.clone().unwrap_or(next);
        } else if let Ok(target) = fs::read_link(&next) {
            self.links.insert(next.clone(), None);
            self.ahead.push(Step::Arrived(next));
            if target.is_absolute() {
                self.at = PathBuf::from("/");
            }
            self.put_in_front(&target);
        } else {
            // No link, or nothing that can be looked at.
            self.at = next;
        }
    }

    fn put_in_front(&mut self, path: &Path) {
        let steps = path.components().rev().filter_map(|part| match part {
            Component::ParentDir => Some(Step::Up),
            Component::Normal(name) => Some(Step::Into(name.to_owned())),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        });
        self.ahead.extend(steps);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_as_far_as_the_path_exists_and_the_rest_is_lexical() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("deep/er")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        symlink(root.join("deep/er"), root.join("absolute")).unwrap();
        symlink("deep", root.join("relative")).unwrap();
        symlink("relative/er", root.join("twice")).unwrap();
        symlink("nowhere/at/all", root.join("dangling")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        symlink("pong/x", root.join("ping")).unwrap();
        symlink("ping/y", root.join("pong")).unwrap();
        for (written, resolved) in [
            ("", ""),
            ("deep/./er/../x", "deep/x"),
            ("absolute/x/../y", "deep/er/y"),
            ("absolute/../x", "deep/x"),
            ("relative/er", "deep/er"),
            ("twice/../../file", "file"),
            ("dangling/z", "nowhere/at/all/z"),
            ("none/../file", "file"),
            ("file/..", ""),
            ("file/x/y", "file/x/y"),
            ("loop/x", "loop/x"),
            ("relative/../relative/er", "deep/er"),
            // Each leads back to the other; the one that is met again stays as it is written.
            ("ping", "ping/y/x"),
        ] {
            let found = RealPlaces::default().resolve(&root.join(written));
            assert_eq!(found, root.join(resolved), "{written}");
        }
        assert_eq!(RealPlaces::default().resolve(Path::new("/../..//")), Path::new("/"));
    }

    #[test]
    fn a_tower_of_links_is_walked_once_each() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().canonicalize().unwrap();
        fs::create_dir(root.join("l0")).unwrap();
        for level in 1..=64 {
            // Followed one by one this is 2^64 steps.
            symlink(format!("l{0}/../l{0}", level - 1), root.join(format!("l{level}"))).unwrap();
        }
        assert_eq!(RealPlaces::default().resolve(&root.join("l64")), root.join("l0"));
    }

    #[test]
    fn a_users_home_comes_from_the_user_database() {
        let places = RealPlaces { home: Some(PathBuf::from("/home/me")) };
        assert_eq!(places.home(), Some(PathBuf::from("/home/me")));
        assert_eq!(places.home_of("root"), Some(PathBuf::from("/root")));
        assert_eq!(places.home_of("no-such-user"), None);
    }
}
