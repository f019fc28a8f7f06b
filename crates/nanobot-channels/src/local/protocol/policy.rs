//! Changes of the policy on the wire.

use nanobot_core::ports::{NotesEdit, PolicyAnswer, PolicyEdit};
use serde::{Deserialize, Serialize};

/// What is wanted of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyWish {
    /// An admin command as an owner would write it in a chat.
    Command(String),
    /// What is noted quietly in one chat.
    Notes {
        /// The network.
        channel: String,
        /// The conversation.
        chat: String,
        /// Whether; null for as the channel says.
        enabled: Option<bool>,
        /// How; null for as the channel says.
        mode: Option<String>,
        /// Also from senders who may not talk; null for as the channel says.
        allow_blocked: Option<bool>,
    },
    /// Names of groups.
    NameGroups {
        /// Id and name.
        names: Vec<(String, String)>,
        /// Also where a name stands already.
        overwrite: bool,
    },
    /// Who may talk, from the lists of an older configuration: channel and senders.
    MigrateAllowFrom(Vec<(String, Vec<String>)>),
}

/// The answer to `policy_edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyResult {
    /// `applied`, `noop`, `denied`, `invalid` or `error`.
    pub outcome: String,
    /// For people.
    pub reply: String,
    /// The command's name.
    pub command: String,
    /// Nothing was written.
    pub dry_run: bool,
    /// Hash of the policy before.
    pub before_hash: Option<String>,
    /// Hash of the policy behind.
    pub after_hash: Option<String>,
    /// The change, if one was written: what a rollback names.
    pub change: Option<String>,
}

impl From<PolicyWish> for PolicyEdit {
    fn from(wish: PolicyWish) -> Self {
        match wish {
            PolicyWish::Command(text) => Self::Command(text),
            PolicyWish::Notes { channel, chat, enabled, mode, allow_blocked } => {
                Self::Notes(NotesEdit { channel, chat, enabled, mode, allow_blocked })
            }
            PolicyWish::NameGroups { names, overwrite } => Self::NameGroups { names, overwrite },
            PolicyWish::MigrateAllowFrom(lists) => Self::MigrateAllowFrom(lists),
        }
    }
}

impl From<PolicyEdit> for PolicyWish {
    fn from(edit: PolicyEdit) -> Self {
        match edit {
            PolicyEdit::Command(text) => Self::Command(text),
            PolicyEdit::Notes(NotesEdit { channel, chat, enabled, mode, allow_blocked }) => {
                Self::Notes { channel, chat, enabled, mode, allow_blocked }
            }
            PolicyEdit::NameGroups { names, overwrite } => Self::NameGroups { names, overwrite },
            PolicyEdit::MigrateAllowFrom(lists) => Self::MigrateAllowFrom(lists),
        }
    }
}

impl From<PolicyAnswer> for PolicyResult {
    fn from(answer: PolicyAnswer) -> Self {
        let PolicyAnswer { outcome, reply, command, dry_run, before_hash, after_hash, change } = answer;
        Self { outcome, reply, command, dry_run, before_hash, after_hash, change }
    }
}
