//! The policy that is in force right now, as the pipeline asks it.

use std::sync::{Arc, PoisonError, RwLock};

use nanobot_core::decision::{PolicyDecision, ToolNames};
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{ChannelName, SenderId};
use nanobot_core::ports::PolicyEngine;
use tracing::field::Empty;

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

    /// Decides one event, without a span: for looks that are no part of a turn, and for those before each of its steps.
    pub(crate) fn decide(&self, event: &InboundEvent) -> PolicyDecision {
        let policy = self.get();
        let decision = policy.engine.evaluate(event);
        if policy.is_open(&event.channel) { decision } else { closed(decision) }
    }
}

impl PolicyEngine for LivePolicy {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn evaluate(&self, event: &InboundEvent) -> PolicyDecision {
        let channel = event.channel.as_str();
        let span = tracing::info_span!("policy.evaluate", channel, outcome = Empty);
        let decision = span.in_scope(|| self.decide(event));
        span.record("outcome", word(&decision));
        decision
    }

    fn allows_tool(&self, event: &InboundEvent, tool: &str) -> bool {
        let policy = self.get();
        policy.is_open(&event.channel) && policy.engine.allows_tool(event, tool)
    }

    fn accepts(&self, event: &InboundEvent) -> bool {
        self.decide(event).accept
    }

    fn owners(&self, channel: &ChannelName) -> Vec<SenderId> {
        self.get().engine.owners(channel)
    }
}

/// A decision in one word, for a span.
const fn word(decision: &PolicyDecision) -> &'static str {
    match (decision.accept, decision.respond) {
        (true, true) => "answer",
        (true, false) => "stay_silent",
        (false, _) => "refuse",
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
