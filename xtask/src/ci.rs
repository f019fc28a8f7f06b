//! `cargo xtask ci`: the whole gate, the same at home as on the server.
//!
//! Every stage runs even when an earlier one failed, the quick ones first. What a stage checks is told where
//! it lives; this file only lists, times and counts.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::progress::{Stopwatch, step};
use crate::{boundaries, output, process, test, tidy, tools};

/// One check of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Tidy,
    Boundaries,
    Fmt,
    Deny,
    Clippy,
    Docs,
    Test,
}

/// Whether known holes in dependencies are looked up; the database comes over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advisories {
    Skip,
    Check,
}

/// What to run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// In the order they run.
    pub(crate) stages: Vec<Stage>,
    pub(crate) advisories: Advisories,
}

impl Stage {
    /// In the order they run.
    pub(crate) const ALL: [Self; 7] =
        [Self::Tidy, Self::Boundaries, Self::Fmt, Self::Deny, Self::Clippy, Self::Docs, Self::Test];

    /// As written on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tidy => "tidy",
            Self::Boundaries => "boundaries",
            Self::Fmt => "fmt",
            Self::Deny => "deny",
            Self::Clippy => "clippy",
            Self::Docs => "docs",
            Self::Test => "test",
        }
    }
}

/// How a stage ended.
struct Ended {
    stage: Stage,
    elapsed: Duration,
    result: Result<()>,
}

/// Runs the stages, prints a table of times and a closing count, and fails when a stage did.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let ended: Vec<Ended> = options
        .stages
        .iter()
        .map(|&stage| {
            let stopwatch = Stopwatch::start();
            let result = step(stage.name(), || run_stage(stage, root, options.advisories));
            if let Err(error) = &result {
                eprintln!("xtask: {error:#}");
            }
            Ended { stage, elapsed: stopwatch.elapsed(), result }
        })
        .collect();
    output::print(&format!("\n{}", table(&ended)))?;
    match ended.iter().filter(|ended| ended.result.is_err()).count() {
        0 => Ok(()),
        failed => bail!("{failed} of {} stages failed", ended.len()),
    }
}

fn run_stage(stage: Stage, root: &Path, advisories: Advisories) -> Result<()> {
    match stage {
        Stage::Tidy => tidy::run(root),
        Stage::Boundaries => boundaries::run(root),
        Stage::Fmt => process::run(&mut process::cargo(&["fmt", "--all", "--check"], root)),
        Stage::Deny => deny(root, advisories),
        Stage::Clippy => clippy(root),
        Stage::Docs => docs(root),
        Stage::Test => test::run(root, &[]),
    }
}

/// The first stage that asks for a complete lock file.
fn deny(root: &Path, advisories: Advisories) -> Result<()> {
    tools::ensure(&tools::DENY, root)?;
    let mut deny = process::cargo(&["deny", "--locked", "check"], root);
    deny.args(["--hide-inclusion-graph", "bans", "licenses", "sources"]);
    if advisories == Advisories::Check {
        deny.arg("advisories");
    }
    process::run(&mut deny)
}

fn clippy(root: &Path) -> Result<()> {
    let clippy =
        ["clippy", "--workspace", "--all-targets", "--all-features", "--quiet", "--", "-D", "warnings"];
    process::run(&mut process::cargo(&clippy, root))
}

/// The public documentation: there a link to a private item is an error, as it would be dead for readers.
fn docs(root: &Path) -> Result<()> {
    let doc = ["doc", "--workspace", "--all-features", "--no-deps", "--quiet"];
    process::run(process::cargo(&doc, root).env("RUSTDOCFLAGS", "-D warnings"))
}

/// The closing line is in a form that test counters read.
fn table(ended: &[Ended]) -> String {
    let row = |Ended { stage, elapsed, result }: &Ended| {
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        format!("{:<12}{:>8.1} s  {verdict}\n", stage.name(), elapsed.as_secs_f64())
    };
    let rows: Vec<String> = ended.iter().map(row).collect();
    let failed = ended.iter().filter(|ended| ended.result.is_err()).count();
    format!("{}{} passed, {failed} failed\n", rows.concat(), ended.len() - failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_times_and_closes_with_a_count() {
        let ended = [
            Ended { stage: Stage::Tidy, elapsed: Duration::from_millis(120), result: Ok(()) },
            Ended {
                stage: Stage::Clippy,
                elapsed: Duration::from_secs(75),
                result: Err(anyhow::anyhow!("no")),
            },
        ];
        let expected = "tidy             0.1 s  ok\nclippy          75.0 s  FAILED\n1 passed, 1 failed\n";
        assert_eq!(table(&ended), expected);
    }
}
