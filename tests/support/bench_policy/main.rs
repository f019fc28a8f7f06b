//! `bench-policy`: what policies with few and many chats cost, beside plain JSON and a plain table in the same process.
//! Prints what it measured as lines of JSON; `cargo xtask bench policy` builds it, starts it, and sums up.
//!
//! It reads and writes no file: everything happens in memory, on one thread.

mod measure;
mod policies;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use measure::Plan;

const USAGE: &str = "usage: bench-policy quick|full";

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
