//! Why a decision is what it is: the rules that decided, where each of them stands, and the smallest change of the
//! policy that would turn the answer.
//!
//! For people and for scripts that read the original's `policy explain`; its keys are the fields here. Nothing is
//! decided in this file: the engine is asked.

mod change;
mod rules;

use std::fmt;

use nanobot_core::decision::{NotesPolicy, PolicyDecision};

pub use change::{Change, Edit};
#[cfg(test)]
pub(crate) use rules::merged;
pub use rules::{Layer, RuleSource, RuleValue};

use crate::document::Document;
use crate::effective::Effective;
use crate::engine::{Asked, Engine};
use crate::identity::Actor;
use crate::notes::NotesSource;

/// A decision and its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Where the policy comes from.
    pub policy_source: String,
    /// The network.
    pub channel: String,
    /// The conversation.
    pub chat_id: String,
    /// Who was asked about, under all his names.
    pub sender: Actor,
    /// What holds in the chat; none on a channel that the policy neither governs nor names.
    pub effective_policy: Option<Effective>,
    /// What happens.
    pub decision: PolicyDecision,
    /// Quiet notes, and which settings decided about them.
    pub memory_notes: (NotesPolicy, NotesSource),
    /// The rules that decided, in the order in which they are asked.
    pub rules: Vec<RuleSource>,
    /// The smallest change that turns an answer into none, or none into one; none where no rule applies.
    pub change: Option<Change>,
}

/// Explains what `engine`, which was compiled from `document`, decides.
pub fn explain(document: &Document, engine: &Engine, asked: &Asked<'_>) -> Explanation {
    let decision = engine.decide(asked);
    Explanation {
        policy_source: decision.source.clone(),
        channel: asked.channel.to_owned(),
        chat_id: asked.chat.to_owned(),
        sender: Actor::of(asked.channel, asked.sender),
        effective_policy: engine.effective(asked.channel, asked.chat),
        memory_notes: (decision.notes.clone(), engine.notes_source(asked)),
        rules: rules::that_decided(document, engine, asked),
        change: Change::smallest(document.policy(), engine, asked),
        decision,
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PolicyDecision { accept, respond, allowed_tools, reason, .. } = &self.decision;
        writeln!(f, "{} {}, from {}", self.channel, self.chat_id, self.sender.aliases.join(" = "))?;
        let verdict = match (accept, respond) {
            (_, true) => "is answered",
            (true, false) => "may talk and is not answered",
            (false, false) => "may not talk",
        };
        writeln!(f, "{verdict}: {reason}")?;
        if *respond {
            let tools: Vec<&str> = allowed_tools.iter().map(String::as_str).collect();
            writeln!(f, "tools: {}", if tools.is_empty() { "none".to_owned() } else { tools.join(", ") })?;
        }
        for rule in &self.rules {
            writeln!(f, "  {rule}")?;
        }
        if let Some(change) = &self.change {
            writeln!(f, "to turn this: {change}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
