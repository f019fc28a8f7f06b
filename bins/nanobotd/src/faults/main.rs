//! `nanobotd-faults`: the daemon as it is shipped, with decorators around its ports that kill the process at a named
//! point, or break a promise on purpose. For the crash campaign (`docs/durability.md`); never shipped.
//!
//! It boots by the same code as `nanobotd`. Nothing in the daemon knows of it: all that differs is put around the
//! adapters here.

mod args;
mod frail;
mod fuse;
mod ledger;
mod outside;
mod points;
mod sabotage;
mod script;
mod stores;
mod tools;
mod wrap;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use nanobotd::{App, program};

use args::Args;

fn main() -> ExitCode {
    // In a box for commands this program is the first process, and nothing else.
    if let Some(code) = nanobot_sandbox::take_over(std::env::args_os()) {
        return code;
    }
    let Args { daemon, faults } = Args::parse();
    if faults.list_fault_points {
        return list();
    }
    program::main(daemon, async move |boot| {
        let adapters = nanobotd::adapters(&boot).await?;
        let adapters = wrap::wrap(adapters, &faults, &boot).await?;
        App::start_with(boot, adapters).await
    })
}

fn list() -> ExitCode {
    let names: Vec<String> = points::Point::all().map(|point| format!("{point}\n")).collect();
    match std::io::stdout().write_all(names.concat().as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
