//! Hands each fact to several sinks: to the log and to the metrics, for instance.

use std::sync::Arc;

use nanobot_core::ports::Telemetry;
use nanobot_core::telemetry::TelemetryEvent;

/// Several sinks behind one face, each told in the order in which it was given.
pub struct Tee {
    sinks: Vec<Arc<dyn Telemetry>>,
}

impl Tee {
    /// Over these sinks.
    pub fn new(sinks: impl IntoIterator<Item = Arc<dyn Telemetry>>) -> Self {
        Self { sinks: sinks.into_iter().collect() }
    }
}

impl Telemetry for Tee {
    fn record(&self, event: &TelemetryEvent) {
        for sink in &self.sinks {
            sink.record(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use nanobot_core::testing::RecordingTelemetry;
    use nanobot_core::testing::contract::telemetry_contract;

    use super::*;

    #[test]
    fn every_sink_hears_every_fact() {
        let (one, two) = (Arc::new(RecordingTelemetry::new()), Arc::new(RecordingTelemetry::new()));
        let sinks = || [one.clone() as Arc<dyn Telemetry>, two.clone()];
        let facts = telemetry_contract(|| Tee::new(sinks()));
        assert_eq!(one.events(), facts);
        assert_eq!(two.events(), facts);
    }
}
