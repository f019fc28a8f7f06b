//! A model that answers by script, and the router's two memories.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a script that ran out should stop the test with a clear message"
)]

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Value;

use super::Trouble;
use crate::ids::{SessionKey, ToolCallId};
use crate::model::{FinishReason, ModelError, ModelErrorKind, ModelReply, ModelRequest, ToolCall, Usage};
use crate::ports::{
    BreakerState, BudgetLedger, BudgetRefusal, DeltaSink, ModelClient, ModelInfo, Reservation, StoreError,
    StoreErrorKind,
};
use crate::stand_in::hold;
use crate::time::Timestamp;

/// Works out the reply to a request.
type Answerer = Box<dyn Fn(&ModelRequest) -> Result<ModelReply, ModelErrorKind> + Send + Sync>;

/// A model whose answers a test has written down.
///
/// Queued answers come first; when the queue is empty the standing answer (see [`answering`](Self::answering))
/// is asked.
pub struct ScriptedModel {
    queue: Mutex<VecDeque<Scripted>>,
    standing: Option<Answerer>,
    requests: Mutex<Vec<ModelRequest>>,
    piece_chars: usize,
}

enum Scripted {
    Reply(ModelReply),
    /// Streams the text first, then fails.
    Fail(String, ModelErrorKind),
    /// Streams the text first, then never ends.
    Hang(String),
}

impl ScriptedModel {
    /// Without any answer yet; streams in pieces of four characters.
    pub fn new() -> Self {
        Self { queue: Mutex::default(), standing: None, requests: Mutex::default(), piece_chars: 4 }
    }

    /// Answers each of these texts once, in order.
    pub fn replying(texts: &[&str]) -> Self {
        let model = Self::new();
        for text in texts {
            model.push_text(text);
        }
        model
    }

    /// Works out its answers: for tests with many turns.
    pub fn answering(
        answer: impl Fn(&ModelRequest) -> Result<ModelReply, ModelErrorKind> + Send + Sync + 'static,
    ) -> Self {
        Self { standing: Some(Box::new(answer)), ..Self::new() }
    }

    /// Streams in pieces of so many characters.
    ///
    /// # Panics
    /// When it is 0.
    #[must_use]
    pub fn in_pieces_of(mut self, chars: usize) -> Self {
        assert!(chars > 0, "a piece holds at least one character");
        self.piece_chars = chars;
        self
    }

    /// Queues an answer.
    pub fn push_reply(&self, reply: ModelReply) {
        hold(&self.queue).push_back(Scripted::Reply(reply));
    }

    /// Queues a plain answer.
    pub fn push_text(&self, text: &str) {
        self.push_reply(text_reply(text));
    }

    /// Queues a call of one tool, with the call id `id`.
    ///
    /// # Panics
    /// When `id` is no identifier.
    pub fn push_call(&self, id: &str, tool: &str, arguments: Value) {
        self.push_reply(call_reply(vec![call(id, tool, arguments)]));
    }

    /// Queues a failure.
    pub fn push_error(&self, kind: ModelErrorKind) {
        self.push_error_after("", kind);
    }

    /// Queues a failure in the middle of an answer.
    pub fn push_error_after(&self, text: &str, kind: ModelErrorKind) {
        hold(&self.queue).push_back(Scripted::Fail(text.to_owned(), kind));
    }

    /// Queues an answer that stops coming and never ends: for tests that cancel.
    pub fn push_hang_after(&self, text: &str) {
        hold(&self.queue).push_back(Scripted::Hang(text.to_owned()));
    }

    /// Everything that was asked so far, in order.
    pub fn requests(&self) -> Vec<ModelRequest> {
        hold(&self.requests).clone()
    }

    /// How many queued answers were not asked for.
    pub fn unused(&self) -> usize {
        hold(&self.queue).len()
    }

    fn stream(&self, text: &str, deltas: &mut dyn DeltaSink) {
        let chars: Vec<char> = text.chars().collect();
        for piece in chars.chunks(self.piece_chars) {
            deltas.text(&piece.iter().collect::<String>());
        }
    }

    fn next(&self, request: &ModelRequest) -> Scripted {
        if let Some(scripted) = hold(&self.queue).pop_front() {
            return scripted;
        }
        match &self.standing {
            Some(answer) => match answer(request) {
                Ok(reply) => Scripted::Reply(reply),
                Err(kind) => Scripted::Fail(String::new(), kind),
            },
            None => panic!("the scripted model was asked once more than the test has answers"),
        }
    }
}

impl Default for ScriptedModel {
    fn default() -> Self {
        Self::new()
    }
}

