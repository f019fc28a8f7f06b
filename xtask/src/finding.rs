//! What a gate found, one line each.
//!
//! A finding carries no severity: every one fails its gate.

use std::fmt;

use anyhow::{Result, bail};

use crate::output;

/// A place and what is wrong there, printed as `file:line: message`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Path below the root of the workspace, with forward slashes.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn new(file: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.into(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Prints the findings of `gate` in order, and fails when there is one.
pub(crate) fn report(gate: &str, mut findings: Vec<Finding>) -> Result<()> {
    findings.sort();
    let lines: Vec<String> = findings.iter().map(|finding| format!("{finding}\n")).collect();
    output::print(&lines.concat())?;
    match findings.len() {
        0 => Ok(()),
        1 => bail!("{gate}: 1 finding"),
        n => bail!("{gate}: {n} findings"),
    }
}
