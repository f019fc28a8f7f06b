//! Traces: spans on their way to a collector, where the settings name one. They begin with the log and end after the
//! drain. Without the feature `otlp` there are none, and a start that asks for them says so.
//!
//! Which spans leave, and what of them, is decided by the telemetry crate.

#[cfg(not(feature = "otlp"))]
mod not_built;
#[cfg(feature = "otlp")]
mod sending;

use nanobot_config::settings::Telemetry;

#[cfg(not(feature = "otlp"))]
use not_built as build;
#[cfg(feature = "otlp")]
use sending as build;

pub(crate) use build::Traces;

/// Why traces could not begin. The address is not quoted: there may be a password in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TracesError {
    /// The endpoint is no address.
    #[error(
        "telemetry.otlp_endpoint is not an http or https address; expected something like http://127.0.0.1:4318"
    )]
    Endpoint,
    /// The exporter refused what it found in the environment, or could not be made.
    #[error("telemetry.otlp_endpoint is set, and nothing can be sent there")]
    Exporter(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Whether the settings can be used. The collector is not asked.
///
/// # Errors
/// [`TracesError::Endpoint`].
pub fn check(settings: &Telemetry) -> Result<(), TracesError> {
    endpoint(settings).map_or(Ok(()), build::check)
}

/// Where spans go; none where the settings want no traces.
fn endpoint(settings: &Telemetry) -> Option<&str> {
    settings.otlp_endpoint.as_deref().filter(|_| settings.enabled)
}
