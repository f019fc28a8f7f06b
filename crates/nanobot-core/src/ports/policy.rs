//! Who may talk, when the assistant answers, with what.

use async_trait::async_trait;

use crate::decision::{Persona, PolicyDecision};
use crate::event::InboundEvent;
use crate::ids::{ChannelName, SenderId};
use crate::ports::StoreError;

/// The compiled policy. Pure: the same event gets the same answer until the policy is exchanged.
pub trait PolicyEngine: Send + Sync {
    /// The name that `status` shows (`policy.json`, `allow_all`).
    fn name(&self) -> &'static str;

    /// Decides one event.
    fn evaluate(&self, event: &InboundEvent) -> PolicyDecision;

    /// Whether a tool may run now for this event. Asked at every call, so that a rule that was taken back
    /// during the turn counts.
    fn allows_tool(&self, event: &InboundEvent, tool: &str) -> bool;

    /// The owners' identities on a channel, as the policy lists them.
    fn owners(&self, channel: &ChannelName) -> Vec<SenderId>;
}

/// Where the policy document lies.
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// The document in force, or none when there is no file.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    async fn load(&self) -> Result<Option<PolicySnapshot>, StoreError>;

    /// Replaces the document if it still has the hash that the caller has seen.
    ///
    /// # Errors
    /// [`Busy`](crate::ports::StoreErrorKind::Busy) when somebody else was faster; the usual kinds else.
    async fn save(&self, text: &str, seen_hash: Option<&str>) -> Result<PolicySnapshot, StoreError>;
}

/// One version of the policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySnapshot {
    /// The text.
    pub text: String,
    /// A hash of the text, in lower-case hex.
    pub hash: String,
}

/// Where persona texts lie.
#[async_trait]
pub trait PersonaSource: Send + Sync {
    /// The text of a persona file, or none when there is no such file.
    ///
    /// # Errors
    /// When it is there and cannot be read, or lies outside the workspace.
    async fn persona(&self, file: &str) -> Result<Option<Persona>, StoreError>;
}
