//! Adapters with one fault each: the suite of their port must find it.

use async_trait::async_trait;

use crate::ids::{ChannelName, ChatId, DeliveryKey, MessageId, SessionKey, TurnId};
use crate::model::ToolCall;
use crate::ports::*;
use crate::record::{StepDone, StepStarted};
use crate::stand_in::{VolatileArchive, VolatileJournal};
use crate::testing::contract::*;
use crate::testing::{FakeEmbedder, MemoryBudget, ScriptedGate};
use crate::time::{Timestamp, WallTime};
use crate::verdict::SecurityVerdict;

/// Looks at each chunk alone, so that a needle across a border slips through.
struct ChunkwiseGate(ScriptedGate);

struct ChunkwiseGuard(ScriptedGate, SecurityContext, String);

impl SecurityGate for ChunkwiseGate {
    fn name(&self) -> &'static str {
        "chunkwise"
    }
    fn check_input(&self, text: &str, context: &SecurityContext) -> SecurityVerdict {
        self.0.check_input(text, context)
    }
    fn check_tool(&self, call: &ToolCall, context: &SecurityContext) -> SecurityVerdict {
        self.0.check_tool(call, context)
    }
    fn check_output(&self, text: &str, context: &SecurityContext) -> SecurityVerdict {
        self.0.check_output(text, context)
    }
    fn open_output(&self, context: &SecurityContext) -> Box<dyn OutputGuard> {
        Box::new(ChunkwiseGuard(self.0.clone(), context.clone(), String::new()))
    }
    fn block_message(&self) -> &str {
        self.0.block_message()
    }
}

impl OutputGuard for ChunkwiseGuard {
    fn push(&mut self, chunk: &str) -> String {
        self.2.push_str(chunk);
        match self.0.check_output(chunk, &self.1) {
            SecurityVerdict::Allow | SecurityVerdict::Warn(_) => chunk.to_owned(),
            SecurityVerdict::Block(_) => String::new(),
            SecurityVerdict::Sanitize(_, clean) => clean,
        }
    }
    fn finish(self: Box<Self>) -> OutputVerdict {
        OutputVerdict { rest: String::new(), verdict: self.0.check_output(&self.2, &self.1) }
    }
}

#[test]
#[should_panic(expected = "the stream must leave what the whole text may")]
fn a_guard_that_holds_nothing_back_is_found() {
    let make = || ChunkwiseGate(ScriptedGate::new().sanitize_output("secret"));
    security_gate_contract(make, &["a secret"]);
}

/// Forgets a reservation as soon as it is given.
struct ForgetfulBudget(MemoryBudget);

#[async_trait]
impl BudgetLedger for ForgetfulBudget {
    async fn reserve(
        &self,
        session: &SessionKey,
        task: &str,
        micro_dollars: u64,
        at: Timestamp,
    ) -> Result<Reservation, BudgetRefusal> {
        let reservation = self.0.reserve(session, task, micro_dollars, at).await?;
        self.0.settle(reservation.clone(), 0).await?;
        Ok(reservation)
    }
    async fn settle(&self, _reservation: Reservation, _micro_dollars: u64) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
#[should_panic(expected = "what is promised counts before it is spent")]
async fn a_ledger_that_ignores_promises_is_found() {
    budget_ledger_contract(async |limit| ForgetfulBudget(MemoryBudget::with_limit(limit))).await;
}

/// Searches the chat `a` when it finds nothing in the chat that was asked for.
struct CuriousArchive(VolatileArchive);

#[async_trait]
impl InboundArchive for CuriousArchive {
    async fn record(&self, message: &ArchivedMessage) -> Result<(), StoreError> {
        self.0.record(message).await
    }
    async fn find(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        message: &MessageId,
    ) -> Result<Option<ArchivedMessage>, StoreError> {
        match self.0.find(channel, chat, message).await? {
            Some(found) => Ok(Some(found)),
            None => self.0.find(channel, &ChatId::new("a").unwrap(), message).await,
        }
    }
    async fn before(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        anchor: &MessageId,
        limit: usize,
    ) -> Result<Vec<ArchivedMessage>, StoreError> {
        self.0.before(channel, chat, anchor, limit).await
    }
}

#[tokio::test]
#[should_panic(expected = "another chat is not searched")]
async fn an_archive_that_crosses_chats_is_found() {
    inbound_archive_contract(async || CuriousArchive(VolatileArchive::new())).await;
}

/// An outbox with one fault.
struct FaultyOutbox {
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
}

#[async_trait]
impl Journal for FaultyOutbox {
    fn name(&self) -> &'static str {
        "faulty"
    }
    fn is_durable(&self) -> bool {
        false
    }
    async fn ingest(&self, event: &crate::event::InboundEvent) -> Result<Ingested, StoreError> {
        let mut event = event.clone();
        if self.fault == Fault::ForgetsMessages {
            event.message_id = None;
        }
        self.inner.ingest(&event).await
    }
    async fn begin(&self, inbound: InboundId, turn: &TurnId, at: &WallTime) -> Result<Attempt, StoreError> {
        self.inner.begin(inbound, turn, at).await
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
    async fn unprojected(&self, limit: usize) -> Result<Vec<PendingAppend>, StoreError> {
        self.inner.unprojected(limit).await
    }
    async fn projected(&self, id: u64) -> Result<(), StoreError> {
        self.inner.projected(id).await
    }
}

#[async_trait]
impl Outbox for FaultyOutbox {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        self.inner.due(now, limit).await
    }
    async fn delivered(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.inner.delivered(key).await
    }
    async fn postpone(&self, key: &DeliveryKey, until: Timestamp, why: &str) -> Result<(), StoreError> {
        match self.fault {
            Fault::Overtakes => self.inner.park(key, why).await,
            Fault::Jams | Fault::ForgetsMessages => self.inner.postpone(key, until, why).await,
        }
    }
    async fn park(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        match self.fault {
            Fault::Jams => self.inner.postpone(key, Timestamp::MAX, why).await,
            Fault::Overtakes | Fault::ForgetsMessages => self.inner.park(key, why).await,
        }
    }
    async fn release(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.inner.release(key).await
    }

    async fn discard(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        self.inner.discard(key, why).await
    }

    async fn count(&self) -> Result<usize, StoreError> {
        self.inner.count().await
    }

    async fn list(&self, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        self.inner.list(limit).await
    }
}

fn faulty(fault: Fault) -> FaultyOutbox {
    FaultyOutbox { inner: VolatileJournal::new(), fault }
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

/// Gives vectors of double length.
struct LongEmbedder(FakeEmbedder);

#[async_trait]
impl Embedder for LongEmbedder {
    fn dimensions(&self) -> usize {
        self.0.dimensions()
    }
    async fn embed(&self, texts: &[&str]) -> Result<Vec<Option<Vec<f32>>>, StoreError> {
        let double = |vector: Vec<f32>| vector.into_iter().map(|x| x * 2.0).collect();
        Ok(self.0.embed(texts).await?.into_iter().map(|vector| vector.map(double)).collect())
    }
}

#[tokio::test]
#[should_panic(expected = "unit length")]
async fn an_embedder_without_unit_length_is_found() {
    embedder_contract(async || LongEmbedder(FakeEmbedder::new())).await;
}
