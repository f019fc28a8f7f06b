//! A model that answers by script.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a script that ran out should stop the test with a clear message"
)]

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Value;

use crate::ids::ToolCallId;
use crate::model::{
    FinishReason, ModelCall, ModelError, ModelErrorKind, ModelReply, ModelRequest, ModelTask, ToolCall, Usage,
};
use crate::ports::{DeltaSink, ModelClient, ModelInfo};
use crate::stand_in::hold;

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
    tasks: Mutex<Vec<ModelTask>>,
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
        Self {
            queue: Mutex::default(),
            standing: None,
            requests: Mutex::default(),
            tasks: Mutex::default(),
            piece_chars: 4,
        }
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

    /// What each of the requests was for.
    pub fn tasks(&self) -> Vec<ModelTask> {
        hold(&self.tasks).clone()
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
        usage: Usage { input: Some(10), output: Some(5), ..Usage::default() },
        served: None,
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
        call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        hold(&self.requests).push(call.request.clone());
        hold(&self.tasks).push(call.task);
        match self.next(call.request) {
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

    fn restart(&mut self) {
        self.0.clear();
    }
}
