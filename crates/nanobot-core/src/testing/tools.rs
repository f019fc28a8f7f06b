//! Tools and a sandbox that answer by script. Nothing runs.
#![expect(clippy::expect_used, reason = "test code: a wrong literal in a test should stop it")]

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::cancel::CancelToken;
use crate::event::InboundEvent;
use crate::ids::TurnId;
use crate::label::{Label, Labels};
use crate::model::{ToolCall, ToolClass, ToolSpec};
use crate::ports::{
    Protection, Sandbox, SandboxError, SandboxRequest, SandboxResult, ToolContext, ToolExecutor, ToolOutcome,
};
use crate::stand_in::hold;

/// Tools whose answers a test has written down.
///
/// A tool gives its queued answers first, then its standing one, for ever.
#[derive(Debug, Default)]
pub struct ScriptedTools {
    specs: Vec<ToolSpec>,
    standing: HashMap<String, ToolOutcome>,
    queued: Mutex<HashMap<String, VecDeque<Answer>>>,
    calls: Mutex<Vec<ToolCall>>,
}

#[derive(Debug)]
enum Answer {
    Outcome(ToolOutcome),
    Meet(Arc<Barrier>),
    Hang,
}

impl ScriptedTools {
    /// Without tools.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more tool: it takes any arguments and answers this text.
    #[must_use]
    pub fn with(mut self, name: &str, class: ToolClass, answer: &str) -> Self {
        self.specs.push(ToolSpec {
            name: name.to_owned(),
            description: format!("The scripted tool {name}."),
            parameters: json!({"type": "object", "properties": {}}),
            class,
        });
        self.standing.insert(name.to_owned(), outcome(answer));
        self
    }

    /// The next call of this tool answers like this instead.
    pub fn push(&self, name: &str, outcome: ToolOutcome) {
        self.queue(name, Answer::Outcome(outcome));
    }

    /// The next calls of this tool, so many, answer when all of them run at the same time.
    pub fn push_meeting(&self, name: &str, size: usize) {
        let barrier = Arc::new(Barrier::new(size));
        for _ in 0..size {
            self.queue(name, Answer::Meet(barrier.clone()));
        }
    }

    /// The next call of this tool never ends: for tests that cancel.
    pub fn push_hang(&self, name: &str) {
        self.queue(name, Answer::Hang);
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<ToolCall> {
        hold(&self.calls).clone()
    }

    fn queue(&self, name: &str, answer: Answer) {
        hold(&self.queued).entry(name.to_owned()).or_default().push_back(answer);
    }
}

/// A successful answer that comes from the tool itself.
pub fn outcome(text: &str) -> ToolOutcome {
    ToolOutcome { content: text.to_owned(), labels: Label::Tool.into(), failed: false }
}

/// An answer that says what went wrong.
pub fn failure(text: &str) -> ToolOutcome {
    ToolOutcome { failed: true, ..outcome(text) }
}

/// The context of a call that this event caused; nobody stops it.
///
/// # Panics
/// Never with the constant turn id that is used.
pub fn context(event: &InboundEvent) -> ToolContext {
    ToolContext {
        turn: TurnId::new("turn-1").expect("the text is an identifier"),
        key: "turn-1/0".to_owned(),
        session: event.session(),
        channel: event.channel.clone(),
        chat: event.chat.clone(),
        sender: event.sender.clone(),
        is_owner: event.channel.is_operator(),
        labels: event.labels(),
        cancel: CancelToken::never(),
    }
}

#[async_trait]
impl ToolExecutor for ScriptedTools {
    fn specs(&self) -> Vec<ToolSpec> {
        self.specs.clone()
    }

    async fn execute(&self, call: &ToolCall, _context: &ToolContext) -> ToolOutcome {
        hold(&self.calls).push(call.clone());
        let queued = hold(&self.queued).get_mut(&call.name).and_then(VecDeque::pop_front);
        match queued {
            Some(Answer::Outcome(outcome)) => outcome,
            Some(Answer::Meet(barrier)) => {
                barrier.wait().await;
                outcome("met")
            }
            Some(Answer::Hang) => std::future::pending().await,
            None => match self.standing.get(&call.name) {
                Some(outcome) => outcome.clone(),
                None => failure(&format!("Error: Tool '{}' not found", call.name)),
            },
        }
    }
}

/// A sandbox that knows its commands by heart.
#[derive(Debug, Default)]
pub struct FakeSandbox {
    known: HashMap<String, KnownCommand>,
    refused: Option<String>,
    requests: Mutex<Vec<SandboxRequest>>,
}

#[derive(Debug)]
struct KnownCommand {
    code: i32,
    output: String,
    takes: Duration,
}

impl FakeSandbox {
    /// Knows no command; an unknown one ends with code 127, as in a shell.
    pub fn new() -> Self {
        Self::default()
    }

    /// Knows a command that ends at once.
    #[must_use]
    pub fn on(self, command: &str, code: i32, output: &str) -> Self {
        self.on_slow(command, code, output, Duration::ZERO)
    }

    /// Knows a command that takes a while; no time passes, only the request's limit is compared.
    #[must_use]
    pub fn on_slow(mut self, command: &str, code: i32, output: &str, takes: Duration) -> Self {
        let known = KnownCommand { code, output: output.to_owned(), takes };
        self.known.insert(command.to_owned(), known);
        self
    }

    /// Refuses everything because this protection is missing.
    #[must_use]
    pub fn not_closed(mut self, missing: &str) -> Self {
        self.refused = Some(missing.to_owned());
        self
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<SandboxRequest> {
        hold(&self.requests).clone()
    }
}

#[async_trait]
impl Sandbox for FakeSandbox {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn protections(&self) -> Vec<Protection> {
        let is_live = self.refused.is_none();
        let detail = self.refused.clone().unwrap_or_else(|| "knows its commands by heart".to_owned());
        vec![Protection { name: "script", is_demanded: true, is_live, detail }]
    }

    async fn run(&self, request: &SandboxRequest) -> Result<SandboxResult, SandboxError> {
        hold(&self.requests).push(request.clone());
        if let Some(missing) = &self.refused {
            return Err(SandboxError::NotClosed { missing: missing.clone() });
        }
        let Some(known) = self.known.get(&request.command) else {
            let output = "not found".to_owned();
            return Ok(SandboxResult { code: Some(127), output, cut_chars: 0, sees_grants: false });
        };
        if known.takes > request.timeout {
            return Err(SandboxError::TimedOut(request.timeout));
        }
        let limit = usize::try_from(request.output_limit.get()).unwrap_or(usize::MAX);
        let end = known.output.floor_char_boundary(limit);
        let (shown, cut) = known.output.split_at(end);
        Ok(SandboxResult {
            code: Some(known.code),
            output: shown.to_owned(),
            cut_chars: u64::try_from(cut.chars().count()).unwrap_or(u64::MAX),
            sees_grants: false,
        })
    }

    async fn sweep(&self) {}

    async fn close(&self) {}
}

/// No labels at all: for contexts that test how labels join.
pub fn without_labels(mut context: ToolContext) -> ToolContext {
    context.labels = Labels::NONE;
    context
}

/// Arguments of one field.
pub fn argument(name: &str, value: impl Into<Value>) -> Value {
    json!({ name: value.into() })
}
