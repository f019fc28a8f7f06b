//! The stores with fault points around every call that changes something. What only reads passes through.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{DeliveryKey, SessionKey, TurnId};
use nanobot_core::intent::SessionAppend;
use nanobot_core::ports::{
    Attempt, Closing, HistoryMessage, InboundId, Ingested, Journal, LineQueue, OpenTurn, Outbox,
    PendingAppend, Placed, QueuedDelivery, SessionEnd, SessionStore, SessionSummary, SessionWrite,
    StoreError, Tidied,
};
use nanobot_core::record::{StepDone, StepStarted};
use nanobot_core::time::{Timestamp, WallTime, civil};

use crate::fuse::Fuse;
use crate::points::Call;

/// A port with points around it.
pub(crate) struct Fused<P: ?Sized> {
    pub(crate) inner: Arc<P>,
    pub(crate) fuse: Arc<Fuse>,
}

#[async_trait]
impl Journal for Fused<dyn Journal> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn is_durable(&self) -> bool {
        self.inner.is_durable()
    }

    async fn ingest(
        &self,
        event: &InboundEvent,
        turn: &TurnId,
        at: Timestamp,
    ) -> Result<Ingested, StoreError> {
        self.fuse.around(Call::Ingest, self.inner.ingest(event, turn, at)).await
    }

    async fn begin(&self, inbound: InboundId, at: &WallTime) -> Result<Attempt, StoreError> {
        self.fuse.around(Call::Begin, self.inner.begin(inbound, at)).await
    }

    async fn hand_back(&self, inbound: InboundId) -> Result<(), StoreError> {
        self.fuse.around(Call::HandBack, self.inner.hand_back(inbound)).await
    }

    async fn step_started(&self, turn: &TurnId, step: &StepStarted) -> Result<(), StoreError> {
        self.fuse.around(Call::StepStarted, self.inner.step_started(turn, step)).await
    }

    async fn step_done(&self, turn: &TurnId, step: &StepDone) -> Result<(), StoreError> {
        self.fuse.around(Call::StepDone, self.inner.step_done(turn, step)).await
    }

    async fn close(&self, closing: &Closing) -> Result<(), StoreError> {
        self.fuse.around(Call::Close, self.inner.close(closing)).await
    }

    async fn open_turns(&self, after: InboundId, limit: usize) -> Result<Vec<OpenTurn>, StoreError> {
        self.inner.open_turns(after, limit).await
    }

    async fn forget(&self, session: &SessionKey) -> Result<u64, StoreError> {
        self.fuse.around(Call::Forget, self.inner.forget(session)).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<Tidied, StoreError> {
        self.fuse.around(Call::Tidy, self.inner.tidy(now)).await
    }

    async fn shut_down(&self) {
        self.fuse.around(Call::ShutDown, self.inner.shut_down()).await;
    }
}

#[async_trait]
impl LineQueue for Fused<dyn LineQueue> {
    async fn waiting(&self, limit: usize) -> Result<Vec<PendingAppend>, StoreError> {
        self.inner.waiting(limit).await
    }

    async fn waiting_in(&self, session: &SessionKey) -> Result<Vec<PendingAppend>, StoreError> {
        self.inner.waiting_in(session).await
    }

    async fn end_of(&self, session: &SessionKey) -> Result<Option<u64>, StoreError> {
        self.inner.end_of(session).await
    }

    fn written(&self, row: u64, end: u64) {
        self.inner.written(row, end);
    }

    fn unsettled(&self, limit: usize) -> Vec<(SessionKey, u64)> {
        self.inner.unsettled(limit)
    }

    async fn settle(&self, sessions: &[(SessionKey, u64)]) -> Result<(), StoreError> {
        self.fuse.around(Call::Settle, self.inner.settle(sessions)).await
    }
}

#[async_trait]
impl Outbox for Fused<dyn Outbox> {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        self.inner.due(now, limit).await
    }

    async fn delivered(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.fuse.around(Call::Delivered, self.inner.delivered(key)).await
    }

    async fn postpone(&self, key: &DeliveryKey, until: Timestamp, why: &str) -> Result<(), StoreError> {
        self.fuse.around(Call::Postpone, self.inner.postpone(key, until, why)).await
    }

    // An operator's acts, and what no campaign provokes.
    async fn park(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        self.inner.park(key, why).await
    }

    async fn release(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.inner.release(key).await
    }

    async fn discard(&self, key: &DeliveryKey, why: &str) -> Result<bool, StoreError> {
        self.inner.discard(key, why).await
    }

    async fn count(&self) -> Result<usize, StoreError> {
        self.inner.count().await
    }

    async fn list(&self, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        self.inner.list(limit).await
    }
}

#[async_trait]
impl SessionStore for Fused<dyn SessionStore> {
    async fn history(&self, session: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, StoreError> {
        self.inner.history(session, limit).await
    }

    fn render(&self, append: &SessionAppend) -> Result<String, StoreError> {
        self.inner.render(append)
    }

    async fn end(&self, session: &SessionKey) -> Result<SessionEnd, StoreError> {
        self.inner.end(session).await
    }

    async fn place(&self, write: &SessionWrite, now: civil::DateTime) -> Result<Placed, StoreError> {
        self.fuse.around(Call::Place, self.inner.place(write, now)).await
    }

    async fn sync(&self, session: &SessionKey) -> Result<(), StoreError> {
        self.fuse.around(Call::Sync, self.inner.sync(session)).await
    }

    async fn contains(&self, session: &SessionKey) -> Result<bool, StoreError> {
        self.inner.contains(session).await
    }

    async fn list(&self) -> Result<Vec<SessionSummary>, StoreError> {
        self.inner.list().await
    }

    async fn reset(&self, session: &SessionKey, now: civil::DateTime) -> Result<usize, StoreError> {
        self.fuse.around(Call::Reset, self.inner.reset(session, now)).await
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        self.fuse.around(Call::Refresh, self.inner.refresh()).await
    }
}
