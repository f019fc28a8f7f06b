//! Which paths file tools may touch: the workspace, what is granted besides it, and what is blocked everywhere.
//!
//! Decides only. Whether a grant counts for the person who asks is said by the caller, links are followed through
//! [`Places`], and the sandbox mounts what [`FileRules::mounts`] lists.

mod mount;
#[cfg(test)]
mod tests;
mod wildcard;

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

pub use mount::Mount;
use wildcard::Wildcard;

use crate::places::Places;
use crate::schema::{FileAccess, GrantMode};

/// What a tool wants to do with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Read a file.
    Read,
    /// Create, change or remove one.
    Write,
    /// List a folder.
    List,
}

/// The rules of one policy, made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRules {
    workspace: PathBuf,
    /// Deepest path first, else in the order of the file.
    grants: Vec<Grant>,
    patterns: Vec<Pattern>,
    blocked: Vec<PathBuf>,
    is_owner_only: bool,
    is_audited: bool,
}

/// A path that may be touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed<'a> {
    /// Absolute, links followed.
    pub path: PathBuf,
    /// The workspace or the path of the grant: the path is it or lies below it.
    pub root: &'a Path,
    /// The id of the grant that let it through; none inside the workspace.
    pub grant: Option<&'a str>,
}

/// Why a path may not be touched. The words are the original's: the model gets them as the answer of its tool. They
/// hold the path, so they belong into no log but the audit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A blocked pattern matches it.
    #[error("Access to {name} is blocked by security policy")]
    Pattern {
        /// Its file name.
        name: String,
    },
    /// It is a blocked path, or lies below one.
    #[error("Access to {} is blocked by security policy", path.display())]
    Path {
        /// Absolute, links followed.
        path: PathBuf,
    },
    /// The deepest grant for it allows reading only.
    #[error("Grant {grant} allows read-only access; write to {path} is denied")]
    ReadOnly {
        /// The id of that grant.
        grant: String,
        /// As it was asked for.
        path: String,
    },
    /// Neither the workspace nor a grant holds it.
    #[error("Path {path} is outside allowed directory {}", workspace.display())]
    Outside {
        /// As it was asked for.
        path: String,
        /// Absolute, links followed.
        workspace: PathBuf,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    id: String,
    path: PathBuf,
    is_recursive: bool,
    is_read_only: bool,
}

impl Grant {
    /// One that does not reach down still holds what lies in it directly.
    fn holds(&self, path: &Path) -> bool {
        if self.is_recursive {
            path.starts_with(&self.path)
        } else {
            path == self.path || path.parent() == Some(&self.path)
        }
    }
}

/// A blocked pattern: a wildcard for the name and for the whole path and, unless it begins with `*`, a piece of the
/// path. So `env` also blocks `my.environment`, and an empty one everything; as in the original, since policies rely
/// on it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    wildcard: Wildcard,
    piece: Option<String>,
}

impl Pattern {
    fn new(pattern: &str) -> Self {
        let piece = (!pattern.starts_with('*')).then(|| pattern.to_owned());
        Self { wildcard: Wildcard::new(pattern), piece }
    }

    fn blocks(&self, name: &str, path: &str) -> bool {
        self.wildcard.matches(name)
            || self.wildcard.matches(path)
            || self.piece.as_ref().is_some_and(|piece| path.contains(piece))
    }
}

impl FileRules {
    /// Makes the rules ready. A policy without that part allows the workspace and nothing else.
    pub fn compile(file_access: Option<&FileAccess>, workspace: &Path, places: &dyn Places) -> Self {
        let absent = FileAccess::default();
        let FileAccess { grants, blocked_paths, blocked_patterns, owner_only, audit } =
            file_access.unwrap_or(&absent);
        let resolved = |path: &String| places.resolve(Path::new(path));
        let mut grants: Vec<Grant> = grants
            .iter()
            .map(|grant| Grant {
                id: grant.id.clone(),
                path: resolved(&grant.path),
                is_recursive: grant.recursive,
                is_read_only: grant.mode == GrantMode::Read,
            })
            .collect();
        grants.sort_by_key(|grant| Reverse(grant.path.components().count()));
        Self {
            workspace: places.resolve(workspace),
            grants,
            patterns: blocked_patterns.iter().map(|pattern| Pattern::new(pattern)).collect(),
            blocked: blocked_paths.iter().map(resolved).collect(),
            is_owner_only: *owner_only,
            is_audited: *audit,
        }
    }

