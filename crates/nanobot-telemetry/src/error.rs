//! What can go wrong when measuring begins. Afterwards nothing can: a fact is taken or left aside.

/// Why there are no metrics or traces.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// This build has no metrics.
    #[error("metrics are asked for, and this build has none: it lacks the feature `prometheus`")]
    NotBuilt,
    /// The recorder refused its settings.
    #[error("the recorder of metrics was not set up")]
    Recorder(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The endpoint of traces is no address.
    #[error("the endpoint of traces is not an http or https address")]
    Endpoint,
    /// The exporter of traces could not be made.
    #[error("the exporter of traces was not set up")]
    Exporter(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The last traces did not get out.
    #[error("traces were not flushed within {limit:?}")]
    Unflushed {
        /// The time they had.
        limit: std::time::Duration,
    },
}
