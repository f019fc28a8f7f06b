//! The daemon as a program: from flags to exit codes, with runtime and signals; nothing else.
//!
//! What it starts is the caller's choice, so that a program for crash tests boots the very same way.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use nanobot_config::{Environment, Home, LoadRequest, load};
use nanobot_core::ports::StatusReport;

use crate::lock::{HomeLock, LockError};
use crate::readable::{self, UnusableHome};
use crate::signals::{CtrlC, StopSignals};
use crate::traces::Traces;
use crate::{App, Boot, CommandHost, Drained, Socket, StartError, StartFault, Stop, http, logging};

/// What every daemon is told on its command line.
#[derive(Debug, clap::Args)]
#[group(id = "daemon")]
pub struct Args {
    /// The home folder [default: $NANOBOT_HOME, else ~/.nanobot]
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Another file in place of the home's config.json
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Exit codes of `sysexits.h`, as the documentation states them.
mod exit {
    pub(crate) const FAILED: u8 = 1;
    pub(crate) const CONFIG: u8 = 64;
    pub(crate) const BAD_DATA: u8 = 65;
    pub(crate) const CANNOT_WRITE: u8 = 73;
    pub(crate) const TRY_AGAIN: u8 = 75;
    pub(crate) const NOT_PERMITTED: u8 = 77;
}

/// Runs what `start` starts until a signal ends it, and answers the exit code.
pub fn main<S, R>(args: Args, start: S) -> ExitCode
where
    S: FnOnce(Boot) -> R,
    R: Future<Output = Result<App, StartError>>,
{
    match run(args, start) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => {
            say(&message);
            ExitCode::from(code)
        }
    }
}

#[expect(clippy::print_stderr, reason = "the binary's own last words")]
fn say(message: &str) {
    eprintln!("nanobotd: {message}");
}

fn run<S, R>(args: Args, start: S) -> Result<(), (u8, String)>
where
    S: FnOnce(Boot) -> R,
    R: Future<Output = Result<App, StartError>>,
{
    let environment = Environment::capture();
    let home = Home::locate(args.home.as_deref(), &environment).map_err(|e| (exit::CONFIG, e.to_string()))?;
    readable::check(home.root()).map_err(|error| {
        let code = match error {
            UnusableHome::NotPermitted { .. } => exit::NOT_PERMITTED,
            UnusableHome::NotAFolder(_) | UnusableHome::Other { .. } => exit::CANNOT_WRITE,
        };
        (code, error.to_string())
    })?;
    let commands = CommandHost::of(&environment);
    let request = LoadRequest::new(home.clone(), environment).with_config_file(args.config);
    let loaded = load(&request).map_err(|errors| (exit::CONFIG, errors.to_string()))?;
    // What sends spans needs it, and spans begin with the log.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| (exit::FAILED, format!("the runtime did not start: {error}")))?;
    let (traces, spans) = Traces::start(&loaded.config.telemetry, runtime.handle())
        .map_err(|error| (exit::CONFIG, nanobot_core::pipeline::chain(&error)))?;
    logging::install(&loaded.config.log, spans).map_err(|e| (exit::CONFIG, e.to_string()))?;
    let lock = HomeLock::take(home.root(), &home.lock()).map_err(|error| {
        let code = match error {
            LockError::Held { .. } => exit::TRY_AGAIN,
            LockError::Io { .. } => exit::CANNOT_WRITE,
        };
        (code, nanobot_core::pipeline::chain(&error))
    })?;
    let socket = Socket::At(home.socket());
    traces.announce();
    let served = runtime.block_on(serve(Boot { home, loaded, lock, socket, commands }, start));
    runtime.block_on(traces.end());
    // A thread that hangs in a file system must not hold the process.
    runtime.shutdown_background();
    served
}

async fn serve<S, R>(boot: Boot, start: S) -> Result<(), (u8, String)>
where
    S: FnOnce(Boot) -> R,
    R: Future<Output = Result<App, StartError>>,
{
    let loaded = &boot.loaded;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    for unknown in &loaded.unknown {
        tracing::warn!("{unknown}");
    }
    let limit = Duration::from_secs(loaded.config.daemon.drain_seconds);
    let cannot_listen = |error| (exit::FAILED, format!("signals cannot be taken: {error}"));
    // Before anybody can send a message, so that no signal ends the process without a drain.
    let mut signals = StopSignals::listen(CtrlC::Stops).map_err(cannot_listen)?;
    let mut app = start(boot).await.map_err(|error| {
        let code = match error.fault() {
            StartFault::Settings => exit::CONFIG,
            StartFault::Data => exit::BAD_DATA,
            StartFault::Machine => exit::CANNOT_WRITE,
        };
        (code, nanobot_core::pipeline::chain(&error))
    })?;
    say_ready(&app.control().status().await);
    // Without a service manager there is nobody to tell.
    let _ = sd_notify::notify(false, &[sd_notify::NotifyState::Ready]);
    let stop = tokio::select! {
        () = signals.stop() => None,
        stop = app.stops() => Some(stop),
    };
    let _ = sd_notify::notify(false, &[sd_notify::NotifyState::Stopping]);
    let drained = tokio::select! {
        drained = app.drain(limit) => drained,
        // Somebody is in a hurry.
        () = signals.stop() => Drained::Cut,
    };
    tracing::info!(?drained, "stopped");
    match stop {
        None | Some(Stop::Emergency) => Ok(()),
        // A service manager starts it anew.
        Some(Stop::Broken(task)) => Err((exit::FAILED, format!("a task in the background broke: {task}"))),
    }
}

/// Says what an operator should know at every start: what guards the assistant and what does not.
fn say_ready(status: &StatusReport) {
    // Where the API is at fault was said when it happened.
    for port in status.ports.iter().filter(|port| port.port != http::PORT) {
        if let Some(warning) = &port.warning {
            tracing::warn!(port = port.port, adapter = port.adapter, "{warning}");
        }
    }
    tracing::info!(home = status.home, model = status.model.model, provider = status.model.provider, "ready");
}
