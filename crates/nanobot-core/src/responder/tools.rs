//! One round of tools: each call passes the gate (`gate.rs`), is recorded, runs, is recorded again. Calls that only
//! read and stand beside each other run at once. A call that an earlier attempt made is taken from the record.

use std::time::Duration;

use super::Run;
use super::gate::blocked_by_policy;
use super::steps::{Claim, misfit};
use crate::cancel::StopReason;
use crate::label::{Label, Labels};
use crate::model::{ToolCall, ToolClass};
use crate::ports::{StoreError, ToolContext, ToolOutcome};
use crate::record::{RecordedStep, StepAnswer, StepKind, ToolCallRecord};
use crate::telemetry::{TelemetryEvent, ToolCallOutcome};
use crate::together::together;
use crate::turn::TurnMachine;

/// The recorded class of a call that only reads.
const PURE: &str = "pure";
/// The recorded class of a call that must not run twice.
const ONCE: &str = "once";
/// The recorded class of a call that policy or security forbade.
const REFUSED: &str = "refused";

/// What becomes of a call that is due.
enum Due {
    /// An earlier attempt has its outcome.
    Answered(ToolOutcome),
    /// It may not run.
    Refused { index: u32, outcome: ToolOutcome },
    /// It runs.
    Run { index: u32, key: String },
}

