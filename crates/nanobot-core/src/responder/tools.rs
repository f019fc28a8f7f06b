//! One round of tools: each call passes policy (as decided and as in force now), then the tool stage, is
//! recorded, runs, is recorded again.

use super::Run;
use crate::label::{Label, Labels};
use crate::model::{ToolCall, ToolClass};
use crate::ports::{StoreError, ToolContext, ToolOutcome};
use crate::record::{StepAnswer, StepKind, ToolCallRecord};
use crate::telemetry::{TelemetryEvent, ToolCallOutcome};
use crate::turn::TurnMachine;
use crate::verdict::SecurityVerdict;

impl Run<'_> {
    /// Runs the calls one after the other and feeds the machine.
    pub(super) async fn call_tools(
        &mut self,
        calls: &[ToolCall],
        machine: &mut TurnMachine,
    ) -> Result<(), StoreError> {
        let mut outcomes = Vec::with_capacity(calls.len());
        for call in calls {
            let labels = outcomes.iter().map(|o: &ToolOutcome| o.labels).collect::<Labels>();
            let Some(outcome) = self.call_tool(call, machine.labels().join(labels)).await? else {
                machine.cancel();
                return Ok(());
            };
            outcomes.push(outcome);
        }
        machine.tools_answered(&outcomes);
        Ok(())
    }

    /// One call; none when the turn was stopped meanwhile.
    async fn call_tool(
        &mut self,
        call: &ToolCall,
        labels: Labels,
    ) -> Result<Option<ToolOutcome>, StoreError> {
        if let Some(refused) = self.refuse(call, labels) {
            return Ok(Some(refused));
        }
        let step =
            self.start(StepKind::Tool { call: ToolCallRecord::from(call), class: self.class(call) }).await?;
        self.show_tool(&call.name);
        let context = self.context(labels);
        let ran = self.responder.with.tools.execute(call, &context);
        let Some(mut outcome) = self.turn.scope.cancel.race(ran).await else { return Ok(None) };
        outcome.labels = outcome.labels.join(Label::Tool.into());
        self.report(call, if outcome.failed { ToolCallOutcome::Failed } else { ToolCallOutcome::Ok });
        self.done(step, recorded(&outcome)).await?;
        Ok(Some(outcome))
    }

    /// The outcome of a call that may not run. The texts are the original's: prompts know them.
    fn refuse(&self, call: &ToolCall, labels: Labels) -> Option<ToolOutcome> {
        let allowed = self.turn.decision.allowed_tools.contains(&call.name)
            && self.responder.with.policy.allows_tool(self.turn.event, &call.name);
        if !allowed {
            self.report(call, ToolCallOutcome::DeniedByPolicy);
            return Some(refusal(format!("Error: Tool '{}' is blocked by policy for this chat.", call.name)));
        }
        match self.responder.with.security.check_tool(call, &self.security(labels)) {
            SecurityVerdict::Allow | SecurityVerdict::Warn(_) => None,
            SecurityVerdict::Block(finding) | SecurityVerdict::Sanitize(finding, _) => {
                self.report(call, ToolCallOutcome::DeniedBySecurity);
                let reason = finding.reason;
                Some(refusal(format!("Error: Tool call blocked by security middleware ({reason}).")))
            }
        }
    }

    fn context(&self, labels: Labels) -> ToolContext {
        ToolContext {
            turn: self.turn.scope.turn.clone(),
            session: self.turn.route.session(),
            channel: self.turn.route.channel.clone(),
            chat: self.turn.route.chat.clone(),
            sender: self.turn.event.sender.clone(),
            is_owner: self.turn.decision.is_owner,
            labels,
            cancel: self.turn.scope.cancel.clone(),
        }
    }

    /// An unknown tool cannot have an effect.
    fn class(&self, call: &ToolCall) -> String {
        let specs = self.responder.with.tools.specs();
        let class =
            specs.iter().find(|spec| spec.name == call.name).map_or(ToolClass::Pure, |spec| spec.class);
        match class {
            ToolClass::Pure => "pure",
            ToolClass::Idempotent => "idempotent",
            ToolClass::Once => "once",
        }
        .to_owned()
    }

    /// Models invent names, and a name is a metric label: one that is not on offer is reported as `unknown`.
    fn report(&self, call: &ToolCall, outcome: ToolCallOutcome) {
        let known = self.responder.with.tools.specs().iter().any(|spec| spec.name == call.name);
        let tool = if known { call.name.clone() } else { "unknown".to_owned() };
        self.responder.with.telemetry.record(&TelemetryEvent::ToolCall { tool, outcome });
    }
}

fn refusal(content: String) -> ToolOutcome {
    ToolOutcome { content, labels: Labels::NONE, failed: true }
}

fn recorded(outcome: &ToolOutcome) -> StepAnswer {
    StepAnswer::Tool {
        content: outcome.content.clone(),
        labels: outcome.labels.to_string(),
        failed: outcome.failed,
    }
}
