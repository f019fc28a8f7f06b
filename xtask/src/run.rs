//! `cargo xtask run`: from a fresh checkout to a chat.
//!
//! It builds and hands over. Home, configuration and the chat itself are the business of `nanobot-cli`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::cli::Profile;
use crate::progress::step;
use crate::system::{self, Purpose};
use crate::{metadata, process};

/// Installs what is missing, builds both programs, and becomes `nanobot-cli chat`.
///
/// Only the chat writes to stdout; it also inherits stdin, and its exit code is ours.
#[expect(clippy::disallowed_methods, reason = "the chat is started where a person called it")]
pub(crate) fn run(root: &Path, profile: Profile, chat_args: &[OsString]) -> Result<()> {
    say_what_is_off(&system::prepare(Purpose::Run));
    let folder = build(root, profile)?;
    let program = metadata::read(root)?.programs(folder).join("nanobot-cli");
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    let error = process::command(&program, &here).arg("chat").args(chat_args).exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}

fn say_what_is_off(missing: &[system::Missing]) {
    for system::Missing { need, reason } in missing {
        let next_step = need.next_step();
        eprintln!("xtask: off: {} ({} is not installed: {reason}; {next_step})", need.off_without, need.name);
    }
}

/// Returns the folder below cargo's target folder where the programs are.
fn build(root: &Path, profile: Profile) -> Result<&'static str> {
    let (flags, folder): (&[&str], _) = match profile {
        Profile::Release => (&["--release"], "release"),
        Profile::Debug => (&[], "debug"),
    };
    step("building nanobot", || {
        let build = ["build", "--package", "nanobotd", "--package", "nanobot-cli"];
        process::run_on_stderr(process::cargo(&build, root).args(flags))
    })?;
    Ok(folder)
}
