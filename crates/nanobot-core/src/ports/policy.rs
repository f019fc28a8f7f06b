//! Who may talk, when the assistant answers, with what.

use async_trait::async_trait;

use crate::decision::PolicyDecision;
use crate::event::InboundEvent;
use crate::ids::{ChannelName, SenderId};
use crate::ports::{ChainHead, StoreError};
use crate::time::Timestamp;

/// The compiled policy. Pure: the same event gets the same answer until the policy is exchanged.
pub trait PolicyEngine: Send + Sync {
    /// The name that `status` shows (`policy.json`, `allow_all`).
    fn name(&self) -> &'static str;

    /// Decides one event.
    fn evaluate(&self, event: &InboundEvent) -> PolicyDecision;

    /// Whether a tool may run now for this event. Asked at every call, so that a rule that was taken back
    /// during the turn counts.
    fn allows_tool(&self, event: &InboundEvent, tool: &str) -> bool;

    /// Whether the sender may still talk here. Asked before each step of a turn, so that a block stops it.
    fn accepts(&self, event: &InboundEvent) -> bool {
        self.evaluate(event).accept
    }

    /// The owners' identities on a channel, as the policy lists them.
    fn owners(&self, channel: &ChannelName) -> Vec<SenderId>;
}

/// Where the policy document lies, with the backups and the log of its changes.
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// When the document was last changed, or none when there is no file. Cheap: it is asked every second.
    ///
    /// # Errors
    /// When that cannot be told.
    async fn changed(&self) -> Result<Option<ChangeTime>, StoreError>;

    /// The document, or none when there is no file.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    async fn load(&self) -> Result<Option<PolicyFile>, StoreError>;

    /// Replaces the document in one act, if it is still what the change was made from: the backup, the row in the
    /// audit log, the row's link in the chain, the document. A crash in between is made whole by the next
    /// [`recover`](Self::recover). Answers the new head of the chain, which belongs into the journal.
    ///
    /// # Errors
    /// [`Busy`](crate::ports::StoreErrorKind::Busy) when somebody else was faster,
    /// [`Corrupt`](crate::ports::StoreErrorKind::Corrupt) when the chain is not what the journal knows; the usual
    /// kinds else. The document is unchanged then.
    async fn change(&self, change: &PolicyChange) -> Result<ChainHead, StoreError>;

    /// Makes whole or takes back what a crash left half done. `head` is what the journal knows. Answers the head of
    /// the chain as it is now; none while there is no chain.
    ///
    /// # Errors
    /// When it cannot be told, or not be made whole.
    async fn recover(&self, head: Option<&ChainHead>) -> Result<Option<ChainHead>, StoreError>;

    /// The last changes, newest first, at most `limit`. Rows that cannot be read are left out.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn history(&self, limit: usize) -> Result<Vec<ChangeRow>, StoreError>;

    /// The document as it was before a change, or none when there is no such backup.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    async fn backup(&self, change: &str) -> Result<Option<Vec<u8>>, StoreError>;
}

/// When a file was last changed, as its file system says it: nanoseconds since 1970, which may lie before 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeTime(pub i128);

/// The policy document as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// Its bytes; they need not be text.
    pub bytes: Vec<u8>,
    /// When it was last changed.
    pub changed: ChangeTime,
}

/// One change of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyChange {
    /// What the log says of it.
    pub row: ChangeRow,
    /// The document that it was made from, byte for byte; none when there was no file.
    pub seen: Option<Vec<u8>>,
    /// The head of the chain as the journal knows it; none before the first change.
    pub known: Option<ChainHead>,
    /// That document as a rollback brings it back.
    pub backup: String,
    /// The new document.
    pub text: String,
}

/// What the audit log says of a change. Field by field what the original writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its id: 32 lower-case hex digits.
    pub id: String,
    /// When, in UTC.
    pub at: Timestamp,
    /// Over which way: `dm` or `cli`.
    pub source: String,
    /// Who.
    pub actor: String,
    /// From which channel, if any.
    pub channel: Option<String>,
    /// From which chat, if any.
    pub chat: Option<String>,
    /// The command as it was written.
    pub command: String,
    /// Hash of the policy before.
    pub before_hash: String,
    /// Hash of the policy behind.
    pub after_hash: String,
    /// The change that a rollback took back, if it was one.
    pub rollback_of: Option<String>,
}

/// Where persona texts lie.
#[async_trait]
pub trait PersonaSource: Send + Sync {
    /// The text of a persona file, or none when there is no such file.
    ///
    /// # Errors
    /// When it is there and cannot be read, or lies outside the workspace.
    async fn persona(&self, file: &str) -> Result<Option<String>, StoreError>;
}
