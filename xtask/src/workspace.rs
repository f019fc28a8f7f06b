//! Where the workspace is.
//!
//! Looked for upwards from the current folder, so that a gate can be run on a copy of the tree.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The nearest folder at or above the current one whose `Cargo.toml` opens a workspace.
#[expect(clippy::disallowed_methods, reason = "a chore works on the workspace that it is called in")]
pub(crate) fn find_root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    match here.ancestors().find(|folder| is_root(folder)) {
        Some(root) => Ok(root.to_owned()),
        None => bail!("no Cargo.toml with a [workspace] at or above {}", here.display()),
    }
}

fn is_root(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml"))
        .is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == "[workspace]"))
}
