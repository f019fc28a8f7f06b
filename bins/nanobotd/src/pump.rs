//! The outbox pump: takes what is due, hands it to its channel, records what came of it.
//!
//! First in, first out per chat; chats do not wait for each other. What cannot be sent for a while is
//! tried again with growing distance; what a network refuses for good is put aside.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::ids::{ChannelName, ChatId};
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{ChannelSender, Clock, Outbox, Outgoing, QueuedDelivery, SendError, StoreError};
use tokio::sync::{Mutex as AsyncMutex, Notify, watch};
use tokio::task::JoinSet;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::standing::Standing;

/// Chats that are served side by side: as many as may have a turn under way in a busy home.
const MAX_COURIERS: usize = 256;
/// The first distance between two tries; it doubles up to the longest.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(5);
/// The longest distance that a network may ask for.
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// So often a delivery is tried before it is put aside.
const MAX_ATTEMPTS: u32 = 20;
/// How often, and at what distance, a terminal that is gone is looked for: half a minute in all.
const MAX_ABSENCES: u32 = 10;
const ABSENCE: Duration = Duration::from_secs(3);
/// How long the pump rests when nobody wakes it: long enough to cost nothing, short enough for retries. While the outbox
/// cannot be read that doubles up to the longest.
const REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(30);

/// The pump. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pump {
    inner: Arc<Inner>,
}

type Target = (ChannelName, ChatId);

struct Inner {
    outbox: Arc<dyn Outbox>,
    senders: HashMap<ChannelName, Arc<dyn ChannelSender>>,
    clock: Arc<dyn Clock>,
    wake: Notify,
    /// One look into the outbox at a time: between looking and marking, nobody else may mark. Keeps what was wrong with
    /// it.
    looking: AsyncMutex<Standing>,
    couriers: Mutex<Couriers>,
    /// Changes whenever a courier is done.
    done: watch::Sender<u64>,
}

/// Who is on the way. A chat has one courier at a time, so its deliveries keep their order.
#[derive(Default)]
struct Couriers {
    under_way: HashSet<Target>,
    tasks: JoinSet<()>,
}

/// What a look into the outbox has shown.
struct Looked {
    /// The chats that had a courier and were skipped.
    busy: HashSet<Target>,
    could_read: bool,
}

impl Pump {
    /// A pump over an outbox and the channels that run.
    pub(crate) fn new(
        outbox: Arc<dyn Outbox>,
        senders: impl IntoIterator<Item = Arc<dyn ChannelSender>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let senders = senders.into_iter().map(|sender| (sender.channel(), sender)).collect();
        Self {
            inner: Arc::new(Inner {
                outbox,
                senders,
                clock,
                wake: Notify::new(),
                looking: AsyncMutex::default(),
                couriers: Mutex::default(),
                done: watch::channel(0).0,
            }),
        }
    }

    /// There is something new.
    pub(crate) fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Works until cancelled.
    pub(crate) async fn run(self, cancel: CancelToken) {
        let mut rest = REST;
        while !cancel.is_cancelled() {
            let looked = self.look().await;
            rest = if looked.could_read { REST } else { rest.saturating_mul(2).min(LONGEST_REST) };
            let woken = tokio::time::timeout(rest, self.inner.wake.notified());
            if cancel.race(woken).await.is_none() {
                break;
            }
        }
    }

    /// Waits until nothing is due for a chat and nobody is on the way to it.
    pub(crate) async fn settle(&self, channel: &ChannelName, chat: &ChatId) {
        let target = (channel.clone(), chat.clone());
        self.wait_until(|busy| !busy.contains(&target)).await;
    }

    /// Waits until nothing is due and nobody is on the way.
    pub(crate) async fn settle_all(&self) {
        self.wait_until(HashSet::is_empty).await;
    }

    async fn wait_until(&self, settled: impl Fn(&HashSet<Target>) -> bool) {
        let mut done = self.inner.done.subscribe();
        loop {
            done.borrow_and_update();
            let skipped = self.look().await.busy;
            // A chat whose courier came back during the look was skipped: what is next for it was not seen.
            if settled(&skipped) && settled(&self.couriers().under_way) {
                return;
            }
            if done.changed().await.is_err() {
                return;
            }
        }
    }

    /// Sends a courier for each chat whose first delivery is due, and that has none. An outbox that cannot
    /// be read is told once until that changes.
    async fn look(&self) -> Looked {
        let mut trouble = self.inner.looking.lock().await;
        // Taken before the outbox is read: whoever is on the way now may finish while it is read, and its row
        // would then be seen twice.
        let busy = self.couriers().under_way.clone();
        let now = self.inner.clock.now().instant;
        // Chats with a courier stand in the answer too, so there must be room for them.
        let due = match self.inner.outbox.due(now, MAX_COURIERS + busy.len()).await {
            Ok(due) => due,
            Err(error) => {
                if trouble.is_news(&error) {
                    tracing::error!(error = chain(&error), "the outbox cannot be read; nothing is delivered");
                }
                return Looked { busy, could_read: false };
            }
        };
        if trouble.is_over() {
            tracing::info!("the outbox can be read again");
        }
        let mut couriers = self.couriers();
        while couriers.tasks.try_join_next().is_some() {}
        for queued in due {
            let (channel, chat) = queued.delivery.outgoing.target();
            let target = (channel.clone(), chat.clone());
            if !busy.contains(&target) && couriers.under_way.len() < MAX_COURIERS {
                couriers.under_way.insert(target.clone());
                couriers.tasks.spawn(Courier { pump: self.clone(), target }.carry(queued));
            }
        }
        Looked { busy, could_read: true }
    }

