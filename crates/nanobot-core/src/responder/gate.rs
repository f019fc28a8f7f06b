//! Whether a tool call may run: the policy as decided and as in force now, then what the conversation is made of,
//! then the tool stage of the security gate.

use std::time::Duration;

use super::Run;
use crate::label::{Label, Labels};
use crate::model::ToolCall;
use crate::ports::ToolOutcome;
use crate::telemetry::ToolCallOutcome;
use crate::verdict::SecurityVerdict;

/// Tools that run or change something on the word of the conversation.
const HELD: [&str; 3] = ["exec", "write_file", "edit_file"];

/// Origins that nobody who may command vouches for. While one of them is in the conversation its words could be the
/// ones that the model obeys.
const FOREIGN: [(Label, &str); 3] = [
    (Label::Stranger, "a stranger"),
    (Label::Web, "the web"),
    (Label::File, "a file from outside of the workspace"),
];

impl Run<'_> {
    /// The outcome of a call that may not run. The texts are the original's where it has them: prompts know them.
    pub(super) fn refuse(&self, call: &ToolCall, labels: Labels) -> Option<ToolOutcome> {
        let allowed = self.turn.decision.allowed_tools.contains(&call.name)
            && self.responder.with.policy.allows_tool(self.turn.event, &call.name);
        if !allowed {
            self.report(call, ToolCallOutcome::DeniedByPolicy, Duration::ZERO);
            return Some(blocked_by_policy(call));
        }
        if let Some(origin) = foreign_origin(&call.name, labels) {
            self.report(call, ToolCallOutcome::DeniedByOrigin, Duration::ZERO);
            return Some(refusal(format!(
                "Error: Tool '{}' is off in this conversation, because it holds text from {origin}.",
                call.name
            )));
        }
        match self.responder.with.security.check_tool(call, &self.security(labels)) {
            SecurityVerdict::Allow | SecurityVerdict::Warn(_) => None,
            SecurityVerdict::Block(finding) | SecurityVerdict::Sanitize(finding, _) => {
                self.report(call, ToolCallOutcome::DeniedBySecurity, Duration::ZERO);
                let reason = finding.reason;
                Some(refusal(format!("Error: Tool call blocked by security middleware ({reason}).")))
            }
        }
    }
}

/// The foreign origin, in words, that keeps a tool off.
fn foreign_origin(tool: &str, labels: Labels) -> Option<&'static str> {
    let is_held = HELD.contains(&tool);
    FOREIGN.iter().find(|(label, _)| is_held && labels.contains(*label)).map(|(_, words)| *words)
}

pub(super) fn blocked_by_policy(call: &ToolCall) -> ToolOutcome {
    refusal(format!("Error: Tool '{}' is blocked by policy for this chat.", call.name))
}

fn refusal(content: String) -> ToolOutcome {
    ToolOutcome { content, labels: Labels::NONE, failed: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_keeps_off_what_acts_and_nothing_else() {
        for (label, _) in FOREIGN {
            let labels = Labels::from(Label::Owner).join(label.into());
            assert!(HELD.iter().all(|tool| foreign_origin(tool, labels).is_some()), "{label:?}");
            assert_eq!(foreign_origin("read_file", labels), None);
        }
        let own = [Label::Owner, Label::AllowedSender, Label::Tool, Label::Memory, Label::Skill];
        let own = own.into_iter().map(Labels::from).collect::<Labels>();
        assert!(HELD.iter().all(|tool| foreign_origin(tool, own).is_none()));
    }
}
