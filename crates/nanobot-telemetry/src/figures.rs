//! The figures, as a sink of facts and as a source of Prometheus text.
//!
//! Each instance owns its recorder: nothing is registered with the process, and two daemons in one process count apart.
//! Without the feature `prometheus`, or switched off, a fact costs one branch.

#[cfg(feature = "prometheus")]
mod board;
#[cfg(not(feature = "prometheus"))]
#[path = "figures/no_board.rs"]
mod board;
#[cfg(feature = "prometheus")]
mod family;

use nanobot_core::ports::{MetricsSource, Telemetry};
use nanobot_core::telemetry::TelemetryEvent;

use crate::error::TelemetryError;
use crate::labels::MetricsSetup;
use board::Board;

/// All metrics, or none.
#[derive(Debug)]
pub struct Metrics(Option<Board>);

impl Metrics {
    /// Counts nothing and shows nothing.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Counts from zero.
    ///
    /// # Errors
    /// [`TelemetryError::NotBuilt`] without the feature `prometheus`; [`TelemetryError::Recorder`] when the recorder
    /// cannot be set up.
    pub fn new(setup: &MetricsSetup) -> Result<Self, TelemetryError> {
        Board::new(setup).map(|board| Self(Some(board)))
    }

    /// Whether anything is counted.
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// How many lines with a figure a scrape can have at most, whatever is reported.
    pub fn most_lines(&self) -> usize {
        self.0.as_ref().map_or(0, Board::most_lines)
    }
}

impl Telemetry for Metrics {
    fn record(&self, event: &TelemetryEvent) {
        if let Some(board) = &self.0 {
            board.record(event);
        }
    }
}

impl MetricsSource for Metrics {
    fn render(&self) -> String {
        self.0.as_ref().map(Board::render).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
