//! The outbox pump: takes what is due, hands it to its channel, records what came of it.
//!
//! First in, first out per chat; chats do not wait for each other. What cannot be sent for a while is
//! tried again with growing distance; what a network refuses for good is put aside.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::ids::ChannelName;
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{ChannelSender, Clock, Outbox, QueuedDelivery, SendError, StoreError};
use nanobot_core::time::Timestamp;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;

/// Deliveries that are taken at a time, each of another chat.
const BATCH: usize = 32;
/// The first distance between two tries; it doubles up to the longest.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(5);
/// So often a delivery is tried before it is put aside.
const MAX_ATTEMPTS: u32 = 20;
/// How long the pump rests when nobody wakes it: long enough to cost nothing, short enough for retries.
const REST: Duration = Duration::from_millis(500);

/// The pump. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pump {
    inner: Arc<Inner>,
}

struct Inner {
    outbox: Arc<dyn Outbox>,
    senders: HashMap<ChannelName, Arc<dyn ChannelSender>>,
    clock: Arc<dyn Clock>,
    wake: Notify,
    /// Only one round at a time, so that no delivery is sent by two.
    round: Mutex<()>,
}

impl Pump {
    /// A pump over an outbox and the channels that run.
    pub(crate) fn new(
        outbox: Arc<dyn Outbox>,
        senders: impl IntoIterator<Item = Arc<dyn ChannelSender>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let senders = senders.into_iter().map(|sender| (sender.channel(), sender)).collect();
        Self { inner: Arc::new(Inner { outbox, senders, clock, wake: Notify::new(), round: Mutex::new(()) }) }
    }

    /// There is something new.
    pub(crate) fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Works until cancelled.
    pub(crate) async fn run(self, cancel: CancelToken) {
        while !cancel.is_cancelled() {
            self.flush().await;
            let rest = tokio::time::timeout(REST, self.inner.wake.notified());
            if cancel.race(rest).await.is_none() {
                break;
            }
        }
    }

    /// Sends everything that is due now. What fails waits for its next time.
    pub(crate) async fn flush(&self) {
        let _only = self.inner.round.lock().await;
        loop {
            let now = self.inner.clock.now().instant;
            let due = match self.inner.outbox.due(now, BATCH).await {
                Ok(due) => due,
                Err(error) => return tracing::error!(error = chain(&error), "the outbox cannot be read"),
            };
            if due.is_empty() {
                return;
            }
            let mut round = JoinSet::new();
            for delivery in due {
                let pump = self.clone();
                round.spawn(async move { pump.deliver(delivery, now).await });
            }
            let mut went_wrong = false;
            while let Some(done) = round.join_next().await {
                // Without the text of a panic, which may quote a message.
                let failed =
                    done.map_or_else(|_| Some("the sender broke".to_owned()), |r| r.err().map(|e| chain(&e)));
                if let Some(error) = failed {
                    went_wrong = true;
                    tracing::error!(error, "the outcome of a delivery could not be recorded");
                }
            }
            // Without a record the same rows would come again at once.
            if went_wrong {
                return;
            }
        }
    }

    async fn deliver(&self, queued: QueuedDelivery, now: Timestamp) -> Result<(), StoreError> {
        let key = &queued.delivery.key;
        let (channel, _) = queued.delivery.outgoing.target();
        let Some(sender) = self.inner.senders.get(channel) else {
            tracing::warn!(%key, %channel, "put aside: the channel does not run");
            return self.inner.outbox.park(key, "the channel does not run").await;
        };
        match sender.send(&queued.delivery).await {
            Ok(()) => self.inner.outbox.delivered(key).await,
            // A terminal that is gone will not come back for it; the words stand in the session.
            Err(SendError::NobodyThere) => {
                tracing::info!(%key, "expired: nobody is attached");
                self.inner.outbox.delivered(key).await
            }
            Err(SendError::Rejected { code }) => {
                tracing::warn!(%key, %channel, code, "put aside: the network refuses it");
                self.inner.outbox.park(key, &code).await
            }
            Err(SendError::Unreachable { .. }) if queued.attempts + 1 >= MAX_ATTEMPTS => {
                tracing::warn!(%key, %channel, attempts = queued.attempts + 1, "put aside: not reachable");
                self.inner.outbox.park(key, "not reachable").await
            }
            Err(SendError::Unreachable { wait }) => {
                let wait = wait.unwrap_or_else(|| backoff(queued.attempts, key.as_str()));
                tracing::warn!(%key, %channel, ?wait, "not reachable, will be tried again");
                let until = now.checked_add(wait).unwrap_or(now);
                self.inner.outbox.postpone(key, until, "not reachable").await
            }
        }
    }
}

/// The distance to the next try: doubling, bounded, spread by up to a quarter. The spread comes from the
/// key, so that it is the same in a replay.
fn backoff(attempts: u32, key: &str) -> Duration {
    let base = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(attempts.min(16))).min(LONGEST_RETRY);
    let spread =
        key.bytes().fold(u32::from(attempts.to_le_bytes()[0]), |sum, b| sum.wrapping_mul(31) + u32::from(b));
    base.mul_f64(1.0 + f64::from(spread % 256) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_grows_and_stays_bounded() {
        let waits: Vec<Duration> = (0..20).map(|n| backoff(n, "turn/0")).collect();
        assert!(waits.iter().all(|w| *w >= FIRST_RETRY && *w <= LONGEST_RETRY.mul_f64(1.25)));
        assert!(waits[3] > waits[0] && waits[6] > waits[3]);
    }
}
