//! The workspace as the only folder that tools may touch: the file access of a program without a policy.
//!
//! Nothing is granted besides it and nothing in it is blocked. It follows links as the file system stands and holds
//! nothing open; the tools open what it allowed without following any.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use nanobot_core::ports::{AllowedFile, FileAccess, FileGrant, FileOperation, FileRefusal};

use crate::beneath;
use crate::error::WorkspaceError;

/// So many links are followed on one path; the kernel's own limit.
const MAX_LINKS: usize = 40;

/// Allows the workspace and nothing else.
#[derive(Debug, Clone)]
pub struct WorkspaceOnly {
    /// Links followed.
    path: PathBuf,
}

impl WorkspaceOnly {
    /// For this folder. Blocks on the file system for a moment: meant for the start of a program.
    ///
    /// # Errors
    /// As [`check_workspace`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, WorkspaceError> {
        Ok(Self { path: check_workspace(path.as_ref())? })
    }

    /// For a folder that nobody has looked at.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn unchecked(path: PathBuf) -> Self {
        Self { path }
    }
}

/// The folder with its links followed, once it is certain that it can be opened and that the kernel can hold a path
/// beneath it. Blocks on the file system for a moment.
///
/// # Errors
/// [`WorkspaceError::Open`] when it is no folder that we may open, [`WorkspaceError::NoConfinement`] when the kernel
/// is too old or forbids the call.
pub fn check_workspace(path: &Path) -> Result<PathBuf, WorkspaceError> {
    let failed = |source| WorkspaceError::Open { path: path.to_owned(), source };
    let real = path.canonicalize().map_err(failed)?;
    if !real.is_dir() {
        return Err(failed(io::ErrorKind::NotADirectory.into()));
    }
    beneath::probe(&real).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound => failed(error),
        _ => WorkspaceError::NoConfinement(error),
    })?;
    Ok(real)
}

impl FileAccess for WorkspaceOnly {
    fn workspace(&self) -> PathBuf {
        self.path.clone()
    }

    fn decide(
        &self,
        path: &str,
        _operation: FileOperation,
        _is_owner: bool,
    ) -> Result<AllowedFile, FileRefusal> {
        let outside =
            || FileRefusal(format!("Path {path} is outside allowed directory {}", self.path.display()));
        // Whose home that is, nobody knows here.
        if path.starts_with('~') {
            return Err(outside());
        }
        let resolved = resolved(&self.path.join(path))
            .ok_or_else(|| FileRefusal("The path cannot be resolved".to_owned()))?;
        if !resolved.starts_with(&self.path) {
            return Err(outside());
        }
        Ok(AllowedFile { path: resolved, root: self.path.clone(), grant: None })
    }

    fn grants(&self, _is_owner: bool) -> Vec<FileGrant> {
        Vec::new()
    }

    fn is_blocked(&self, _path: &Path) -> bool {
        false
    }

    fn blocks_anything(&self) -> bool {
        false
    }
}

/// An absolute path with its links followed. What is not there is taken as it is written; none when links lead in
/// circles.
fn resolved(path: &Path) -> Option<PathBuf> {
    let mut ahead: VecDeque<OsString> = steps(path).collect();
    let mut reached = PathBuf::from("/");
    let mut links = 0;
    while let Some(step) = ahead.pop_front() {
        if step == ".." {
            reached.pop();
            continue;
        }
        let next = reached.join(&step);
        let Ok(target) = next.read_link() else {
            reached = next;
            continue;
        };
        links += 1;
        if links > MAX_LINKS {
            return None;
        }
        if target.is_absolute() {
            reached = PathBuf::from("/");
        }
        for step in steps(&target).collect::<Vec<_>>().into_iter().rev() {
            ahead.push_front(step);
        }
    }
    Some(reached)
}

fn steps(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

#[cfg(test)]
mod tests;
