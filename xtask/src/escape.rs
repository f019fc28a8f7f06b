//! `cargo xtask escape`: builds the campaign that tries to get out of the sandbox, and runs it.
//!
//! What is tried and what is looked at is the campaign's business (`tests/support/escape.rs`, `docs/sandbox.md`).

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail};

use crate::progress::step;
use crate::system::{self, Purpose};
use crate::{metadata, process};

/// By itself: its feature must not reach a program that is shipped.
const CAMPAIGN: [&str; 8] =
    ["build", "--quiet", "-p", "nanobot-tests", "--features", "weakened", "--bin", "escape-campaign"];

/// Runs the campaign with these flags.
pub(crate) fn run(root: &Path, campaign_args: &[OsString]) -> Result<()> {
    let missing = system::prepare(Purpose::Escape);
    if !missing.is_empty() {
        system::say_not_run(&missing)?;
        bail!("nothing was run");
    }
    step("programs", || process::run(&mut process::cargo(&CAMPAIGN, root)))?;
    let program = metadata::read(root)?.target_folder.join("debug/escape-campaign");
    process::run(process::command(&program, root).args(campaign_args))
}
