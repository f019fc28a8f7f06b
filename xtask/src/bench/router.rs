//! `bench router`: how much later an answer comes because the router stands before its provider: beside a direct call to
//! the same fake vendor and the bare client, streamed and whole, at 1, 100 and 1,000 requests a second.
//!
//! The aims for the router alone: under 150 us at p50, under 1 ms at p99. With a hard budget it adds a durable commit,
//! which is measured beside. `bench router-litellm` also puts LiteLLM's proxy before that vendor, and installs it first.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Effort;
use super::document::Row;
use super::folder::Folder;
use super::lines::rows;
use crate::progress::step;
use crate::{litellm, metadata, process};

pub(super) fn measure(root: &Path, effort: Effort) -> Result<Vec<Row>> {
    drive(root, effort, None)
}

/// The long form: it takes some minutes more, and needs a network once.
pub(super) fn measure_beside_litellm(root: &Path, effort: Effort) -> Result<Vec<Row>> {
    drive(root, effort, Some(litellm::ensure()?))
}

fn drive(root: &Path, effort: Effort, litellm: Option<PathBuf>) -> Result<Vec<Row>> {
    step("building the programs", || {
        let programs = ["-p", "nanobot-tests", "--bin", "bench-router", "--bin", "fake-vendor"];
        process::run_on_stderr(process::cargo(&["build", "--release"], root).args(programs))
    })?;
    let metadata = metadata::read(root)?;
    let programs = metadata.programs("release");
    // A durable write costs nothing in memory: the journals lie on the disk of the target folder.
    let folder = Folder::make(&metadata.target_folder, "router")?;
    let effort = match effort {
        Effort::Quick => "quick",
        Effort::Full => "full",
    };
    let mut command = process::command(programs.join("bench-router"), root);
    command.args(["measure", effort]).arg(folder.path()).arg(programs.join("fake-vendor"));
    if let Some(program) = litellm {
        command.arg(program).arg(litellm::VERSION);
    }
    step("requests", || rows(&process::stdout_of(&mut command)?))
}
