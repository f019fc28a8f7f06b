//! The turn machine: which step comes next between a question and its answer.
//!
//! It does no I/O and reads no clock. The responder asks [`TurnMachine::next`], does what it says, and feeds
//! the answer back. The whole state can be recorded and restored, so that a turn survives its process.

mod guard;
mod record;
mod repair;

use std::time::Duration;

use crate::label::Labels;
use crate::model::{ChatMessage, ModelCall, ModelErrorKind, ModelReply, ModelRequest, ToolCall, ToolSpec};
use crate::ports::ToolOutcome;

use guard::LoopGuard;
pub use record::TurnRecord;
pub use repair::repair;

/// What the chat gets when the model ended with no words (the original's text).
pub const EMPTY_ANSWER: &str = "🤔❓";
/// What the chat gets when the model never came to an end (the original's text).
pub const EXHAUSTED_ANSWER: &str = "⚙️❓";

const NO_OUTCOME: &str = "the tool gave no result";
const TOO_MANY: &str = "more tools were called in one step than are run; call it again if it is still needed";

/// Bounds of one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnLimits {
    /// Model calls, at least 1. The original: `agents.defaults.maxToolIterations`, 20.
    pub model_calls: u32,
    /// Tool calls that are taken from one model answer; the rest is refused.
    pub tool_calls_per_step: usize,
    /// How often the same calls may have the same results before tools are withheld.
    pub repeats: u32,
    /// What failing models may cost the turn in time: see [`ModelCall::patience`](crate::model::ModelCall).
    pub patience: Duration,
}

impl Default for TurnLimits {
    fn default() -> Self {
        Self { model_calls: 20, tool_calls_per_step: 16, repeats: 3, patience: ModelCall::PATIENCE }
    }
}

impl TurnLimits {
    /// At least one model call, whatever the settings say (the original's floor).
    fn with_floor(self) -> Self {
        Self { model_calls: self.model_calls.max(1), ..self }
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask the model.
    CallModel(ModelRequest),
    /// Run these tools, each through policy and the tool stage, and report all outcomes in order.
    CallTools(Vec<ToolCall>),
    /// Ask a person whether these tools may run.
    AwaitApproval(Vec<ToolCall>),
    /// The turn is over.
    Done(TurnEnd),
}

/// How a turn's conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnEnd {
    /// With these words.
    Answer(String),
    /// The model could not answer.
    Failed(ModelErrorKind),
    /// Somebody stopped it.
    Cancelled,
}

/// A person's word on tools that wait for approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// They may run.
    Granted,
    /// They may not.
    Refused,
}

/// The conversation of one turn and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnMachine {
    messages: Vec<ChatMessage>,
    tools: Vec<ToolSpec>,
    limits: TurnLimits,
    state: State,
    model_calls: u32,
    guard: LoopGuard,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Model,
    Tools(Vec<ToolCall>),
    Approval(Vec<ToolCall>),
    Done(TurnEnd),
}

impl TurnMachine {
    /// A turn over an assembled prompt. The history in it is repaired first: providers refuse tool results
    /// without their call, and calls without their result.
    pub fn new(messages: Vec<ChatMessage>, tools: Vec<ToolSpec>, limits: TurnLimits) -> Self {
        Self {
            messages: repair(messages),
            tools,
            limits: limits.with_floor(),
            state: State::Model,
            model_calls: 0,
            guard: LoopGuard::default(),
        }
    }

    /// What to do next. Asking twice gives the same answer.
    pub fn next(&self) -> Step {
        match &self.state {
            State::Model => Step::CallModel(self.request()),
            State::Tools(calls) => Step::CallTools(calls.clone()),
            State::Approval(calls) => Step::AwaitApproval(calls.clone()),
            State::Done(end) => Step::Done(end.clone()),
        }
    }

