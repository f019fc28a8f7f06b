//! `nanobot-cli`: parse, dispatch, exit code; nothing else.

mod args;
mod audit;
mod commands;
mod daemon;
mod exit;
mod home;
mod host;
mod onboard;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // In a box for commands this program is the first process, and nothing else.
    if let Some(code) = nanobot_sandbox::take_over(std::env::args_os()) {
        return code;
    }
    let args = args::Args::parse();
    match commands::run(&args) {
        Ok(code) => code.into(),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            failure.code.into()
        }
    }
}
