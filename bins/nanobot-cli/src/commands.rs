//! The list of commands.

mod audit;
mod batch;
mod chat;
mod circuits;
mod config;
mod cost;
mod doctor;
mod journal;
mod memory;
mod model;
mod onboard;
mod outbox;
mod policy;
mod sandbox;
mod security;
mod session;
mod status;
mod version;

use clap::CommandFactory as _;

use crate::args::{Args, Command};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

/// Runs what was typed.
pub(crate) fn run(args: &Args) -> Result<Code, Failure> {
    match &args.command {
        Command::Version(json) => version::run(json.json),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "nanobot-cli", &mut script);
            output::raw(&script).map(|()| Code::Done)
        }
        Command::Session(command) => session::run(command, args),
        Command::Config(command) => config::run(command, args),
        Command::Policy(command) => policy::run(command, args),
        Command::Security(command) => security::run(command),
        Command::Sandbox(command) => sandbox::run(command, args),
        Command::Doctor(json) => doctor::run(args, json.json),
        Command::Memory(command) => memory::run(command, &Place::of(args)?),
        Command::Audit(command) => audit::run(command, &Place::of(args)?),
        Command::Outbox(command) => outbox::run(command, &Place::of(args)?),
        Command::Journal(command) => journal::run(command, &Place::of(args)?),
        Command::Model(command) => model::run(command, &Place::of(args)?),
        Command::Cost(options) => cost::run(options, &Place::of(args)?),
        Command::Onboard(options) => onboard::run(options, &Place::of(args)?),
        Command::Chat(options) => chat::run(options, &Place::of(args)?),
        Command::Status(options) => status::run(options, &Place::of(args)?),
    }
}

/// Runs asynchronous work on a runtime of its own.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    // A thread that still waits for a key press must not hold the process.
    runtime.shutdown_background();
    done
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all();
    builder.build().map_err(|error| Failure::new(Code::No, format!("the runtime did not start: {error}")))
}
