//! Looks every few seconds how full queues and budgets are and how channels and models do, for the figures.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::ids::{ChannelName, TurnId};
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{Clock, Outbox, StoreError, Telemetry};
use nanobot_core::telemetry::{CircuitReading, Sample, StoreName, TelemetryEvent, Undelivered};
use nanobot_core::time::Timestamp;
use nanobot_llm_router::{CircuitReport, Router};

use crate::lanes::Lanes;
use crate::networks::Watch;
use crate::standing::Standing;

/// How often. A scrape sees nothing that is older than this and its own interval.
const EVERY: Duration = Duration::from_secs(5);

/// The sampler.
pub(crate) struct Sampler {
    pub(crate) lanes: Lanes,
    pub(crate) outbox: Arc<dyn Outbox>,
    /// The networks that run.
    pub(crate) networks: Vec<(ChannelName, Watch)>,
    /// Those that the settings enable and that do not.
    pub(crate) absent: Vec<ChannelName>,
    /// Knows how full the budgets are and which circuits are open.
    pub(crate) router: Option<Arc<Router>>,
    pub(crate) telemetry: Arc<dyn Telemetry>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What could not be looked at, the last time.
#[derive(Debug, Default)]
struct Troubles {
    outbox: Standing,
    spending: Standing,
}

impl Sampler {
    /// Looks until cancelled.
    pub(crate) async fn run(self, cancel: CancelToken) {
        let mut troubles = Troubles::default();
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = tick.tick() => {
                    let sample = self.sample(&mut troubles).await;
                    self.telemetry.record(&TelemetryEvent::Sample(sample));
                }
            }
        }
    }

    async fn sample(&self, troubles: &mut Troubles) -> Sample {
        let queues = self.lanes.status();
        let undelivered = self.undelivered().await;
        let budgets = match &self.router {
            Some(router) => router.budgets().await,
            None => Ok(Vec::new()),
        };
        let circuits = self.router.as_ref().map(|router| router.circuits()).unwrap_or_default();
        Sample {
            at: self.clock.now().instant,
            waiting: count(queues.waiting),
            running: count(queues.running),
            undelivered: self.known(undelivered, StoreName::Outbox, &mut troubles.outbox),
            channels: self.channels(),
            circuits: circuits.into_iter().map(reading).collect(),
            budgets: self.known(budgets, StoreName::Spending, &mut troubles.spending).unwrap_or_default(),
        }
    }

    async fn undelivered(&self) -> Result<Undelivered, StoreError> {
        let waiting = self.outbox.count().await?;
        let oldest = self.outbox.list(1).await?;
        let since = oldest.first().and_then(|oldest| began(&oldest.delivery.turn));
        let now = self.clock.now().instant;
        let age = since.and_then(|since| Duration::try_from(now.duration_since(since)).ok());
        Ok(Undelivered { count: count(waiting), oldest: age.unwrap_or_default() })
    }

    fn channels(&self) -> Vec<(ChannelName, bool)> {
        let running = self.networks.iter().map(|(name, state)| (name.clone(), state().connected));
        running.chain(self.absent.iter().map(|name| (name.clone(), false))).collect()
    }

    /// What a store has said. None when it could not, which is told once until it can again.
    fn known<T>(&self, said: Result<T, StoreError>, store: StoreName, standing: &mut Standing) -> Option<T> {
        match said {
            Ok(known) => {
                standing.is_over();
                Some(known)
            }
            Err(error) => {
                if standing.is_news(&error) {
                    let (kind, detail) = (error.kind, chain(&error));
                    self.telemetry.record(&TelemetryEvent::StoreFailed { store, kind, detail });
                }
                None
            }
        }
    }
}

fn reading(report: CircuitReport) -> CircuitReading {
    let CircuitReport { provider, credential, model, state, .. } = report;
    CircuitReading { provider, credential, model, state }
}

fn count(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// When a turn was named: our ids begin with that. None for a name of another mint.
fn began(turn: &TurnId) -> Option<Timestamp> {
    let (seconds, nanos) = uuid::Uuid::parse_str(turn.as_str()).ok()?.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()
}

#[cfg(test)]
mod tests;
