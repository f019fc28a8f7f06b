//! `sandbox …`: asks the box for commands of the model, and uses it as an operator does. Needs no daemon and no lock:
//! the box is this process's own, and the daemon's shells are not touched.

mod open;
mod plan;
mod run;
mod selftest;

use std::time::Duration;

use super::{block_on, runtime};
use crate::args::{Args, Sandbox};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

pub(super) use open::{How, OpenBox};
pub(super) use selftest::Examined;

/// Whoever waits longer is told for what.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn run(command: &Sandbox, args: &Args) -> Result<Code, Failure> {
    let place = Place::of(args)?;
    match command {
        Sandbox::Plan(options) => plan::batch(&runtime()?, &place, options),
        Sandbox::Run(options) => block_on(run::run(&place, options)),
        Sandbox::Selftest(json) => block_on(selftest::run(&place, json.json)),
    }
}

/// Waits, and says for what once it takes over a second.
pub(super) async fn patiently<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => done,
        () = tokio::time::sleep(PATIENCE) => {
            output::say(what);
            work.await
        }
    }
}