    fn couriers(&self) -> MutexGuard<'_, Couriers> {
        self.inner.couriers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Carries one delivery. However it ends, also by a panic, the chat is free again.
struct Courier {
    pump: Pump,
    target: Target,
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.pump.couriers().under_way.remove(&self.target);
        self.pump.inner.done.send_modify(|count| *count = count.wrapping_add(1));
        self.pump.wake();
    }
}

impl Courier {
    async fn carry(self, queued: QueuedDelivery) {
        let key = queued.delivery.key.clone();
        if let Err(error) = self.deliver(queued).await {
            tracing::error!(%key, error = chain(&error), "the outcome of a delivery could not be recorded");
            // Without a record the same row comes again, and not at once.
            tokio::time::sleep(FIRST_RETRY).await;
        }
    }

    async fn deliver(&self, queued: QueuedDelivery) -> Result<(), StoreError> {
        let key = &queued.delivery.key;
        let (channel, outbox) = (&self.target.0, &self.pump.inner.outbox);
        let Some(sender) = self.pump.inner.senders.get(channel) else {
            tracing::warn!(%key, %channel, "put aside: the channel does not run");
            return outbox.park(key, "the channel does not run").await;
        };
        // A task of its own: a sender that breaks is one that cannot be reached.
        let (sending, delivery) = (sender.clone(), queued.delivery.clone());
        let span = span_of(&queued);
        let sent = async move { sending.send(&delivery).await }.instrument(span.clone());
        let sent = tokio::spawn(sent).await.unwrap_or(Err(SendError::Unreachable { wait: None }));
        span.record("outcome", word(&sent));
        drop(span);
        match sent {
            Ok(()) => outbox.delivered(key).await,
            // A terminal may come back: after a restart of ours it does. Then it will not; the words stand in the
            // session.
            Err(SendError::NobodyThere) if queued.attempts >= MAX_ABSENCES => {
                tracing::info!(%key, "expired: nobody is attached");
                outbox.discard(key, "nobody is attached").await.map(drop)
            }
            Err(SendError::NobodyThere) => {
                let now = self.pump.inner.clock.now().instant;
                let until = now.checked_add(ABSENCE).unwrap_or(now);
                outbox.postpone(key, until, "nobody is attached").await
            }
            Err(SendError::Rejected { code }) => {
                tracing::warn!(%key, %channel, code, "put aside: the network refuses it");
                outbox.park(key, &code).await
            }
            Err(SendError::Unreachable { .. }) if queued.attempts + 1 >= MAX_ATTEMPTS => {
                tracing::warn!(%key, %channel, attempts = queued.attempts + 1, "put aside: not reachable");
                outbox.park(key, "not reachable").await
            }
            Err(SendError::Unreachable { wait }) => {
                let wait = wait.unwrap_or_else(|| backoff(queued.attempts, key.as_str())).min(LONGEST_WAIT);
                tracing::warn!(%key, %channel, ?wait, "not reachable, will be tried again");
                // Counted from now: sending itself may have taken long.
                let now = self.pump.inner.clock.now().instant;
                outbox.postpone(key, now.checked_add(wait).unwrap_or(now), "not reachable").await
            }
        }
    }
}

/// The span of one try. Its turn may have ended long ago, in another process, so it is nobody's child; the turn's id
/// says where it belongs.
fn span_of(queued: &QueuedDelivery) -> Span {
    let delivery = &queued.delivery;
    let bytes = match &delivery.outgoing {
        Outgoing::Message(message) => message.text.len(),
        Outgoing::Reaction(reaction) => reaction.emoji.len(),
    };
    tracing::info_span!(
        parent: None,
        "channel.send",
        channel = delivery.outgoing.target().0.as_str(),
        turn = delivery.turn.as_str(),
        attempt = queued.attempts.saturating_add(1),
        bytes,
        outcome = Empty,
    )
}

/// What came of a try, in one word.
const fn word(sent: &Result<(), SendError>) -> &'static str {
    match sent {
        Ok(()) => "delivered",
        Err(SendError::NobodyThere) => "nobody_there",
        Err(SendError::Rejected { .. }) => "rejected",
        Err(SendError::Unreachable { .. }) => "unreachable",
    }
}

/// The distance to the next try: doubling, bounded, spread by up to a quarter. The spread comes from the
/// key, so that it is the same in a replay.
fn backoff(attempts: u32, key: &str) -> Duration {
    let base = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(attempts.min(16))).min(LONGEST_RETRY);
    let spread = key.bytes().fold(attempts, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(b)));
    base.mul_f64(1.0 + f64::from(spread % 256) / 1024.0)
}

#[cfg(test)]
mod tests;
