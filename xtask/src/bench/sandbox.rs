//! `bench sandbox`: what a command in the box costs, beside a bare process that does the same: the first one of a
//! session, which starts the box, and those after it; with and without grants and masks.
//!
//! The aim: a command in a shell that is there takes at most 3 ms more than a bare process.

use std::path::Path;

use anyhow::Result;

use super::Effort;
use super::document::Row;
use super::lines::rows;
use crate::progress::step;
use crate::{metadata, process};

pub(super) fn measure(root: &Path, effort: Effort) -> Result<Vec<Row>> {
    step("building the program", || {
        let program = ["-p", "nanobot-tests", "--bin", "bench-sandbox"];
        process::run_on_stderr(process::cargo(&["build", "--release"], root).args(program))
    })?;
    let driver = metadata::read(root)?.programs("release").join("bench-sandbox");
    let effort = match effort {
        Effort::Quick => "quick",
        Effort::Full => "full",
    };
    step("commands", || rows(&process::stdout_of(process::command(&driver, root).arg(effort))?))
}
