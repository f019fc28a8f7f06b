//! What a command came to: the answer, and what must be done for it. Nothing is done here.

use std::time::Duration;

use nanobot_core::admin::{AdminAnswer, AdminFact};
use nanobot_core::ports::ChangeRow;
use nanobot_core::time::Timestamp;

use super::Speaker;
use crate::document::Document;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done; for a dry run: it would be.
    Applied,
    /// There was nothing to change.
    Noop,
    /// Not now, or not by this sender.
    Denied,
    /// It says nothing that can be done.
    Invalid,
    /// It could not be done.
    Error,
}

impl Outcome {
    /// The word in logs and metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Noop => "noop",
            Self::Denied => "denied",
            Self::Invalid => "invalid",
            Self::Error => "error",
        }
    }
}

/// Which command it was, for telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One that changes nothing.
    Question,
    /// One behind `/policy`, or one that answers the notice of a new chat, that changes the policy.
    Change,
    /// One that takes a change back.
    Rollback,
    /// One of a chat itself: `/commands`, `/reset`, `/voicemessages`, `/panic`.
    Chat,
}

/// The hashes of a policy before and behind a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashes {
    /// Before.
    pub before: String,
    /// Behind; the same where nothing changed.
    pub after: String,
}

/// A policy that is to be saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The new policy.
    pub document: Document,
    /// The same as it is saved.
    pub text: String,
    /// The policy that it was made from, as a rollback brings it back.
    pub backup: String,
    /// Their hashes.
    pub hashes: Hashes,
    /// The change that this one takes back.
    pub rollback_of: Option<String>,
}

impl Change {
    /// What the log says of it. Id and time come from outside; `command` is the message as it was written.
    pub fn row(&self, id: String, at: Timestamp, speaker: &Speaker<'_>, command: &str) -> ChangeRow {
        ChangeRow {
            id,
            at,
            source: speaker.way.word().to_owned(),
            actor: speaker.sender.to_owned(),
            channel: Some(speaker.channel.to_owned()),
            chat: Some(speaker.chat.to_owned()),
            command: command.to_owned(),
            before_hash: self.hashes.before.clone(),
            after_hash: self.hashes.after.clone(),
            rollback_of: self.rollback_of.clone(),
        }
    }
}

/// What is to be done besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The session of the chat where the command was given is cleared; the answer is [`reset_reply`](super::reset_reply).
    ResetSession,
    /// The emergency stop: everything ends behind this time.
    Panic {
        /// So that the answer can leave first; zero for at once.
        delay: Duration,
    },
}

/// A command that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Executed {
    /// Its name; `unknown` for one that does not exist, since names are labels of metrics.
    pub command: &'static str,
    /// Whether it exists.
    pub known: bool,
    /// What kind of command it is.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// What its sender is told.
    pub reply: String,
    /// It only said what it would do.
    pub dry_run: bool,
    /// The policy before and behind it, where it came to that.
    pub hashes: Option<Hashes>,
    /// What is to be saved; boxed, as most commands save nothing.
    pub change: Option<Box<Change>>,
    /// What is to be done besides.
    pub effect: Option<Effect>,
    /// The mode of spoken answers that was set.
    pub voice: Option<&'static str>,
    /// A policy command got as far as its handler, so a rollback counts as one.
    pub(super) is_rollback: bool,
}

/// The name of a command that does not exist.
const UNKNOWN: &str = "unknown";

impl Executed {
    pub(super) fn new(command: &'static str, kind: Kind, outcome: Outcome, reply: impl Into<String>) -> Self {
        Self {
            command,
            known: true,
            kind,
            outcome,
            reply: reply.into(),
            dry_run: false,
            hashes: None,
            change: None,
            effect: None,
            voice: None,
            is_rollback: false,
        }
    }

    pub(super) fn unknown(reply: String) -> Self {
        Self { known: false, ..Self::new(UNKNOWN, Kind::Chat, Outcome::Invalid, reply) }
    }

    /// The same command when its change could not be saved. `why` is one line without secrets.
    #[must_use]
    pub fn not_saved(self, why: &str) -> Self {
        let reply = format!("Failed to write policy: {why}");
        Self { outcome: Outcome::Error, reply, change: None, effect: None, voice: None, ..self }
    }

    /// A command that could not be looked at. `why` is one line without secrets.
    pub fn failed(why: &str) -> Self {
        Self::new("policy", Kind::Question, Outcome::Error, format!("Failed to run the command: {why}"))
    }

    /// Whether it was a rollback that got as far as looking for its change.
    pub fn is_rollback(&self) -> bool {
        self.is_rollback
    }

    /// What telemetry counts.
    pub fn facts(&self, speaker: &Speaker<'_>) -> Vec<AdminFact> {
        let mut facts = Vec::new();
        let is_policy = match self.kind {
            Kind::Question | Kind::Change | Kind::Rollback => true,
            Kind::Chat => false,
        };
        if is_policy {
            let (outcome, source) = (self.outcome.word(), speaker.way.word());
            facts.push(AdminFact::Executed { outcome, source, command: self.command.to_owned() });
        }
        if matches!(self.kind, Kind::Change | Kind::Rollback) {
            facts.push(AdminFact::Mutation { command: self.command.to_owned(), dry_run: self.dry_run });
        }
        if self.is_rollback {
            facts.push(AdminFact::Rollback { outcome: self.outcome.word() });
        }
        facts.extend(self.effect.as_ref().map(|effect| match effect {
            Effect::ResetSession => AdminFact::SessionReset,
            Effect::Panic { .. } => AdminFact::Panic,
        }));
        facts.extend(self.voice.map(|mode| AdminFact::VoiceMessages { mode: mode.to_owned() }));
        facts
    }

    /// As the pipeline takes it.
    pub fn answer(self, speaker: &Speaker<'_>) -> AdminAnswer {
        let facts = self.facts(speaker);
        AdminAnswer { command: self.command.to_owned(), known: self.known, reply: self.reply, facts }
    }
}
