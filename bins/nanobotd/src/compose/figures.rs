//! Where facts go: to the log, and to the figures that a scrape reads. Without the feature `metrics`, or where the
//! settings switch it off, to the log alone.

use std::sync::Arc;

use nanobot_config::Loaded;
use nanobot_core::ports::{MetricsSource, Telemetry, ToolExecutor};
use nanobot_core::time::Timestamp;

use super::ModelPlan;
use crate::app::StartError;
use crate::facts::LogFacts;

/// The two sides of the figures.
pub(super) struct Figures {
    /// Takes facts.
    pub(super) telemetry: Arc<dyn Telemetry>,
    /// Shows figures; none where nobody keeps any.
    pub(super) metrics: Option<Arc<dyn MetricsSource>>,
}

impl Figures {
    fn only_log() -> Self {
        Self { telemetry: Arc::new(LogFacts), metrics: None }
    }
}

/// Opens the figures. What may become a label is told here and never grows.
///
/// # Errors
/// When the recorder cannot be made, a fault of this build.
#[cfg(feature = "metrics")]
pub(super) fn open(
    loaded: &Loaded,
    plan: &ModelPlan,
    tools: &dyn ToolExecutor,
    started: Timestamp,
) -> Result<Figures, StartError> {
    use nanobot_core::ids::ChannelName;
    use nanobot_llm_router::Chain;
    use nanobot_telemetry::{Metrics, MetricsSetup, ModelName, Tee};

    if !loaded.config.telemetry.enabled {
        return Ok(Figures::only_log());
    }
    let hops = || plan.chains.values().flat_map(Chain::hops);
    let seats = hops().flat_map(|hop| hop.seats.iter());
    let channels = ["cli", "irc", "whatsapp", "telegram", "discord", "feishu"];
    let metrics = Metrics::new(&MetricsSetup {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started,
        models: hops()
            .map(|hop| ModelName { provider: hop.provider.clone(), model: hop.model.clone() })
            .collect(),
        credentials: seats.map(|seat| seat.credential.clone()).collect(),
        tools: tools.specs().into_iter().map(|spec| spec.name).collect(),
        channels: channels.into_iter().filter_map(|name| ChannelName::new(name).ok()).collect(),
    });
    let metrics = Arc::new(metrics.map_err(|error| StartError::Telemetry(Box::new(error)))?);
    let sinks: [Arc<dyn Telemetry>; 2] = [Arc::new(LogFacts), metrics.clone()];
    Ok(Figures { telemetry: Arc::new(Tee::new(sinks)), metrics: Some(metrics) })
}

/// Without figures.
#[cfg(not(feature = "metrics"))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape as with figures")]
pub(super) fn open(
    _loaded: &Loaded,
    _plan: &ModelPlan,
    _tools: &dyn ToolExecutor,
    _started: Timestamp,
) -> Result<Figures, StartError> {
    Ok(Figures::only_log())
}
