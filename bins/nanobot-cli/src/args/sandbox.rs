//! What can be typed about the box for commands. Types for the parser and nothing else.

use std::path::PathBuf;

use clap::Subcommand;
use nanobot_core::ids::{IdError, SessionKey};

use super::Json;

#[derive(Subcommand)]
pub(crate) enum Sandbox {
    /// Say how a box would be started: JSON Lines on standard input, one line on standard output for each
    Plan(Plan),
    /// Run a command in the home's box, with the files that an owner's turn has
    Run(Run),
    /// Start a box and look whether every protection holds
    Selftest(Json),
}

/// What a plan is made for, where it is not the home's own.
#[derive(clap::Args)]
pub(crate) struct Plan {
    /// The folder to work in [default: the home's]
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,
    /// The list of folders that a box may show [default: the one that the settings name]
    #[arg(long, value_name = "FILE")]
    pub(crate) allowlist: Option<PathBuf>,
}

/// A command for the box.
#[derive(clap::Args)]
pub(crate) struct Run {
    /// Whose shell it is
    #[arg(long, short, value_name = "KEY", default_value = "cli:default", value_parser = session)]
    pub(crate) session: SessionKey,
    /// With the network of this machine
    #[arg(long)]
    pub(crate) network: bool,
    #[command(flatten)]
    pub(crate) json: Json,
    /// The command: one word is a line for the shell, several are a program and its arguments
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

fn session(key: &str) -> Result<SessionKey, IdError> {
    SessionKey::new(key)
}
