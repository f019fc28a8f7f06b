//! Journals with one fault each: the suites must find it.

use async_trait::async_trait;

use crate::event::InboundEvent;
use crate::ids::{DeliveryKey, SessionKey, TurnId};
use crate::ports::*;
use crate::record::{StepDone, StepStarted};
use crate::stand_in::VolatileJournal;
use crate::testing::contract::*;
use crate::time::{Timestamp, WallTime};

/// A journal with one fault.
struct FaultyJournal {
    inner: VolatileJournal,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Postponing parks, so that the rows behind overtake.
    Overtakes,
    /// Parking postpones for ever, so that the rows behind wait.
    Jams,
    /// Every message is new.
    ForgetsMessages,
    /// An attempt that was handed back counts on.
    KeepsAttempts,
    /// Settles what was never written.
    SettlesTooMuch,
    /// Says that it is durable.
    Boasts,
}

#[async_trait]
impl Journal for FaultyJournal {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn is_durable(&self) -> bool {
        self.fault == Fault::Boasts
    }

    async fn ingest(
        &self,
        event: &InboundEvent,
        turn: &TurnId,
        at: Timestamp,
    ) -> Result<Ingested, StoreError> {
        let mut event = event.clone();
        if self.fault == Fault::ForgetsMessages {
            event.message_id = None;
        }
        self.inner.ingest(&event, turn, at).await
    }

    async fn begin(&self, inbound: InboundId, at: &WallTime) -> Result<Attempt, StoreError> {
        self.inner.begin(inbound, at).await
    }

    async fn hand_back(&self, inbound: InboundId) -> Result<(), StoreError> {
        if self.fault == Fault::KeepsAttempts {
            return Ok(());
        }
        self.inner.hand_back(inbound).await
    }

    async fn step_started(&self, turn: &TurnId, step: &StepStarted) -> Result<(), StoreError> {
        self.inner.step_started(turn, step).await
    }

    async fn step_done(&self, turn: &TurnId, step: &StepDone) -> Result<(), StoreError> {
        self.inner.step_done(turn, step).await
    }

    async fn close(&self, closing: &Closing) -> Result<(), StoreError> {
        self.inner.close(closing).await
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

#[async_trait]
impl LineQueue for FaultyJournal {
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
        if self.fault == Fault::SettlesTooMuch {
            for row in self.inner.waiting(usize::MAX).await? {
                self.inner.written(row.id, row.write.end());
            }
        }
        self.inner.settle(sessions).await
    }
}

#[async_trait]
impl Outbox for FaultyJournal {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        self.inner.due(now, limit).await
    }

    async fn delivered(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.inner.delivered(key).await
    }

    async fn postpone(&self, key: &DeliveryKey, until: Timestamp, why: &str) -> Result<(), StoreError> {
        if self.fault == Fault::Overtakes {
            return self.inner.park(key, why).await;
        }
        self.inner.postpone(key, until, why).await
    }

    async fn park(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        if self.fault == Fault::Jams {
            return self.inner.postpone(key, Timestamp::MAX, why).await;
        }
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

fn faulty(fault: Fault) -> FaultyJournal {
    FaultyJournal { inner: VolatileJournal::new(), fault }
}

#[tokio::test]
#[should_panic(expected = "the row behind a postponed head waits")]
async fn an_outbox_whose_rows_overtake_is_found() {
    outbox_contract(async || faulty(Fault::Overtakes)).await;
}

#[tokio::test]
#[should_panic(expected = "the row behind a parked one moves up")]
async fn an_outbox_that_jams_is_found() {
    outbox_contract(async || faulty(Fault::Jams)).await;
}

#[tokio::test]
#[should_panic(expected = "the same key is the same message")]
async fn a_journal_without_memory_is_found() {
    journal_contract(async || faulty(Fault::ForgetsMessages)).await;
}

#[tokio::test]
#[should_panic(expected = "the attempt before was taken back")]
async fn a_journal_that_counts_what_was_handed_back_is_found() {
    journal_contract(async || faulty(Fault::KeepsAttempts)).await;
}

#[tokio::test]
#[should_panic(expected = "a row that was not written waits on")]
async fn a_queue_that_settles_what_was_never_written_is_found() {
    line_queue_contract(async || faulty(Fault::SettlesTooMuch)).await;
}

#[tokio::test]
#[should_panic(expected = "one message is open")]
async fn a_journal_that_only_says_it_is_durable_is_found() {
    durable_journal_contract(async || faulty(Fault::Boasts), async |_| faulty(Fault::Boasts)).await;
}
