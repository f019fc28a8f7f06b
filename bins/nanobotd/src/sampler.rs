//! Looks every few seconds how full the queues are and how the channels do, for the figures.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::ids::{ChannelName, TurnId};
use nanobot_core::ports::Outbox;
use nanobot_core::telemetry::{Sample, TelemetryEvent};
use nanobot_core::time::Timestamp;

use crate::gateway::Gateway;
use crate::networks::Watch;

/// How often. A scrape sees nothing that is older than this and its own interval.
const EVERY: Duration = Duration::from_secs(5);

/// The sampler.
pub(crate) struct Sampler {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) networks: Vec<(ChannelName, Watch)>,
}

impl Sampler {
    /// Looks until cancelled.
    pub(crate) async fn run(self, cancel: CancelToken) {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = tick.tick() => {
                    let sample = self.sample().await;
                    self.gateway.dispatcher.telemetry.record(&TelemetryEvent::Sample(sample));
                }
            }
        }
    }

    async fn sample(&self) -> Sample {
        let queues = self.gateway.lanes.status();
        let count = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        // An outbox that cannot be read has its own lines in the log.
        let undelivered = self.outbox.count().await.unwrap_or_default();
        let oldest = self.outbox.list(1).await.unwrap_or_default();
        let since = oldest.first().and_then(|oldest| began(&oldest.delivery.turn));
        let now = self.gateway.clock.now().instant;
        let age = since.and_then(|since| Duration::try_from(now.duration_since(since)).ok());
        let channels = self.networks.iter().map(|(name, state)| (name.clone(), state().connected)).collect();
        Sample {
            waiting: count(queues.waiting),
            running: count(queues.running),
            undelivered: count(undelivered),
            oldest_undelivered: age.unwrap_or_default(),
            channels,
        }
    }
}

/// When a turn was named: our ids begin with that. None for a name of another mint.
fn began(turn: &TurnId) -> Option<Timestamp> {
    let (seconds, nanos) = uuid::Uuid::parse_str(turn.as_str()).ok()?.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use nanobot_core::ports::{Clock as _, IdGenerator as _};

    use super::*;
    use crate::system::{SystemClock, SystemIds};

    #[test]
    fn a_turn_tells_when_it_was_named() {
        let before = SystemClock::new().now().instant;
        let named = began(&SystemIds.turn_id()).unwrap();
        let apart = named.duration_since(before).as_secs().abs();
        assert!(apart < 60, "{apart} s");
        assert_eq!(began(&TurnId::new("turn-1").unwrap()), None);
    }
}
