//! `bench pipeline`: how long a message takes through the whole daemon while the model takes no time, how many a
//! second get through, and what a journal of many turns costs a start.
//!
//! The aims, as ratios of the rows: one chat alone, 2 or less; messages per second at 256 chats, 20 or more; memory
//! with 100,000 turns, about 1. And ready within 50 ms. Everything lies on the disk of the target folder, since a
//! durable write costs nothing in memory.

mod messages;
mod starts;

use std::path::Path;

use anyhow::Result;

use super::Effort;
use super::document::Row;
use super::folder::Folder;
use crate::progress::step;
use crate::{metadata, process};

pub(super) fn measure(root: &Path, effort: Effort) -> Result<Vec<Row>> {
    step("building the programs", || {
        let packages =
            ["-p", "nanobotd", "-p", "nanobot-tests", "--bin", "nanobotd", "--bin", "bench-pipeline"];
        process::run_on_stderr(process::cargo(&["build", "--release"], root).args(packages))
    })?;
    let metadata = metadata::read(root)?;
    let programs = metadata.programs("release");
    let (driver, nanobotd) = (programs.join("bench-pipeline"), programs.join("nanobotd"));
    let folder = Folder::make(&metadata.target_folder, "pipeline")?;
    let mut rows = step("messages", || messages::measure(&driver, folder.path(), effort))?;
    rows.extend(step("starts", || starts::measure(&driver, &nanobotd, folder.path(), effort))?);
    Ok(rows)
}
