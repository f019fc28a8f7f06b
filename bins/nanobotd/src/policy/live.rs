//! The policy that is in force right now, as the pipeline asks it.

use std::sync::{Arc, PoisonError, RwLock};

use nanobot_core::decision::{PolicyDecision, ToolNames};
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{ChannelName, SenderId};
use nanobot_core::ports::PolicyEngine;

use super::in_force::InForce;

/// The policy in force. It is exchanged whole: a decision sees the one before or the one behind.
pub(crate) struct LivePolicy(RwLock<Arc<InForce>>);

impl LivePolicy {
    /// The name that `status` shows.
    pub(crate) const NAME: &'static str = "policy.json";

    pub(crate) fn new(policy: Arc<InForce>) -> Self {
        Self(RwLock::new(policy))
    }

    /// What is in force.
    pub(crate) fn get(&self) -> Arc<InForce> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on it is this one. Gives back the one before: throwing away ten thousand chats takes a while.
    #[must_use]
    pub(crate) fn replace(&self, policy: Arc<InForce>) -> Arc<InForce> {
        std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), policy)
    }
}

impl PolicyEngine for LivePolicy {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn evaluate(&self, event: &InboundEvent) -> PolicyDecision {
        let policy = self.get();
        let decision = policy.engine.evaluate(event);
        if policy.is_open(&event.channel) { decision } else { closed(decision) }
    }

    fn allows_tool(&self, event: &InboundEvent, tool: &str) -> bool {
        let policy = self.get();
        policy.is_open(&event.channel) && policy.engine.allows_tool(event, tool)
    }

    fn owners(&self, channel: &ChannelName) -> Vec<SenderId> {
        self.get().engine.owners(channel)
    }
}

/// Nobody may talk, whatever the rules say. What the decision says besides stays.
fn closed(decision: PolicyDecision) -> PolicyDecision {
    PolicyDecision {
        accept: false,
        respond: false,
        allowed_tools: ToolNames::default(),
        reason: "channel_closed".to_owned(),
        ..decision
    }
}
