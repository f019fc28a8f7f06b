//! The cargo subcommands that the gate needs beyond Rust itself.
//!
//! One that is there already is used as it is. A missing one is built from crates.io at the version named
//! here, without optimisation: that is minutes faster, and neither does heavy work of its own.

use std::path::Path;

use anyhow::Result;

use crate::process;
use crate::progress::step;

/// A subcommand of cargo that `cargo install` brings.
#[derive(Debug)]
pub(crate) struct Tool {
    subcommand: &'static str,
    package: &'static str,
    version: &'static str,
    features: &'static [&'static str],
}

/// Runs the tests. Without the feature that lets it replace itself.
pub(crate) const NEXTEST: Tool = Tool {
    subcommand: "nextest",
    package: "cargo-nextest",
    version: "0.9.143",
    features: &["--no-default-features", "--features", "default-no-update"],
};

/// Checks licences, sources and banned crates.
pub(crate) const DENY: Tool =
    Tool { subcommand: "deny", package: "cargo-deny", version: "0.20.2", features: &[] };

/// Installs `tool` into cargo's bin folder unless some version of it is there.
pub(crate) fn ensure(tool: &Tool, root: &Path) -> Result<()> {
    if process::succeeds(&mut process::cargo(&[tool.subcommand, "--version"], root)) {
        return Ok(());
    }
    step(&format!("building {} {} (once, minutes)", tool.package, tool.version), || {
        let install = ["install", "--locked", "--debug", tool.package, "--version", tool.version];
        process::run_on_stderr(process::cargo(&install, root).args(tool.features))
    })
}
