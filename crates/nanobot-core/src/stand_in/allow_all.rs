//! `allow_all`: everybody may talk, everybody is answered, every known tool is allowed.
//!
//! This is what the original answers when no policy engine is plugged in. It knows no owners: only the
//! operator's own terminal counts as one, because its peer is checked by user id.

use crate::decision::{CooldownPolicy, NotesPolicy, PolicyDecision, ToolNames, VoicePolicy};
use crate::event::InboundEvent;
use crate::ids::{ChannelName, SenderId};
use crate::ports::PolicyEngine;

/// A policy engine without a policy.
#[derive(Debug, Clone, Default)]
pub struct AllowAll {
    tools: ToolNames,
}

impl AllowAll {
    /// The name by which a configuration chooses it.
    pub const NAME: &'static str = "allow_all";

    /// Allows these tools and no others: the names that the tool executor offers.
    pub fn new<T: Into<String>>(known_tools: impl IntoIterator<Item = T>) -> Self {
        Self { tools: known_tools.into_iter().map(Into::into).collect() }
    }
}

impl PolicyEngine for AllowAll {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn evaluate(&self, event: &InboundEvent) -> PolicyDecision {
        PolicyDecision {
            accept: true,
            respond: true,
            allowed_tools: self.tools.clone(),
            reason: "policy_disabled".to_owned(),
            is_owner: event.channel.is_operator(),
            persona: None,
            notes: NotesPolicy::default(),
            voice: VoicePolicy::default(),
            cooldown: CooldownPolicy::default(),
            source: "disabled".to_owned(),
        }
    }

    fn allows_tool(&self, _event: &InboundEvent, tool: &str) -> bool {
        self.tools.contains(tool)
    }

    fn owners(&self, _channel: &ChannelName) -> Vec<SenderId> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::event;

    #[test]
    fn a_stranger_on_a_network_is_answered_and_owns_nothing() {
        let decision = AllowAll::new(["read_file"]).evaluate(&event::wa("hello").build());
        assert!(decision.accept && decision.respond);
        assert!(!decision.is_owner && !decision.notes.enabled);
        assert_eq!((decision.reason.as_str(), decision.source.as_str()), ("policy_disabled", "disabled"));
    }

    #[test]
    fn the_operators_terminal_is_the_only_owner() {
        let policy = AllowAll::default();
        assert!(policy.evaluate(&event::cli("hello").build()).is_owner);
        assert_eq!(policy.owners(&ChannelName::CLI), Vec::new());
    }

    #[test]
    fn only_known_tools_are_allowed() {
        let policy = AllowAll::new(["read_file"]);
        let event = event::wa("hello").build();
        assert!(policy.allows_tool(&event, "read_file"));
        assert!(!policy.allows_tool(&event, "exec"));
        assert_eq!(policy.evaluate(&event).allowed_tools, BTreeSet::from(["read_file".to_owned()]));
    }
}
