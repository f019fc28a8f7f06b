//! Adapters with one fault each: the suite of their port must find it.

use std::sync::Mutex;

use async_trait::async_trait;

use crate::ids::{ChannelName, ChatId, MessageId};
use crate::model::{ToolCall, Usage};
use crate::ports::*;
use crate::stand_in::{VolatileArchive, hold};
use crate::testing::contract::*;
use crate::testing::{FakeEmbedder, MemoryBudget, ScriptedGate};
use crate::units::NanoDollars;
use crate::verdict::SecurityVerdict;

/// Looks at each chunk alone, so that a needle across a border slips through.
struct ChunkwiseGate(ScriptedGate);

struct ChunkwiseGuard(ScriptedGate, SecurityContext, String);

impl SecurityGate for ChunkwiseGate {
    fn name(&self) -> &'static str {
        "chunkwise"
    }
    fn fingerprint(&self) -> &str {
        self.name()
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
        expense: &Expense,
        worst: NanoDollars,
        limits: &[BudgetLimit],
    ) -> Result<Reservation, BudgetRefusal> {
        let reservation = self.0.reserve(expense, worst, limits).await?;
        let nothing = Paid { cost: Some(NanoDollars::ZERO), usage: Usage::default(), outcome: "ok" };
        self.0.settle(&reservation, &nothing).await?;
        Ok(reservation)
    }

    async fn settle(&self, _reservation: &Reservation, _paid: &Paid) -> Result<(), StoreError> {
        Ok(())
    }

    async fn book(&self, expense: &Expense, paid: &Paid) -> Result<(), StoreError> {
        self.0.book(expense, paid).await
    }

    async fn counted(&self, expense: &Expense, scope: BudgetScope) -> Result<NanoDollars, StoreError> {
        self.0.counted(expense, scope).await
    }
}

#[tokio::test]
#[should_panic(expected = "what is promised counts before it is spent")]
async fn a_ledger_that_ignores_promises_is_found() {
    budget_ledger_contract(async || ForgetfulBudget(MemoryBudget::new())).await;
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

/// Has one head for all chains.
struct OneHead(Mutex<Option<ChainHead>>);

#[async_trait]
impl ChainHeads for OneHead {
    async fn chain_head(&self, _chain: &str) -> Result<Option<ChainHead>, StoreError> {
        Ok(hold(&self.0).clone())
    }
    async fn set_chain_head(&self, _chain: &str, head: &ChainHead) -> Result<(), StoreError> {
        *hold(&self.0) = Some(head.clone());
        Ok(())
    }
}

#[tokio::test]
#[should_panic(expected = "names are taken as they are")]
async fn heads_that_chains_share_are_found() {
    chain_heads_contract(async || OneHead(Mutex::new(None))).await;
}
