//! What became of a message that may be a command of an owner.

/// The desk's word on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminVerdict {
    /// It is no command and goes its way.
    NotACommand,
    /// It looks like one and is none here, or not of this sender. It goes its way; nobody is told that there are
    /// commands.
    Ignored {
        /// The command's name, if it is one of ours.
        command: String,
    },
    /// It was a command, and goes no further.
    Answered(AdminAnswer),
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminAnswer {
    /// The command's name; `unknown` for one that we do not have.
    pub command: String,
    /// Whether we have it.
    pub known: bool,
    /// What its sender is told.
    pub reply: String,
    /// What it did, for telemetry.
    pub facts: Vec<AdminFact>,
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminFact {
    /// A policy command ended.
    Executed {
        /// `applied`, `noop`, `denied`, `invalid` or `error`.
        outcome: &'static str,
        /// `dm` or `cli`.
        source: &'static str,
        /// Its name.
        command: String,
    },
    /// A command that changes the policy ran.
    Mutation {
        /// Its name.
        command: String,
        /// It only said what it would do.
        dry_run: bool,
    },
    /// A change was taken back, or not.
    Rollback {
        /// As for `Executed`.
        outcome: &'static str,
    },
    /// A session was cleared.
    SessionReset,
    /// The emergency stop was pressed.
    Panic,
    /// Spoken answers were set.
    VoiceMessages {
        /// To this mode.
        mode: String,
    },
}
