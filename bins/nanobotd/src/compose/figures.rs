//! Where facts go: to the log, to whoever tells owners of trouble, and to the figures that a scrape reads. Without the
//! feature `metrics`, or where the settings switch it off, there are no figures.

use std::sync::Arc;

use nanobot_config::Loaded;
use nanobot_core::ports::{MetricsSource, Telemetry, ToolExecutor};
use nanobot_core::telemetry::TelemetryEvent;
use nanobot_core::time::Timestamp;

use super::ModelPlan;
use crate::app::StartError;
use crate::facts::LogFacts;
use crate::model_trouble::{self, TroubleNews};

/// The two sides of the figures.
pub(super) struct Figures {
    /// Takes facts.
    pub(super) telemetry: Arc<dyn Telemetry>,
    /// Shows figures; none where nobody keeps any.
    pub(super) metrics: Option<Arc<dyn MetricsSource>>,
    /// Trouble that owners have to hear of.
    pub(super) trouble: TroubleNews,
}

/// Opens the figures. What may become a label is told here and never grows.
///
/// # Errors
/// When the recorder cannot be made, a fault of this build.
pub(super) fn open(
    loaded: &Loaded,
    plan: &ModelPlan,
    tools: &dyn ToolExecutor,
    started: Timestamp,
) -> Result<Figures, StartError> {
    let (heard, trouble) = model_trouble::channel();
    let mut sinks: Vec<Arc<dyn Telemetry>> = vec![Arc::new(LogFacts), Arc::new(heard)];
    let mut metrics = None;
    if let Some(kept) = kept(loaded, plan, tools, started)? {
        sinks.push(kept.telemetry);
        metrics = Some(kept.metrics);
    }
    Ok(Figures { telemetry: Arc::new(Sinks(sinks)), metrics, trouble })
}

/// Figures that are kept, from their two sides.
struct Kept {
    telemetry: Arc<dyn Telemetry>,
    metrics: Arc<dyn MetricsSource>,
}

#[cfg(feature = "metrics")]
fn kept(
    loaded: &Loaded,
    plan: &ModelPlan,
    tools: &dyn ToolExecutor,
    started: Timestamp,
) -> Result<Option<Kept>, StartError> {
    use nanobot_core::ids::ChannelName;
    use nanobot_llm_router::Chain;
    use nanobot_telemetry::{Metrics, MetricsSetup, ModelName};

    if !loaded.config.telemetry.enabled {
        return Ok(None);
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
    Ok(Some(Kept { telemetry: metrics.clone(), metrics }))
}

#[cfg(not(feature = "metrics"))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape as with figures")]
fn kept(
    _loaded: &Loaded,
    _plan: &ModelPlan,
    _tools: &dyn ToolExecutor,
    _started: Timestamp,
) -> Result<Option<Kept>, StartError> {
    Ok(None)
}

/// Hands each fact to all of them.
struct Sinks(Vec<Arc<dyn Telemetry>>);

impl Telemetry for Sinks {
    fn record(&self, event: &TelemetryEvent) {
        for sink in &self.0 {
            sink.record(event);
        }
    }
}
