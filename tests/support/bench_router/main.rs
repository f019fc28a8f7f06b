//! `bench-router`: how much later an answer comes because a router stands before the vendor, seen from outside of the
//! process that holds it. Prints what it measured as lines of JSON; `cargo xtask bench router` builds it, starts it, and
//! sums up.
//!
//! ```text
//! load generator ──▶ vendor                                     direct
//!      (this)    ──▶ front ─▶ bare client ──▶ vendor            what a server and a client cost: no matter of ours
//!                ──▶ front ─▶ router ─▶ client ──▶ vendor       router alone; with a book; with a budget of the day
//!                ──▶ LiteLLM's proxy ──▶ vendor                 on demand
//! ```
//!
//! Each box is a process of its own, all of them ask the same vendor, and the generator asks all of them alike. Requests
//! are sent when they are due, whatever became of those before, and a time counts from when its request was due.

mod answer;
mod arm;
mod events;
mod front;
mod load;
mod measure;
mod processes;
mod records;
mod schedule;
mod target;
mod timer;

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use tokio::runtime::Builder;

use arm::Arm;
use measure::{Plan, Scene};
use processes::Litellm;

const USAGE: &str = "usage: bench-router measure quick|full FOLDER VENDOR [LITELLM VERSION]
       bench-router front ARM BASE FOLDER";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["measure", effort, folder, vendor, litellm @ ..] => {
            let plan = match *effort {
                "quick" => Plan::QUICK,
                "full" => Plan::FULL,
                _ => bail!("{USAGE}"),
            };
            let litellm = match litellm {
                [] => None,
                [program, version] => {
                    Some(Litellm { program: program.into(), version: (*version).to_owned() })
                }
                _ => bail!("{USAGE}"),
            };
            let scene = Scene { folder: Path::new(folder), vendor: Path::new(vendor), litellm };
            // One thread: the generator takes as little of the machine as it can.
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(measure::run(&scene, plan))
        }
        ["front", arm, vendor, folder] => {
            let arm = Arm::named(arm).with_context(|| format!("no front {arm}; {USAGE}"))?;
            // As the daemon has it.
            let runtime = Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(front::serve(arm, vendor, Path::new(folder)))
        }
        _ => bail!("{USAGE}"),
    }
}

/// A line on stdout, for whoever started this process.
fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

#[expect(clippy::disallowed_methods, reason = "wall time is what is measured here")]
fn now() -> Instant {
    Instant::now()
}
