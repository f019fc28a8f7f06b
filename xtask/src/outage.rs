//! `cargo xtask outage`: builds the campaign that takes the providers away, and runs it.
//!
//! What fails and what is looked at is the campaign's business (`tests/support/outage.rs`, `docs/models.md`).

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::progress::step;
use crate::{metadata, process};

const CAMPAIGN: [&str; 7] =
    ["build", "--quiet", "--release", "-p", "nanobot-tests", "--bin", "outage-campaign"];

/// Runs the campaign with these flags. It installs nothing: all of its vendors are fakes.
pub(crate) fn run(root: &Path, campaign_args: &[OsString]) -> Result<()> {
    step("programs", || process::run(&mut process::cargo(&CAMPAIGN, root)))?;
    let program = metadata::read(root)?.target_folder.join("release/outage-campaign");
    process::run(process::command(&program, root).args(campaign_args))
}
