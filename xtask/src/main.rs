//! Chores of the workspace: set-up, start, tests, gates and benches, as `cargo xtask COMMAND`.
//!
//! This file only dispatches and turns the outcome into an exit code (0 done, 1 failed, 2 usage).
//! Nothing of the product lives in this package, and no crate of ours may depend on it.

#![expect(clippy::print_stderr, reason = "a command line program talks to its terminal")]

mod bench;
mod boundaries;
mod cache;
mod ci;
mod cli;
mod crash;
mod escape;
mod examples;
mod finding;
mod fuzz;
mod litellm;
mod llama;
mod metadata;
mod outage;
mod output;
mod process;
mod progress;
mod run;
mod system;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use cli::Command;

const USAGE_ERROR: u8 = 2;

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args_os().skip(1).collect()) {
        Ok(command) => command,
        Err(usage) => {
            eprintln!("error: {usage}; see `cargo xtask help`");
            return ExitCode::from(USAGE_ERROR);
        }
    };
    match execute(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    if command == Command::Help {
        return output::print(&format!("{}\n", cli::HELP));
    }
    let root = workspace::find_root()?;
    match command {
        Command::Help => Ok(()),
        Command::Run { profile, chat_args } => run::run(&root, profile, &chat_args),
        Command::Test { nextest_args } => test::run(&root, &nextest_args),
        Command::Ci(options) => ci::run(&root, &options),
        Command::Crash { campaign_args } => crash::run(&root, &campaign_args),
        Command::Escape { campaign_args } => escape::run(&root, &campaign_args),
        Command::Outage { campaign_args } => outage::run(&root, &campaign_args),
        Command::Tidy => tidy::run(&root),
        Command::Boundaries => boundaries::run(&root),
        Command::Bench { bench, effort, output } => bench::run(&root, bench, effort, output),
        Command::Fuzz(options) => fuzz::run(&root, &options),
    }
}
