//! Traces in a build that can send them.

use std::time::Duration;

use nanobot_config::settings::Telemetry;
use nanobot_telemetry::{TelemetryError, TraceExport, TraceSetup};
use tokio::runtime::Handle;
use tracing_subscriber::Layer as _;

use super::{TracesError, endpoint};
use crate::logging::RegistryLayer;

/// How long the end waits for a collector to take the last spans. One that is there needs milliseconds; a stop is worth
/// more than spans.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// The way of spans to the collector, if there is one.
pub(crate) struct Traces(Option<TraceExport>);

impl Traces {
    /// Begins what the settings ask for; the layer belongs onto the registry of the log. Requests are driven by
    /// `runtime`.
    ///
    /// # Errors
    /// [`TracesError`].
    pub(crate) fn start(
        settings: &Telemetry,
        runtime: &Handle,
    ) -> Result<(Self, Option<RegistryLayer>), TracesError> {
        let Some(endpoint) = endpoint(settings) else { return Ok((Self(None), None)) };
        let setup = setup(endpoint, &settings.service_name);
        let (layer, export) = TraceExport::start(&setup, runtime.clone()).map_err(why)?;
        Ok((Self(Some(export)), Some(layer.boxed())))
    }

    /// Says in the log that spans leave this machine.
    pub(crate) fn announce(&self) {
        if self.0.is_some() {
            tracing::info!("traces go to the collector of telemetry.otlp_endpoint");
        }
    }

    /// Sends what waits. A collector that is away or silent costs a warning and at most [`FLUSH_LIMIT`].
    pub(crate) async fn end(self) {
        if let Some(export) = self.0
            && let Err(error) = export.shutdown(FLUSH_LIMIT).await
        {
            tracing::warn!(error = nanobot_core::pipeline::chain(&error), "the last traces are lost");
        }
    }
}

pub(super) fn check(endpoint: &str) -> Result<(), TracesError> {
    setup(endpoint, "").check().map_err(why)
}

fn setup(endpoint: &str, service_name: &str) -> TraceSetup {
    TraceSetup {
        endpoint: endpoint.to_owned(),
        service_name: service_name.to_owned(),
        service_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn why(error: TelemetryError) -> TracesError {
    match error {
        TelemetryError::Endpoint => TracesError::Endpoint,
        TelemetryError::Exporter(source) => TracesError::Exporter(source),
        other => TracesError::Exporter(Box::new(other)),
    }
}
