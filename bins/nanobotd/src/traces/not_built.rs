//! Traces in a build that cannot send any: whoever asks for them is told.

use nanobot_config::settings::Telemetry;
use tokio::runtime::Handle;

use super::{TracesError, endpoint};
use crate::logging::RegistryLayer;

/// No way to a collector.
pub(crate) struct Traces {
    is_wanted: bool,
}

impl Traces {
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as where traces can be sent")]
    pub(crate) fn start(
        settings: &Telemetry,
        _runtime: &Handle,
    ) -> Result<(Self, Option<RegistryLayer>), TracesError> {
        Ok((Self { is_wanted: endpoint(settings).is_some() }, None))
    }

    pub(crate) fn announce(&self) {
        if self.is_wanted {
            tracing::warn!(
                "telemetry.otlp_endpoint is set, and this build sends no traces: it lacks the feature otlp"
            );
        }
    }

    #[expect(clippy::unused_async, reason = "the same shape as where traces can be sent")]
    pub(crate) async fn end(self) {}
}

#[expect(clippy::unnecessary_wraps, reason = "the same shape as where traces can be sent")]
pub(super) fn check(_endpoint: &str) -> Result<(), TracesError> {
    Ok(())
}
