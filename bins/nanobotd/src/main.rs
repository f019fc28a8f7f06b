//! `nanobotd`: the daemon with the adapters that its settings choose.

use std::process::ExitCode;

use clap::Parser;
use nanobotd::{App, program};

/// The nanobot daemon: answers in the foreground until it gets SIGTERM, SIGINT or SIGHUP.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    daemon: program::Args,
}

fn main() -> ExitCode {
    // In a box for commands this program is the first process, and nothing else.
    if let Some(code) = nanobot_sandbox::take_over(std::env::args_os()) {
        return code;
    }
    program::main(Args::parse().daemon, App::start)
}
