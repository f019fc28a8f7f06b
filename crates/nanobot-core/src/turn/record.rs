//! The recorded form of a turn machine.

use serde::{Deserialize, Serialize};

use super::guard::LoopGuard;
use super::{State, TurnEnd, TurnLimits, TurnMachine};
use crate::model::{ChatMessage, ModelErrorKind, ToolCall, ToolSpec};
use crate::record::{MessageRecord, RECORD_VERSION, RecordError, ToolCallRecord};

/// A turn machine as the journal keeps it. Tool descriptions and pictures are not in it: the tools are those
/// on offer when it is restored, pictures lie in the blob store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnRecord {
    v: u32,
    messages: Vec<MessageRecord>,
    model_calls: u32,
    state: StateRecord,
    guard: GuardRecord,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum StateRecord {
    Model,
    Tools { calls: Vec<ToolCallRecord> },
    Approval { calls: Vec<ToolCallRecord> },
    Answered { text: String },
    Failed { code: String },
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct GuardRecord {
    last: Option<u64>,
    repeats: u32,
    tripped: bool,
}

impl TurnMachine {
    /// The state as a record.
    pub fn record(&self) -> TurnRecord {
        let LoopGuard { last, repeats, tripped } = self.guard.clone();
        TurnRecord {
            v: RECORD_VERSION,
            messages: self.messages.iter().map(MessageRecord::from).collect(),
            model_calls: self.model_calls,
            state: match &self.state {
                State::Model => StateRecord::Model,
                State::Tools(calls) => StateRecord::Tools { calls: records(calls) },
                State::Approval(calls) => StateRecord::Approval { calls: records(calls) },
                State::Done(TurnEnd::Answer(text)) => StateRecord::Answered { text: text.clone() },
                State::Done(TurnEnd::Failed(kind)) => StateRecord::Failed { code: kind.code().to_owned() },
                State::Done(TurnEnd::Cancelled) => StateRecord::Cancelled,
            },
            guard: GuardRecord { last, repeats, tripped },
        }
    }

    /// Takes up a recorded turn with the tools that are on offer now.
    ///
    /// # Errors
    /// When the record comes from a later version or names what this one does not know.
    pub fn restore(
        record: TurnRecord,
        tools: Vec<ToolSpec>,
        limits: TurnLimits,
    ) -> Result<Self, RecordError> {
        if record.v > RECORD_VERSION {
            return Err(RecordError::FromTheFuture { found: record.v });
        }
        let messages =
            record.messages.into_iter().map(ChatMessage::try_from).collect::<Result<Vec<_>, _>>()?;
        let GuardRecord { last, repeats, tripped } = record.guard;
        Ok(Self {
            messages,
            tools,
            limits: limits.with_floor(),
            state: match record.state {
                StateRecord::Model => State::Model,
                StateRecord::Tools { calls } => State::Tools(domain(calls)?),
                StateRecord::Approval { calls } => State::Approval(domain(calls)?),
                StateRecord::Answered { text } => State::Done(TurnEnd::Answer(text)),
                StateRecord::Failed { code } => State::Done(TurnEnd::Failed(parse_kind(&code)?)),
                StateRecord::Cancelled => State::Done(TurnEnd::Cancelled),
            },
            model_calls: record.model_calls,
            guard: LoopGuard { last, repeats, tripped },
        })
    }
}

fn records(calls: &[ToolCall]) -> Vec<ToolCallRecord> {
    calls.iter().map(ToolCallRecord::from).collect()
}

fn domain(calls: Vec<ToolCallRecord>) -> Result<Vec<ToolCall>, RecordError> {
    calls.into_iter().map(ToolCall::try_from).collect()
}

fn parse_kind(code: &str) -> Result<ModelErrorKind, RecordError> {
    ModelErrorKind::ALL
        .into_iter()
        .find(|kind| kind.code() == code)
        .ok_or_else(|| RecordError::UnknownWord { what: "model error", found: code.to_owned() })
}
