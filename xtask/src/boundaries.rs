//! Which crate may depend on which: the table of `ARCHITECTURE.md` as a gate.
//!
//! Looks at what manifests declare, so it needs neither network nor a build. What code does inside a crate is
//! not seen here; `tidy` and clippy look at that.

mod rules;

use std::path::Path;

use anyhow::Result;

use crate::finding::{Finding, report};
use crate::metadata::{self, Dependency, Kind, Metadata, Package};
use rules::{Tier, tier_of};

/// Checks the workspace at `root`.
pub(crate) fn run(root: &Path) -> Result<()> {
    report("boundaries", check(root, &metadata::read(root)?))
}

/// Every declared dependency that the rules do not allow.
fn check(root: &Path, metadata: &Metadata) -> Vec<Finding> {
    metadata.packages.iter().flat_map(|package| check_package(root, package)).collect()
}

fn check_package(root: &Path, package: &Package) -> Vec<Finding> {
    let file = package.manifest.strip_prefix(root).unwrap_or(&package.manifest).display().to_string();
    let Some(tier) = tier_of(&package.name) else {
        let message = format!(
            "{} is in no tier: add it to xtask/src/boundaries/rules.rs and ARCHITECTURE.md",
            package.name
        );
        return vec![Finding::new(file, 1, message)];
    };
    package
        .dependencies
        .iter()
        .filter_map(|dependency| objection(package, tier, dependency))
        .map(|message| Finding::new(&file, 1, message))
        .collect()
}

fn objection(package: &Package, tier: Tier, dependency: &Dependency) -> Option<String> {
    let (from, to) = (&package.name, &dependency.name);
    if dependency.by_path {
        let Some(to_tier) = tier_of(to) else {
            return Some(format!(
                "{from} depends on {to}, which is in no tier: see xtask/src/boundaries/rules.rs"
            ));
        };
        // A crate's own tests see its `testing` feature by depending on itself.
        let is_self = from == to && dependency.kind == Kind::Dev;
        return (!is_self && !tier.may_depend_on(to_tier))
            .then(|| format!("{from} ({tier}) must not depend on {to} ({to_tier})"));
    }
    if tier == Tier::Core && dependency.kind != Kind::Dev { rules::core_objection(dependency) } else { None }
}

#[cfg(test)]
mod tests;
