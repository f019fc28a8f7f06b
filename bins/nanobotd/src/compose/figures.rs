//! Where facts go: to the log, to whoever tells owners of trouble, and to the figures that a scrape reads. Without the
//! feature `metrics`, or where the settings switch it off, there are no figures.

use std::sync::Arc;

use nanobot_config::Loaded;
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{MetricsSource, Telemetry, ToolExecutor};
use nanobot_core::time::Timestamp;
use nanobot_llm_router::Chain;
use nanobot_telemetry::{Metrics, MetricsSetup, ModelName, Tee, TelemetryError};

use super::ModelPlan;
use crate::app::StartError;
use crate::facts::LogFacts;
use crate::model_trouble::{self, TroubleNews};
use crate::networks;

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
    let metrics = if loaded.config.telemetry.enabled { kept(plan, tools, started)? } else { None };
    sinks.extend(metrics.clone().map(|metrics| metrics as Arc<dyn Telemetry>));
    let metrics = metrics.map(|metrics| metrics as Arc<dyn MetricsSource>);
    Ok(Figures { telemetry: Arc::new(Tee::new(sinks)), metrics, trouble })
}

/// The figures; none in a build without them.
fn kept(
    plan: &ModelPlan,
    tools: &dyn ToolExecutor,
    started: Timestamp,
) -> Result<Option<Arc<Metrics>>, StartError> {
    let hops = || plan.chains.values().flat_map(Chain::hops);
    let seats = hops().flat_map(|hop| hop.seats.iter());
    let networks = networks::NAMES.into_iter().filter_map(|name| ChannelName::new(name).ok());
    let metrics = Metrics::new(&MetricsSetup {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started,
        models: hops()
            .map(|hop| ModelName { provider: hop.provider.clone(), model: hop.model.clone() })
            .collect(),
        credentials: seats.map(|seat| seat.credential.clone()).collect(),
        tools: tools.specs().into_iter().map(|spec| spec.name).collect(),
        channels: std::iter::once(ChannelName::CLI).chain(networks).collect(),
    });
    match metrics {
        Ok(metrics) => Ok(Some(Arc::new(metrics))),
        Err(TelemetryError::NotBuilt) => Ok(None),
        Err(error) => Err(StartError::Telemetry(Box::new(error))),
    }
}