impl Run<'_> {
    /// Runs the calls and feeds the machine.
    pub(super) async fn call_tools(
        &mut self,
        calls: &[ToolCall],
        machine: &mut TurnMachine,
    ) -> Result<(), StoreError> {
        let mut outcomes: Vec<ToolOutcome> = Vec::with_capacity(calls.len());
        let mut rest = calls;
        while !rest.is_empty() {
            let readers = rest.iter().take_while(|call| self.class(call) == PURE).count();
            let (round, behind) = rest.split_at(readers.max(1));
            let labels = outcomes.iter().map(|outcome| outcome.labels).collect::<Labels>();
            let Some(answered) = self.call_at_once(round, machine.labels().join(labels)).await? else {
                machine.cancel();
                return Ok(());
            };
            outcomes.extend(answered);
            rest = behind;
        }
        machine.tools_answered(&outcomes);
        Ok(())
    }

    /// Calls that may run at the same time; none when the turn was stopped meanwhile. All are announced before the
    /// first one runs, and their answers are written down in the order of the calls: the record of a turn does not
    /// tell which of them was the fastest.
    async fn call_at_once(
        &mut self,
        calls: &[ToolCall],
        labels: Labels,
    ) -> Result<Option<Vec<ToolOutcome>>, StoreError> {
        let mut due = Vec::with_capacity(calls.len());
        for call in calls {
            let Some(next) = self.announce(call, labels).await? else { return Ok(None) };
            due.push(next);
        }
        let ran = together(due.iter().zip(calls).filter_map(|(due, call)| match due {
            Due::Run { key, .. } => Some(self.run(key.clone(), call, labels)),
            Due::Answered(_) | Due::Refused { .. } => None,
        }));
        let mut ran = ran.await.into_iter();
        let mut outcomes = Vec::with_capacity(calls.len());
        for due in due {
            let (index, outcome) = match due {
                Due::Answered(outcome) => {
                    outcomes.push(Some(outcome));
                    continue;
                }
                Due::Refused { index, outcome } => (index, Some(outcome)),
                Due::Run { index, .. } => (index, ran.next().flatten()),
            };
            match &outcome {
                Some(outcome) => self.record(index, answer_of(outcome)).await?,
                None => self.stopped(index).await?,
            }
            outcomes.push(outcome);
        }
        Ok(outcomes.into_iter().collect())
    }

    /// Writes down that a call is due, unless an earlier attempt did; none when a person stopped the turn there.
    async fn announce(&mut self, call: &ToolCall, labels: Labels) -> Result<Option<Due>, StoreError> {
        let key = self.steps.key();
        // Only a call that nobody announced before is judged before it is announced.
        let before = self.steps.recorded().map(class_of);
        let refused = if before.is_none() { self.refuse(call, labels) } else { None };
        let class = before.unwrap_or_else(|| if refused.is_some() { REFUSED } else { self.class(call) });
        let step = StepKind::Tool { call: ToolCallRecord::from(call), class: class.to_owned() };
        let (index, refused) = match self.steps.claim(step).await? {
            Claim::Taken(answer) => return Ok(self.taken(*answer)?.map(Due::Answered)),
            Claim::Free(index) => (index, refused),
            Claim::Interrupted(index) if class == ONCE => {
                self.unrecorded = true;
                self.record(index, StepAnswer::OutcomeUnknown).await?;
                return Ok(Some(Due::Answered(outcome_unknown())));
            }
            // What was refused once stays refused, also if it is allowed now.
            Claim::Interrupted(index) if class == REFUSED => {
                (index, Some(self.refuse(call, labels).unwrap_or_else(|| blocked_by_policy(call))))
            }
            Claim::Interrupted(index) => (index, self.refuse(call, labels)),
        };
        self.unrecorded = has_effect(class);
        Ok(Some(match refused {
            Some(outcome) => Due::Refused { index, outcome },
            None => Due::Run { index, key },
        }))
    }

    /// Runs a call that may run; none when the turn was stopped meanwhile.
    async fn run(&self, key: String, call: &ToolCall, labels: Labels) -> Option<ToolOutcome> {
        self.show_tool(&call.name);
        let context = self.context(key, labels);
        let clock = self.responder.with.clock.as_ref();
        let began = clock.now().instant;
        let ran = self.responder.with.tools.execute(call, &context);
        let mut outcome = self.turn.scope.cancel.race(ran).await?;
        outcome.labels = outcome.labels.join(Label::Tool.into());
        let took = clock.now().instant.duration_since(began).try_into().unwrap_or_default();
        self.report(call, if outcome.failed { ToolCallOutcome::Failed } else { ToolCallOutcome::Ok }, took);
        Some(outcome)
    }

    /// A person's stop is part of the record, with what they had seen; a shutdown is not.
    async fn stopped(&mut self, index: u32) -> Result<(), StoreError> {
        if self.turn.scope.cancel.reason() == Some(StopReason::Person) {
            self.record(index, StepAnswer::Stopped { shown: self.shown.clone() }).await?;
        }
        Ok(())
    }

    async fn record(&mut self, index: u32, answer: StepAnswer) -> Result<(), StoreError> {
        self.steps.done(index, answer).await?;
        self.unrecorded = false;
        Ok(())
    }

    /// The outcome that an earlier attempt wrote down; none when a person stopped the turn there.
    fn taken(&mut self, answer: StepAnswer) -> Result<Option<ToolOutcome>, StoreError> {
        match answer {
            StepAnswer::Tool { content, labels, failed } => {
                Ok(Some(ToolOutcome { content, labels: Labels::parse(&labels), failed }))
            }
            StepAnswer::OutcomeUnknown => Ok(Some(outcome_unknown())),
            StepAnswer::Stopped { shown } => {
                self.shown = shown;
                Ok(None)
            }
            StepAnswer::Model(_) | StepAnswer::ModelFailed { .. } | StepAnswer::Brake { .. } => {
                Err(misfit(0))
            }
        }
    }

    fn context(&self, key: String, labels: Labels) -> ToolContext {
        ToolContext {
            turn: self.turn.scope.turn.clone(),
            key,
            session: self.turn.route.session(),
            channel: self.turn.route.channel.clone(),
            chat: self.turn.route.chat.clone(),
            sender: self.turn.event.sender.clone(),
            // As decided, and as in force now: a grant may hang on it.
            is_owner: self.turn.decision.is_owner
                && self.responder.with.policy.evaluate(self.turn.event).is_owner,
            labels,
            cancel: self.turn.scope.cancel.clone(),
        }
    }

    /// An unknown tool cannot have an effect.
    fn class(&self, call: &ToolCall) -> &'static str {
        let specs = self.responder.with.tools.specs();
        let class =
            specs.iter().find(|spec| spec.name == call.name).map_or(ToolClass::Pure, |spec| spec.class);
        match class {
            ToolClass::Pure => PURE,
            ToolClass::Idempotent => "idempotent",
            ToolClass::Once => ONCE,
        }
    }

    /// Models invent names, and a name is a metric label: one that is not on offer is reported as `unknown`.
    pub(super) fn report(&self, call: &ToolCall, outcome: ToolCallOutcome, took: Duration) {
        let known = self.responder.with.tools.specs().iter().any(|spec| spec.name == call.name);
        let name = if known { call.name.clone() } else { "unknown".to_owned() };
        self.responder.with.telemetry.record(&TelemetryEvent::ToolCall { tool: name, outcome, took });
    }
}

fn answer_of(outcome: &ToolOutcome) -> StepAnswer {
    StepAnswer::Tool {
        content: outcome.content.clone(),
        labels: outcome.labels.to_string(),
        failed: outcome.failed,
    }
}

/// The recorded class of a call; none of them for a step that is no call.
fn class_of(step: &RecordedStep) -> &str {
    match &step.started.step {
        StepKind::Tool { class, .. } => class,
        StepKind::Model { .. } | StepKind::Brake => "",
    }
}

/// Whether something may have happened once a call of this class was announced.
fn has_effect(class: &str) -> bool {
    !matches!(class, PURE | REFUSED)
}

fn outcome_unknown() -> ToolOutcome {
    let content = "Error: outcome unknown: this call was started before a restart, and nobody knows whether it \
                   took effect. It is not run again. Do not call it again by yourself; tell the person.";
    ToolOutcome { content: content.to_owned(), labels: Label::Tool.into(), failed: true }
}
