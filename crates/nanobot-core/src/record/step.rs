//! The steps of a turn as records.
//!
//! The machine that asks for steps is deterministic, so a step is known by its index: a turn that is resumed, or
//! replayed, asks for the same ones in the same order.

use serde::{Deserialize, Serialize};

use super::{ReplyRecord, ToolCallRecord};

/// A step is about to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepStarted {
    /// [`RECORD_VERSION`](super::RECORD_VERSION).
    pub v: u32,
    /// 0 for the turn's first step.
    pub index: u32,
    /// What runs.
    pub step: StepKind,
}

/// What a step is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepKind {
    /// A model call.
    Model {
        /// What its conversation is made of.
        labels: String,
        /// How many model calls the turn may make.
        limit: u32,
    },
    /// The brake for people who talk without end took the turn. The model call that words its text, if there is
    /// one, is the step behind it.
    Brake,
    /// A tool call.
    Tool {
        /// The call.
        call: ToolCallRecord,
        /// `pure`, `idempotent` or `once`; `refused` when policy or security forbade the call.
        class: String,
    },
}

/// A step has its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepDone {
    /// [`RECORD_VERSION`](super::RECORD_VERSION).
    pub v: u32,
    /// The index of the step that started.
    pub index: u32,
    /// The answer.
    pub answer: StepAnswer,
}

/// The answer of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepAnswer {
    /// The model answered.
    Model(ReplyRecord),
    /// The model failed.
    ModelFailed {
        /// The error's code.
        code: String,
    },
    /// The brake's text.
    Brake {
        /// The text.
        text: String,
    },
    /// The tool answered, or was refused.
    Tool {
        /// Its text.
        content: String,
        /// Where the text came from.
        labels: String,
        /// It could not do it.
        failed: bool,
    },
    /// A `once` tool was started by an attempt that did not live to see its end. It is not run again.
    OutcomeUnknown,
    /// A person stopped the turn here.
    Stopped {
        /// What had been shown of the answer.
        shown: String,
    },
}

/// What the journal knows about one step.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedStep {
    /// What was to run.
    pub started: StepStarted,
    /// What came of it; none when nobody lived to write it down.
    pub done: Option<StepDone>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ModelReply, Usage};

    #[test]
    fn a_sample_of_version_1_still_loads() {
        let sample = r#"{"v":1,"index":0,"answer":{"kind":"model","text":"hi","tool_calls":[{"id":"c1","name":"read_file","arguments":{"path":"a"}}],"finish":"tool_calls","usage":[12,null,3]}}"#;
        let done: StepDone = serde_json::from_str(sample).unwrap();
        let StepAnswer::Model(reply) = &done.answer else { panic!("not a model's answer") };
        let reply = ModelReply::try_from(reply.clone()).unwrap();
        assert_eq!(reply.usage, Usage { input: Some(12), output: Some(3), ..Usage::default() });
        assert_eq!(serde_json::to_string(&done).unwrap(), sample);

        for sample in [
            r#"{"v":1,"index":0,"step":{"kind":"model","labels":"owner","limit":20}}"#,
            r#"{"v":1,"index":0,"step":{"kind":"brake"}}"#,
            r#"{"v":1,"index":1,"step":{"kind":"tool","call":{"id":"c","name":"n","arguments":{}},"class":"once"}}"#,
        ] {
            let started: StepStarted = serde_json::from_str(sample).unwrap();
            assert_eq!(serde_json::to_string(&started).unwrap(), sample);
        }
        for sample in [
            r#"{"v":1,"index":1,"answer":{"kind":"tool","content":"2","labels":"tool","failed":false}}"#,
            r#"{"v":1,"index":1,"answer":{"kind":"outcome_unknown"}}"#,
            r#"{"v":1,"index":1,"answer":{"kind":"stopped","shown":"half"}}"#,
            r#"{"v":1,"index":0,"answer":{"kind":"brake","text":"a pause"}}"#,
            r#"{"v":1,"index":0,"answer":{"kind":"model_failed","code":"network"}}"#,
        ] {
            let done: StepDone = serde_json::from_str(sample).unwrap();
            assert_eq!(serde_json::to_string(&done).unwrap(), sample);
        }
    }
}
