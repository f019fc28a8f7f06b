//! `bench security`: what the stages of the security gate cost per message, for talk and for texts made to be slow, at
//! 200 B, 4 KB and 256 KB, beside the least that a look at the same bytes costs.
//!
//! The aims: the input stage under 50 us for a chat message (200 B of talk); every stage linear, which is a time per
//! byte at 256 KB about as at 4 KB.

use std::path::Path;

use anyhow::Result;

use super::Effort;
use super::document::Row;
use super::lines::rows;
use crate::progress::step;
use crate::{metadata, process};

pub(super) fn measure(root: &Path, effort: Effort) -> Result<Vec<Row>> {
    step("building the program", || {
        let program = ["-p", "nanobot-tests", "--bin", "bench-security"];
        process::run_on_stderr(process::cargo(&["build", "--release"], root).args(program))
    })?;
    let driver = metadata::read(root)?.programs("release").join("bench-security");
    let effort = match effort {
        Effort::Quick => "quick",
        Effort::Full => "full",
    };
    step("texts", || rows(&process::stdout_of(process::command(&driver, root).arg(effort))?))
}
