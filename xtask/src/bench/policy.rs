//! `bench policy`: what a policy costs with 10, 1,000 and 10,000 chats: reading it, making it ready, taking it up while
//! the daemon runs, and one decision.
//!
//! The aims: a decision under 5 us at p99, the same with any number of chats; a reload of 10,000 chats under 50 ms.

use std::path::Path;

use anyhow::Result;

use super::Effort;
use super::document::Row;
use super::lines::rows;
use crate::progress::step;
use crate::{metadata, process};

pub(super) fn measure(root: &Path, effort: Effort) -> Result<Vec<Row>> {
    step("building the program", || {
        let program = ["-p", "nanobot-tests", "--bin", "bench-policy"];
        process::run_on_stderr(process::cargo(&["build", "--release"], root).args(program))
    })?;
    let driver = metadata::read(root)?.programs("release").join("bench-policy");
    let effort = match effort {
        Effort::Quick => "quick",
        Effort::Full => "full",
    };
    step("policies", || rows(&process::stdout_of(process::command(&driver, root).arg(effort))?))
}