    /// The model answered. Ignored unless a model call was due.
    pub fn model_answered(&mut self, reply: ModelReply) {
        if self.state != State::Model {
            return;
        }
        self.model_calls += 1;
        let labels = self.labels();
        let calls =
            if self.guard.withholds_tools() { Vec::new() } else { repair::without_repeats(reply.tool_calls) };
        if calls.is_empty() {
            let words =
                if reply.text.trim().is_empty() { EMPTY_ANSWER.to_owned() } else { reply.text.clone() };
            self.messages.push(ChatMessage::Assistant { text: reply.text, tool_calls: calls, labels });
            self.state = State::Done(TurnEnd::Answer(words));
            return;
        }
        let run = calls.iter().take(self.limits.tool_calls_per_step).cloned().collect();
        self.messages.push(ChatMessage::Assistant { text: reply.text, tool_calls: calls, labels });
        self.state = State::Tools(run);
    }

    /// The model failed for good. Ends the turn.
    pub fn model_failed(&mut self, kind: ModelErrorKind) {
        if self.state == State::Model {
            self.state = State::Done(TurnEnd::Failed(kind));
        }
    }

    /// The tools answered, in the order of their calls. What the model asked for beyond the limit of one step,
    /// or got no outcome, is told to it as such.
    pub fn tools_answered(&mut self, outcomes: &[ToolOutcome]) {
        let State::Tools(calls) = &mut self.state else { return };
        let calls = std::mem::take(calls);
        self.state = State::Model;
        for (index, call) in self.asked().into_iter().enumerate() {
            let missing = refusal(if index < calls.len() { NO_OUTCOME } else { TOO_MANY }, Labels::NONE);
            self.push_result(&call, outcomes.get(index).filter(|_| index < calls.len()).unwrap_or(&missing));
        }
        self.guard.observe(&calls, outcomes, self.limits.repeats);
        if self.model_calls >= self.limits.model_calls {
            self.state = State::Done(TurnEnd::Answer(EXHAUSTED_ANSWER.to_owned()));
        }
    }

    /// The tools that are due need a person's word first.
    pub fn hold_for_approval(&mut self) {
        if let State::Tools(calls) = &mut self.state {
            self.state = State::Approval(std::mem::take(calls));
        }
    }

    /// The person has spoken.
    pub fn approval(&mut self, word: Approval) {
        let State::Approval(calls) = &mut self.state else { return };
        let calls = std::mem::take(calls);
        match word {
            Approval::Granted => self.state = State::Tools(calls),
            Approval::Refused => {
                let outcomes = vec![refusal("a person refused this call", Labels::NONE); calls.len()];
                self.state = State::Tools(calls);
                self.tools_answered(&outcomes);
            }
        }
    }

    /// Stops the turn wherever it is; a finished turn stays finished.
    pub fn cancel(&mut self) {
        if !matches!(self.state, State::Done(_)) {
            self.state = State::Done(TurnEnd::Cancelled);
        }
    }

    /// Everything that the conversation is made of so far.
    pub fn labels(&self) -> Labels {
        self.messages.iter().map(ChatMessage::labels).collect()
    }

    /// The calls of the model's last answer.
    fn asked(&self) -> Vec<ToolCall> {
        match self.messages.last() {
            Some(ChatMessage::Assistant { tool_calls, .. }) => tool_calls.clone(),
            _ => Vec::new(),
        }
    }

    fn request(&self) -> ModelRequest {
        let tools = if self.guard.withholds_tools() { Vec::new() } else { self.tools.clone() };
        ModelRequest { messages: self.messages.clone(), tools, ..ModelRequest::default() }
    }

    fn push_result(&mut self, call: &ToolCall, outcome: &ToolOutcome) {
        self.messages.push(ChatMessage::ToolResult {
            call: call.id.clone(),
            name: call.name.clone(),
            content: outcome.content.clone(),
            labels: outcome.labels,
        });
    }
}

fn refusal(why: &str, labels: Labels) -> ToolOutcome {
    ToolOutcome { content: format!("Error: {why}"), labels, failed: true }
}

#[cfg(test)]
mod tests;
