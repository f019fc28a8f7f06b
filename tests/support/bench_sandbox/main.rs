//! `bench-sandbox`: what a command costs in the box, beside a bare process that does the same. Prints what it measured
//! as lines of JSON; `cargo xtask bench sandbox` builds it, starts it, and sums up.
//!
//! It is also the program that runs first inside of its boxes, as a daemon is of its own.

mod measure;
mod scene;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use nanobot_sandbox::take_over;

use measure::Plan;

const USAGE: &str = "usage: bench-sandbox quick|full";

fn main() -> Result<ExitCode> {
    // First of all: no threads and no open files may be there when the box takes over.
    if let Some(code) = take_over(std::env::args_os()) {
        return Ok(code);
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let plan = match words.as_slice() {
        ["quick"] => Plan::QUICK,
        ["full"] => Plan::FULL,
        _ => bail!("{USAGE}"),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure::measure(plan)).map(|()| ExitCode::SUCCESS)
}

/// Waits for it, and says how long it took.
#[expect(clippy::disallowed_methods, reason = "wall time is what is measured here")]
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    let result = work.await;
    (result, began.elapsed())
}
