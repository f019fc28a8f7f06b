//! `cargo xtask bench NAME`: measures, always beside a baseline taken in the same run.
//!
//! This file knows the benches by name and prints what they measured. How a bench measures is its own
//! business; the form of the document is in `document`.

mod document;
mod folder;
mod lines;
mod machine;
mod percentile;
mod pipeline;
mod policy;
mod router;
mod sandbox;
mod security;
mod start;

use std::path::Path;

use anyhow::{Context, Result};

use document::{Document, Row};

use crate::{output, process};

/// How much time a bench may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Seconds: shows that the bench works; figures are rough.
    Quick,
    Full,
}

/// For people or for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Table,
    Json,
}

/// Something that can be measured. Its name tells it from the others.
#[derive(Debug)]
pub(crate) struct Bench {
    name: &'static str,
    measure: fn(&Path, Effort) -> Result<Vec<Row>>,
}

impl PartialEq for Bench {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Bench {}

const BENCHES: &[Bench] = &[
    Bench { name: "start", measure: start::measure },
    Bench { name: "pipeline", measure: pipeline::measure },
    Bench { name: "policy", measure: policy::measure },
    Bench { name: "security", measure: security::measure },
    Bench { name: "sandbox", measure: sandbox::measure },
    Bench { name: "router", measure: router::measure },
    Bench { name: "router-litellm", measure: router::measure_beside_litellm },
];

/// The bench called `name`.
///
/// # Errors
///
/// A sentence that lists the known ones.
pub(crate) fn find(name: &str) -> Result<&'static Bench, String> {
    let known: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
    let found = BENCHES.iter().find(|bench| bench.name == name);
    found.ok_or_else(|| format!("no bench `{name}`; known: {}", known.join(", ")))
}

/// Measures, and prints one document on stdout.
pub(crate) fn run(root: &Path, bench: &Bench, effort: Effort, form: Output) -> Result<()> {
    let rows = (bench.measure)(root, effort)?;
    let quick = if effort == Effort::Quick { " --quick" } else { "" };
    let document = Document {
        machine: machine::describe(),
        command: format!("cargo xtask bench {}{quick}", bench.name),
        git_revision: git_revision(root)?,
        rows,
    };
    output::print(&match form {
        Output::Table => document.to_table(),
        Output::Json => format!("{:#}\n", document.to_json()),
    })
}

/// The commit that is checked out, marked when files differ from it.
fn git_revision(root: &Path) -> Result<String> {
    let git = |args: &[&str]| process::stdout_of(process::command("git", root).args(args));
    let revision =
        git(&["rev-parse", "--short=12", "HEAD"]).context("a bench names the commit it measured")?;
    let changed = !git(&["status", "--porcelain"])?.is_empty();
    Ok(format!("{}{}", revision.trim(), if changed { "+changes" } else { "" }))
}
