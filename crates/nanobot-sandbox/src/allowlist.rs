//! The mount allowlist: the file in which the owner of the machine says which of its folders a box may ever show.
//!
//! Reads, checks and says no, in the words of the original. It lies outside of configuration and policy on purpose,
//! so that whoever may change those cannot widen it. What is mounted is decided elsewhere; this only refuses.

mod json;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::links::{Links, resolve};

/// A larger file is no list that a person wrote.
const MAX_BYTES: u64 = 1 << 20;

/// What never appears in the path of a mount unless the file says otherwise (the original's list).
const DEFAULT_PATTERNS: [&str; 6] = [".ssh", ".aws", ".env", "id_rsa", "id_ed25519", "id_dsa"];

/// The rules of one allowlist file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allowlist {
    /// Absolute, links followed.
    roots: Vec<PathBuf>,
    patterns: Vec<String>,
}

/// Why nothing may be mounted, in the original's words. They hold paths, so they belong into no log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AllowlistError {
    #[error("Mount allowlist not found at {0}. Create it or disable exec isolation.")]
    Missing(String),
    #[error("Failed to parse allowlist file {path}: {why}")]
    Unreadable { path: String, why: String },
    #[error("Invalid allowlist format at {0}: expected object")]
    NoObject(String),
    #[error("Allowlist at {0} must define a non-empty allowedRoots array")]
    NoRoots(String),
    #[error("Allowlist at {0} has no valid allowedRoots entries")]
    NoValidRoots(String),
    #[error("Workspace path {path} blocked by allowlist pattern '{pattern}'")]
    Pattern { path: String, pattern: String },
    #[error("Workspace path {path} is outside allowedRoots ({roots})")]
    Outside { path: String, roots: String },
}

impl Allowlist {
    /// Reads the file. It is read anew for every command, so that mending it needs no restart; it is small. Blocks.
    pub(crate) fn read(path: &Path, home: Option<&Path>, links: &dyn Links) -> Result<Self, AllowlistError> {
        let shown = path.display().to_string();
        let unreadable = |why: String| AllowlistError::Unreadable { path: shown.clone(), why };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(AllowlistError::Missing(shown));
            }
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let kind = file.metadata().map_err(|error| unreadable(error.to_string()))?;
        if !kind.is_file() {
            return Err(unreadable("it is no regular file".to_owned()));
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(unreadable(format!("it is larger than {MAX_BYTES} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
        Self::parse(&text, &shown, home, links)
    }

    /// Makes the rules of a text; `shown` is the file's path for the messages.
    pub(crate) fn parse(
        text: &str,
        shown: &str,
        home: Option<&Path>,
        links: &dyn Links,
    ) -> Result<Self, AllowlistError> {
        let document: Value = serde_json::from_str(text).map_err(|error| AllowlistError::Unreadable {
            path: shown.to_owned(),
            why: json::explain(text).unwrap_or_else(|| error.to_string()),
        })?;
        let Value::Object(document) = document else {
            return Err(AllowlistError::NoObject(shown.to_owned()));
        };
        let named = match document.get("allowedRoots") {
            Some(Value::Array(named)) if !named.is_empty() => named,
            _ => return Err(AllowlistError::NoRoots(shown.to_owned())),
        };
        let roots: Vec<PathBuf> = filled(named).filter_map(|root| expand(root, home, links)).collect();
        if roots.is_empty() {
            return Err(AllowlistError::NoValidRoots(shown.to_owned()));
        }
        let patterns = match document.get("blockedHostPatterns") {
            Some(Value::Array(patterns)) => filled(patterns).map(str::to_owned).collect(),
            _ => DEFAULT_PATTERNS.map(str::to_owned).to_vec(),
        };
        Ok(Self { roots, patterns })
    }

    /// Lets a path through that lies in a root and holds no blocked pattern. It must be absolute, links followed.
    pub(crate) fn check(&self, path: &Path) -> Result<(), AllowlistError> {
        let shown = path.display().to_string();
        let lowered = shown.to_lowercase();
        if let Some(pattern) = self.patterns.iter().find(|pattern| lowered.contains(&pattern.to_lowercase()))
        {
            return Err(AllowlistError::Pattern { path: shown, pattern: pattern.clone() });
        }
        if self.roots.iter().any(|root| path.starts_with(root)) {
            return Ok(());
        }
        let roots: Vec<String> = self.roots.iter().map(|root| root.display().to_string()).collect();
        Err(AllowlistError::Outside { path: shown, roots: roots.join(", ") })
    }
}

/// The texts of a list that are not blank; everything else in it is passed over.
fn filled(list: &[Value]) -> impl Iterator<Item = &str> {
    list.iter().filter_map(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// A root as it is written, made absolute with its links followed. Relative ones count not: a daemon has no folder of
/// its own that a person could mean.
fn expand(root: &str, home: Option<&Path>, links: &dyn Links) -> Option<PathBuf> {
    let path = match root.strip_prefix('~') {
        Some("") => home?.to_owned(),
        Some(rest) if rest.starts_with('/') => home?.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(root),
    };
    resolve(&path, links)
}
