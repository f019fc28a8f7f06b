//! `cargo xtask crash`: builds the daemons and the campaign that kills them, and runs it.
//!
//! What is killed and what is looked at is the campaign's business (`tests/support/crash.rs`, `docs/durability.md`).

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail};

use crate::progress::step;
use crate::system::{self, Purpose};
use crate::{metadata, process};

/// Builds the daemon with fault points. By itself: its feature must not reach the one that is shipped.
pub(crate) const FAULTY_DAEMON: [&str; 8] =
    ["build", "--quiet", "-p", "nanobotd", "--features", "fault-points", "--bin", "nanobotd-faults"];

/// Runs the campaign with these flags, and then the trace, unless the flags ask for less or for sabotage.
pub(crate) fn run(root: &Path, campaign_args: &[OsString]) -> Result<()> {
    let missing = system::prepare(Purpose::Crash);
    if !missing.is_empty() {
        system::say_not_run(&missing)?;
        bail!("nothing was run");
    }
    step("programs", || {
        let shipped: &[&str] = &["build", "--quiet", "-p", "nanobotd", "--bin", "nanobotd"];
        let campaign: &[&str] = &["build", "--quiet", "-p", "nanobot-tests", "--bin", "crash-campaign"];
        [shipped, &FAULTY_DAEMON, campaign]
            .into_iter()
            .try_for_each(|build| process::run(process::cargo(build, root).arg("--release")))
    })?;
    let program = metadata::read(root)?.target_folder.join("release/crash-campaign");
    let campaign = || process::command(&program, root);
    process::run(campaign().args(campaign_args))?;
    if campaign_args.iter().any(|arg| arg == "--trace" || arg == "--sabotage") {
        return Ok(());
    }
    step("trace", || process::run_on_stderr(campaign().arg("--trace")))
}
