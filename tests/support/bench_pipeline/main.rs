//! `bench-pipeline`: drives the daemon's library with messages and measures them, beside the bare store on the same
//! disk. Prints what it measured as lines of JSON; `cargo xtask bench pipeline` builds it, starts it, and sums up.
//!
//! Nothing is logged: what a log costs is not measured here.

mod house;
mod measure;
mod model;
mod network;
mod traffic;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use measure::Plan;

const USAGE: &str = "usage: bench-pipeline measure quick|full FOLDER
       bench-pipeline fill TURNS HOME";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match words.as_slice() {
        ["measure", "quick", folder] => runtime.block_on(measure::run(&PathBuf::from(folder), Plan::QUICK)),
        ["measure", "full", folder] => runtime.block_on(measure::run(&PathBuf::from(folder), Plan::FULL)),
        ["fill", turns, home] => {
            let turns = turns.parse().with_context(|| format!("{turns} is no number; {USAGE}"))?;
            runtime.block_on(measure::fill(&PathBuf::from(home), turns))
        }
        _ => bail!("{USAGE}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "wall time is what is measured here")]
fn now() -> Instant {
    Instant::now()
}
