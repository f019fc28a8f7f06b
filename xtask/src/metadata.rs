//! The part of `cargo metadata` that the gates look at.
//!
//! Read without dependencies: nothing is resolved, no network is asked, and a lock file is not needed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The workspace as cargo sees it.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) target_folder: PathBuf,
    pub(crate) packages: Vec<Package>,
}

impl Metadata {
    /// Where the programs of a profile are built (`release`, `debug`).
    pub(crate) fn programs(&self, profile: &str) -> PathBuf {
        self.target_folder.join(profile)
    }
}

/// A member of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Absolute.
    pub(crate) manifest: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as declared in a manifest.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Whether it is a folder of ours and no package from a registry.
    pub(crate) by_path: bool,
    /// Whether the features that are on by default are wanted too.
    pub(crate) default_features: bool,
    pub(crate) features: Vec<String>,
}

/// When a dependency is compiled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

/// Asks cargo about the workspace at `root`.
pub(crate) fn read(root: &Path) -> Result<Metadata> {
    let args = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    parse(&process::stdout_of(&mut process::cargo(&args, root))?)
}

/// Reads the JSON that `cargo metadata` prints.
pub(crate) fn parse(json: &str) -> Result<Metadata> {
    let document: Value = serde_json::from_str(json).context("cargo metadata printed no JSON")?;
    Ok(Metadata {
        target_folder: text(&document, "target_directory")?.into(),
        packages: list(&document, "packages")?.iter().map(package).collect::<Result<_>>()?,
    })
}

fn package(value: &Value) -> Result<Package> {
    Ok(Package {
        name: text(value, "name")?,
        manifest: text(value, "manifest_path")?.into(),
        dependencies: list(value, "dependencies")?.iter().map(dependency).collect::<Result<_>>()?,
    })
}

fn dependency(value: &Value) -> Result<Dependency> {
    let kind = match value.get("kind").and_then(Value::as_str) {
        None => Kind::Normal,
        Some("build") => Kind::Build,
        Some("dev") => Kind::Dev,
        Some(other) => anyhow::bail!("cargo metadata names an unknown kind of dependency: {other}"),
    };
    Ok(Dependency {
        name: text(value, "name")?,
        kind,
        by_path: value.get("path").is_some_and(Value::is_string),
        default_features: value.get("uses_default_features").and_then(Value::as_bool) != Some(false),
        features: list(value, "features")?.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

fn text(value: &Value, key: &str) -> Result<String> {
    let text = value.get(key).and_then(Value::as_str);
    Ok(text.with_context(|| format!("cargo metadata has no text under `{key}`"))?.to_owned())
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value
        .get(key)
        .and_then(Value::as_array)
        .with_context(|| format!("cargo metadata has no list under `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_where_cargo_builds_them() {
        let metadata = parse(r#"{"target_directory": "/elsewhere", "packages": []}"#).unwrap();
        assert_eq!(metadata.programs("release"), Path::new("/elsewhere/release"));
    }
}