/// A plain answer of one text.
pub fn text_reply(text: &str) -> ModelReply {
    ModelReply {
        text: text.to_owned(),
        tool_calls: Vec::new(),
        finish: FinishReason::Stop,
        usage: Usage { input: Some(10), cached_input: None, output: Some(5) },
    }
}

/// An answer that only calls tools.
pub fn call_reply(tool_calls: Vec<ToolCall>) -> ModelReply {
    ModelReply { tool_calls, finish: FinishReason::ToolCalls, ..text_reply("") }
}

/// One tool call.
///
/// # Panics
/// When `id` is no identifier.
pub fn call(id: &str, tool: &str, arguments: Value) -> ToolCall {
    let id = ToolCallId::new(id).expect("a test names a tool call");
    ToolCall { id, name: tool.to_owned(), arguments }
}

#[async_trait]
impl ModelClient for ScriptedModel {
    fn info(&self) -> ModelInfo {
        ModelInfo {
            provider: "scripted".to_owned(),
            model: "scripted".to_owned(),
            endpoint: None,
            is_language_model: true,
        }
    }

    async fn complete(
        &self,
        request: &ModelRequest,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        hold(&self.requests).push(request.clone());
        match self.next(request) {
            Scripted::Reply(reply) => {
                self.stream(&reply.text, deltas);
                Ok(reply)
            }
            Scripted::Fail(text, kind) => {
                self.stream(&text, deltas);
                Err(ModelError::new(kind))
            }
            Scripted::Hang(text) => {
                self.stream(&text, deltas);
                std::future::pending().await
            }
        }
    }
}

/// Keeps every streamed piece.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CollectedDeltas(pub Vec<String>);

impl DeltaSink for CollectedDeltas {
    fn text(&mut self, piece: &str) {
        self.0.push(piece.to_owned());
    }
}

/// A budget with one limit over everything, called `day`.
#[derive(Debug)]
pub struct MemoryBudget {
    /// Failures on request.
    pub trouble: Trouble,
    limit: u64,
    state: Mutex<BudgetState>,
}

#[derive(Debug, Default)]
struct BudgetState {
    settled: u64,
    open: HashMap<u64, u64>,
    given: u64,
}

impl BudgetState {
    fn spent(&self) -> u64 {
        self.open.values().fold(self.settled, |sum, amount| sum.saturating_add(*amount))
    }
}

impl MemoryBudget {
    /// At most so many micro dollars in all.
    pub fn with_limit(micro_dollars: u64) -> Self {
        Self { trouble: Trouble::default(), limit: micro_dollars, state: Mutex::default() }
    }

    /// What is spent and promised so far, in micro dollars.
    pub fn spent(&self) -> u64 {
        hold(&self.state).spent()
    }
}

#[async_trait]
impl BudgetLedger for MemoryBudget {
    async fn reserve(
        &self,
        _session: &SessionKey,
        _task: &str,
        micro_dollars: u64,
        _at: Timestamp,
    ) -> Result<Reservation, BudgetRefusal> {
        self.trouble.strike("reserve")?;
        let mut state = hold(&self.state);
        if state.spent().saturating_add(micro_dollars) > self.limit {
            return Err(BudgetRefusal::Exhausted { limit: "day" });
        }
        state.given += 1;
        let id = state.given;
        state.open.insert(id, micro_dollars);
        Ok(Reservation { id, micro_dollars })
    }

    async fn settle(&self, reservation: Reservation, micro_dollars: u64) -> Result<(), StoreError> {
        self.trouble.strike("settle")?;
        let mut state = hold(&self.state);
        if state.open.remove(&reservation.id).is_none() {
            return Err(StoreError::new(StoreErrorKind::NotFound, "settling a reservation"));
        }
        state.settled = state.settled.saturating_add(micro_dollars);
        Ok(())
    }
}

/// Circuit breakers in memory.
#[derive(Debug, Default)]
pub struct MemoryBreakers {
    /// Failures on request.
    pub trouble: Trouble,
    open: Mutex<HashMap<String, Timestamp>>,
}

impl MemoryBreakers {
    /// All closed.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl BreakerState for MemoryBreakers {
    async fn open_until(&self, circuit: &str) -> Result<Option<Timestamp>, StoreError> {
        self.trouble.strike("open_until")?;
        Ok(hold(&self.open).get(circuit).copied())
    }

    async fn set(&self, circuit: &str, open_until: Option<Timestamp>) -> Result<(), StoreError> {
        self.trouble.strike("set")?;
        let mut open = hold(&self.open);
        match open_until {
            Some(until) => open.insert(circuit.to_owned(), until),
            None => open.remove(circuit),
        };
        Ok(())
    }
}
