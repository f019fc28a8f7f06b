//! What stands for the board in a build without metrics: there can be none.

use nanobot_core::telemetry::TelemetryEvent;

use crate::error::TelemetryError;
use crate::labels::MetricsSetup;

/// Never made.
#[derive(Debug)]
pub(super) enum Board {}

impl Board {
    pub(super) const fn new(_setup: &MetricsSetup) -> Result<Self, TelemetryError> {
        Err(TelemetryError::NotBuilt)
    }

    pub(super) const fn record(&self, _event: &TelemetryEvent) {
        match *self {}
    }

    pub(super) const fn render(&self) -> String {
        match *self {}
    }

    pub(super) const fn most_lines(&self) -> usize {
        match *self {}
    }
}
