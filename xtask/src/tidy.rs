//! `cargo xtask tidy`: the house rules that can be read off the text.
//!
//! Works without compiling, in well under a second, so it can run before each commit. What needs types is
//! left to clippy, and crate edges to `boundaries`.

mod bans;
mod machine_paths;
mod manifests;
mod mentions;
mod purity;
mod rust_files;
mod source;
mod walk;

use std::path::Path;

use anyhow::Result;

use crate::finding::{Finding, report};
use source::Source;

/// Checks the workspace at `root`.
pub(crate) fn run(root: &Path) -> Result<()> {
    report("tidy", check(root)?)
}

fn check(root: &Path) -> Result<Vec<Finding>> {
    let files = walk::text_files(root)?;
    let mut findings = manifests::check(&files);
    findings.extend(bans::check(&files));
    for file in &files {
        findings.extend(machine_paths::check(file));
        if file.is_rust() {
            let source = Source::read(file);
            findings.extend(rust_files::check(&source));
            findings.extend(purity::check(&source));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests;
