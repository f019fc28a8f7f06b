//! The policy that is in force right now, as the pipeline asks it.

use std::sync::{Arc, PoisonError, RwLock};

use nanobot_core::decision::PolicyDecision;
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

    /// From now on it is this one.
    pub(crate) fn replace(&self, policy: Arc<InForce>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = policy;
    }
}

impl PolicyEngine for LivePolicy {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn evaluate(&self, event: &InboundEvent) -> PolicyDecision {
        self.get().engine.evaluate(event)
    }

    fn allows_tool(&self, event: &InboundEvent, tool: &str) -> bool {
        self.get().engine.allows_tool(event, tool)
    }

    fn owners(&self, channel: &ChannelName) -> Vec<SenderId> {
        self.get().engine.owners(channel)
    }
}