    /// Whether anything outside the workspace is granted.
    pub fn has_grants(&self) -> bool {
        !self.grants.is_empty()
    }

    /// Whether grants count for owners alone.
    pub fn owner_only(&self) -> bool {
        self.is_owner_only
    }

    /// Whether uses of grants are written down.
    pub fn is_audited(&self) -> bool {
        self.is_audited
    }

    /// Whether the grants count for a turn of this person.
    pub fn grants_are_active(&self, is_owner: bool) -> bool {
        self.has_grants() && (is_owner || !self.is_owner_only)
    }

    /// The ids of the grants in the order in which they are asked: deepest path first, else as in the file.
    pub fn grant_order(&self) -> impl Iterator<Item = &str> {
        self.grants.iter().map(|grant| grant.id.as_str())
    }

    /// What the sandbox shows of the grants, in the same order. A mount knows nothing of blocked paths and patterns;
    /// who mounts it asks [`is_blocked`](Self::is_blocked) about what lies below.
    pub fn mounts(&self) -> Vec<Mount> {
        self.grants.iter().map(Mount::of).collect()
    }

    /// The workspace, links followed.
    pub fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// Whether a path, absolute and without links, is blocked for everybody.
    pub fn is_blocked(&self, path: &Path) -> bool {
        self.check_blocks(path).is_err()
    }

    /// Whether anything is blocked at all.
    pub fn blocks_anything(&self) -> bool {
        !self.patterns.is_empty() || !self.blocked.is_empty()
    }

    /// Decides about a path as a tool names it: absolute, below `~`, or relative to the workspace. It may not exist.
    ///
    /// What is blocked is blocked in the workspace, too. Of the grants the first one that holds the path decides, so
    /// that a deeper one for reading beats a wider one for writing.
    ///
    /// # Errors
    /// [`Refusal`], in the original's words.
    pub fn decide(
        &self,
        path: &str,
        operation: Operation,
        grants_are_active: bool,
        places: &dyn Places,
    ) -> Result<Allowed<'_>, Refusal> {
        let outside = || Refusal::Outside { path: path.to_owned(), workspace: self.workspace.clone() };
        // A home that nobody has lies nowhere.
        let resolved = places.resolve(&self.absolute(path, places).ok_or_else(outside)?);
        self.check_blocks(&resolved)?;
        if resolved.starts_with(&self.workspace) {
            return Ok(Allowed { path: resolved, root: &self.workspace, grant: None });
        }
        let grant = self.grants.iter().find(|grant| grants_are_active && grant.holds(&resolved));
        let grant = grant.ok_or_else(outside)?;
        match operation {
            Operation::Write if grant.is_read_only => {
                Err(Refusal::ReadOnly { grant: grant.id.clone(), path: path.to_owned() })
            }
            Operation::Read | Operation::List | Operation::Write => {
                Ok(Allowed { path: resolved, root: &grant.path, grant: Some(&grant.id) })
            }
        }
    }

    fn absolute(&self, path: &str, places: &dyn Places) -> Option<PathBuf> {
        let Some(behind) = path.strip_prefix('~') else {
            return Some(self.workspace.join(path));
        };
        let (user, rest) = behind.split_once('/').unwrap_or((behind, ""));
        let home = if user.is_empty() { places.home()? } else { places.home_of(user).ok()? };
        Some(home.join(rest.trim_start_matches('/')))
    }

    fn check_blocks(&self, path: &Path) -> Result<(), Refusal> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = path.to_string_lossy();
        if self.patterns.iter().any(|pattern| pattern.blocks(&name, &text)) {
            return Err(Refusal::Pattern { name: name.into_owned() });
        }
        if self.blocked.iter().any(|blocked| path.starts_with(blocked)) {
            return Err(Refusal::Path { path: path.to_owned() });
        }
        Ok(())
    }
}
