//! What a bench measured, as the lines that `xtask` reads.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

/// The values of one case.
pub struct Measured {
    /// Its name.
    pub case: String,
    /// Of the values.
    pub unit: &'static str,
    /// The case that it is compared with; one that is printed before it.
    pub against: Option<String>,
    /// As they were measured.
    pub values: Vec<f64>,
}

impl Measured {
    /// A case without values so far.
    pub fn new(case: impl Into<String>, unit: &'static str) -> Self {
        Self { case: case.into(), unit, against: None, values: Vec::new() }
    }

    /// Compared with another one.
    #[must_use]
    pub fn against(self, other: &Self) -> Self {
        Self { against: Some(other.case.clone()), ..self }
    }

    /// Adds times, in milliseconds.
    pub fn take(&mut self, took: &[Duration]) {
        self.values.extend(took.iter().map(|took| took.as_secs_f64() * 1_000.0));
    }
}

/// Prints one line for each case, on stdout.
///
/// # Errors
/// When nobody reads there.
pub fn print(all: &[Measured]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for Measured { case, unit, against, values } in all {
        writeln!(out, "{}", json!({"case": case, "unit": unit, "against": against, "values": values}))?;
    }
    Ok(out.flush()?)
}

/// A count as a value.
#[expect(clippy::cast_precision_loss, reason = "counts of a bench stay far below 2^52")]
pub fn real(count: usize) -> f64 {
    count as f64
}
