//! Tells on stderr what is being done and how long it took.
//!
//! The only reader of a clock in this package.

use std::time::{Duration, Instant};

use anyhow::Result;

/// A started measurement of wall time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "wall time of a chore is what is measured here")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Says what begins, does it, and says how it ended and after how long.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("xtask: {what} …");
    let stopwatch = Stopwatch::start();
    let result = work();
    let outcome = if result.is_ok() { "done" } else { "FAILED" };
    eprintln!("xtask: {what}: {outcome} after {:.1} s", stopwatch.elapsed().as_secs_f64());
    result
}
