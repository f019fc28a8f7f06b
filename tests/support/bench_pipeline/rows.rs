//! What was measured, as the lines that `xtask` reads.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

/// The values of one case.
pub(crate) struct Measured {
    pub(crate) case: String,
    pub(crate) unit: &'static str,
    /// The case that it is compared with; one that is printed before it.
    pub(crate) against: Option<String>,
    pub(crate) values: Vec<f64>,
}

impl Measured {
    pub(crate) fn new(case: impl Into<String>, unit: &'static str) -> Self {
        Self { case: case.into(), unit, against: None, values: Vec::new() }
    }

    pub(crate) fn against(self, other: &Self) -> Self {
        Self { against: Some(other.case.clone()), ..self }
    }

    pub(crate) fn take(&mut self, took: &[Duration]) {
        self.values.extend(took.iter().map(|took| took.as_secs_f64() * 1_000.0));
    }
}

/// Prints one line for each case, on stdout.
pub(crate) fn print(all: &[Measured]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for Measured { case, unit, against, values } in all {
        writeln!(out, "{}", json!({"case": case, "unit": unit, "against": against, "values": values}))?;
    }
    Ok(out.flush()?)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench stay far below 2^52")]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}
