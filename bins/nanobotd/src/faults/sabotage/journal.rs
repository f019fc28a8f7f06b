//! Journals that say yes too early, or forget half.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{SessionKey, TurnId};
use nanobot_core::ports::{
    Attempt, Closing, InboundId, Ingested, Journal, OpenTurn, Seen, StoreError, StoreErrorKind, Tidied,
};
use nanobot_core::record::{StepDone, StepStarted};
use nanobot_core::time::{Timestamp, WallTime};
use tokio::sync::{SetOnce, mpsc};

/// How late a message that was acknowledged too early gets its row: long enough that a kill falls into it.
const LATE: Duration = Duration::from_millis(20);
/// Messages that wait for their rows; more than a campaign has under way.
const MAX_WAITING: usize = 1_000;
/// Numbers that are made up start here, far from those of the journal.
const MADE_UP: u64 = 1 << 60;

/// The row of a message, once there is one; none when it was not stored after all.
type Row = Arc<SetOnce<Option<InboundId>>>;

/// A message that was acknowledged and is not stored.
struct Unstored {
    event: InboundEvent,
    turn: TurnId,
    at: Timestamp,
    row: Row,
}

/// Answers a message at once, with a number of its own making, and stores it later.
pub(super) struct Early {
    inner: Arc<dyn Journal>,
    rows: Mutex<HashMap<InboundId, Row>>,
    unstored: mpsc::Sender<Unstored>,
}

/// Stores them one after the other, so that their order is no second fault. Ends with the journal.
async fn store(inner: Arc<dyn Journal>, mut unstored: mpsc::Receiver<Unstored>) {
    while let Some(Unstored { event, turn, at, row }) = unstored.recv().await {
        tokio::time::sleep(LATE).await;
        let stored = inner.ingest(&event, &turn, at).await.ok();
        let _ = row.set(stored.map(|stored| stored.id));
    }
}

impl Early {
    pub(super) fn new(inner: Arc<dyn Journal>) -> Self {
        let (sender, unstored) = mpsc::channel(MAX_WAITING);
        tokio::spawn(store(inner.clone(), unstored));
        Self { inner, rows: Mutex::default(), unstored: sender }
    }

    /// The journal's own number.
    async fn row(&self, inbound: InboundId) -> Result<InboundId, StoreError> {
        if inbound.0 < MADE_UP {
            return Ok(inbound);
        }
        let row = self.rows.lock().unwrap_or_else(PoisonError::into_inner).get(&inbound).cloned();
        let stored = match row {
            Some(row) => *row.wait().await,
            None => None,
        };
        stored.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, "looking for a message stored late"))
    }
}

#[async_trait]
impl Journal for Early {
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
        let row = Row::default();
        let id = {
            let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
            let id = InboundId(MADE_UP + rows.len() as u64);
            rows.insert(id, row.clone());
            id
        };
        let unstored = Unstored { event: event.clone(), turn: turn.clone(), at, row };
        let sent = self.unstored.send(unstored).await;
        sent.map_err(|_| StoreError::new(StoreErrorKind::Backend, "storing a message late"))?;
        Ok(Ingested { id, seen: Seen::First })
    }

    async fn begin(&self, inbound: InboundId, at: &WallTime) -> Result<Attempt, StoreError> {
        self.inner.begin(self.row(inbound).await?, at).await
    }

    async fn hand_back(&self, inbound: InboundId) -> Result<(), StoreError> {
        self.inner.hand_back(self.row(inbound).await?).await
    }

    async fn step_started(&self, turn: &TurnId, step: &StepStarted) -> Result<(), StoreError> {
        self.inner.step_started(turn, step).await
    }

    async fn step_done(&self, turn: &TurnId, step: &StepDone) -> Result<(), StoreError> {
        self.inner.step_done(turn, step).await
    }

    async fn close(&self, closing: &Closing) -> Result<(), StoreError> {
        let inbound = match closing.inbound {
            Some(inbound) => Some(self.row(inbound).await?),
            None => None,
        };
        self.inner.close(&Closing { inbound, ..closing.clone() }).await
    }

    async fn open_turns(&self, after: InboundId, limit: usize) -> Result<Vec<OpenTurn>, StoreError> {
        self.inner.open_turns(after, limit).await
    }

    async fn forget(&self, session: &SessionKey) -> Result<u64, StoreError> {
        self.inner.forget(session).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<Tidied, StoreError> {
        self.inner.tidy(now).await
    }

    async fn shut_down(&self) {
        self.inner.shut_down().await;
    }
}

/// Closes turns without what they send.
pub(super) struct WithoutOutbox {
    pub(super) inner: Arc<dyn Journal>,
}

#[async_trait]
impl Journal for WithoutOutbox {
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
        self.inner.ingest(event, turn, at).await
    }

    async fn begin(&self, inbound: InboundId, at: &WallTime) -> Result<Attempt, StoreError> {
        self.inner.begin(inbound, at).await
    }

    async fn hand_back(&self, inbound: InboundId) -> Result<(), StoreError> {
        self.inner.hand_back(inbound).await
    }

    async fn step_started(&self, turn: &TurnId, step: &StepStarted) -> Result<(), StoreError> {
        self.inner.step_started(turn, step).await
    }

    async fn step_done(&self, turn: &TurnId, step: &StepDone) -> Result<(), StoreError> {
        self.inner.step_done(turn, step).await
    }

    async fn close(&self, closing: &Closing) -> Result<(), StoreError> {
        self.inner.close(&Closing { deliveries: Vec::new(), ..closing.clone() }).await
    }

    async fn open_turns(&self, after: InboundId, limit: usize) -> Result<Vec<OpenTurn>, StoreError> {
        self.inner.open_turns(after, limit).await
    }

    async fn forget(&self, session: &SessionKey) -> Result<u64, StoreError> {
        self.inner.forget(session).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<Tidied, StoreError> {
        self.inner.tidy(now).await
    }

    async fn shut_down(&self) {
        self.inner.shut_down().await;
    }
}
