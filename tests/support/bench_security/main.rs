//! `bench-security`: what the three stages of the gate cost for ordinary talk and for texts made to be slow, beside the
//! least that a look at the same bytes costs. Prints what it measured as lines of JSON; `cargo xtask bench security`
//! builds it, starts it, and sums up.
//!
//! It reads and writes no file: everything happens in memory, on one thread.

mod measure;
mod stage;
mod texts;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use measure::Plan;

const USAGE: &str = "usage: bench-security quick|full";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["quick"] => measure::run(Plan::QUICK),
        ["full"] => measure::run(Plan::FULL),
        _ => bail!("{USAGE}"),
    }
}

/// Runs it, and says how long it took.
#[expect(clippy::disallowed_methods, reason = "wall time is what is measured here")]
fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let result = run();
    (result, began.elapsed())
}
