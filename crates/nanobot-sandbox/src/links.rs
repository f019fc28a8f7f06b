//! Where a path leads once its links are followed, whether or not it exists.
//!
//! Says where, and nothing more: what is opened later is opened without following links, so that a swap in between
//! loses. The disk is behind [`Links`]; the walk itself is pure.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// So many links are followed in one path; the kernel's own figure.
const MAX_LINKS: usize = 40;

/// What the walk asks the file system.
pub(crate) trait Links {
    /// What this link says; none for everything that is no link or is not there.
    fn target(&self, path: &Path) -> Option<PathBuf>;
}

/// The links of this machine. Blocks on the file system for a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiskLinks;

impl Links for DiskLinks {
    fn target(&self, path: &Path) -> Option<PathBuf> {
        std::fs::read_link(path).ok()
    }
}

/// Follows the links of an absolute path. What does not exist is kept as it is written, `..` goes up from where the
/// links led to. None for a path that is not absolute or that runs in circles.
pub(crate) fn resolve(path: &Path, links: &dyn Links) -> Option<PathBuf> {
    if !path.is_absolute() {
        return None;
    }
    let mut done = PathBuf::from("/");
    let mut ahead: VecDeque<Step> = steps(path).collect();
    let mut followed = 0;
    while let Some(step) = ahead.pop_front() {
        match step {
            Step::Root => done = PathBuf::from("/"),
            Step::Up => {
                done.pop();
            }
            Step::Into(name) => {
                done.push(name);
                if let Some(target) = links.target(&done) {
                    followed += 1;
                    if followed > MAX_LINKS {
                        return None;
                    }
                    done.pop();
                    for step in steps(&target).collect::<Vec<_>>().into_iter().rev() {
                        ahead.push_front(step);
                    }
                }
            }
        }
    }
    Some(done)
}

enum Step {
    Root,
    Up,
    Into(OsString),
}

fn steps(path: &Path) -> impl Iterator<Item = Step> + '_ {
    path.components().filter_map(|part| match part {
        Component::Prefix(_) | Component::CurDir => None,
        Component::RootDir => Some(Step::Root),
        Component::ParentDir => Some(Step::Up),
        Component::Normal(name) => Some(Step::Into(name.to_owned())),
    })
}

/// Links that a test has written down.
#[cfg(test)]
pub(crate) struct WrittenLinks(pub(crate) Vec<(&'static str, &'static str)>);

#[cfg(test)]
impl Links for WrittenLinks {
    fn target(&self, path: &Path) -> Option<PathBuf> {
        self.0.iter().find(|(link, _)| Path::new(link) == path).map(|(_, target)| PathBuf::from(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(path: &str) -> Option<String> {
        let links = WrittenLinks(vec![
            ("/a/link", "/b"),
            ("/a/up", "../c/./d"),
            ("/b/again", "/a/link"),
            ("/o", "/o"),
        ]);
        resolve(Path::new(path), &links).map(|path| path.display().to_string())
    }

    #[test]
    fn links_are_followed_and_what_is_missing_is_kept() {
        for (path, expected) in [
            ("/", "/"),
            ("/a/link/x", "/b/x"),
            ("/a/up/x", "/c/d/x"),
            ("/b/again/no/such", "/b/no/such"),
            ("/a/link/../x", "/x"),
            ("/a/./b/../../..", "/"),
        ] {
            assert_eq!(end(path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_circle_and_a_relative_path_lead_nowhere() {
        assert_eq!((end("/o"), end("/o/x"), end("a")), (None, None, None));
    }
}
