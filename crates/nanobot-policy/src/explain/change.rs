//! The smallest change of a policy that turns an answer into none, or none into one. Found by trying: each candidate
//! is made on a copy, compiled and asked.

use std::fmt;

use super::rules::merged;
use crate::compile::CompileOptions;
use crate::document::schema::{ChannelPolicy, ChatOverride, Policy, ReplyMode, TalkMode};
use crate::document::{Document, Map};
use crate::engine::{Asked, Engine};
use crate::identity::{Actor, expand};

/// A policy has three gates: blocked senders, who may talk, when to reply. So more steps are never needed.
const MOST_EDITS: usize = 3;

/// Steps that together turn the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change(pub Vec<Edit>);

/// One step. It concerns the one chat that was asked about, unless it makes an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// A list gets one sender more. Where the chat has no such list yet, it gets the one that it inherits with him.
    Add {
        /// The list.
        path: String,
        /// The sender, as it is to be written.
        sender: String,
        /// So many entries are copied from an outer layer; lists of a chat replace those of the outer layers.
        inherited: usize,
    },
    /// Whatever means the sender goes from a list. Where the chat has no such list yet, it gets the rest of the one
    /// that it inherits.
    Remove {
        /// The list.
        path: String,
        /// The entries that go.
        entries: Vec<String>,
        /// So many entries are copied from an outer layer.
        inherited: usize,
    },
    /// A rule gets another word.
    Set {
        /// The rule.
        path: String,
        /// The word.
        word: &'static str,
    },
}

/// What can be tried, smallest first: one sender, the rule of one chat, an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Candidate {
    Unblock,
    Block,
    MayTalk,
    IsAnswered,
    Talk(TalkMode),
    Reply(ReplyMode),
    Own,
}

const TOWARDS_AN_ANSWER: [Candidate; 6] = [
    Candidate::Unblock,
    Candidate::MayTalk,
    Candidate::IsAnswered,
    Candidate::Reply(ReplyMode::All),
    Candidate::Talk(TalkMode::Everyone),
    Candidate::Own,
];
const TOWARDS_NONE: [Candidate; 2] = [Candidate::Block, Candidate::Reply(ReplyMode::Off)];

impl Change {
    /// None when the policy does not govern the channel.
    pub(super) fn smallest(policy: &Policy, engine: &Engine, asked: &Asked<'_>) -> Option<Self> {
        engine.governed_chat(asked)?;
        let is_answered = engine.decide(asked).respond;
        let candidates = if is_answered { TOWARDS_NONE.as_slice() } else { TOWARDS_AN_ANSWER.as_slice() };
        let known_tools = engine.known_tools.clone().into();
        let apply_channels = [asked.channel.to_owned()].into();
        let options = CompileOptions { apply_channels, known_tools, source: String::new() };
        let copy = pruned(policy, asked);
        // Fewer steps come first; among as many, those with the earlier candidates.
        (1..=MOST_EDITS).find_map(|steps| {
            combinations(candidates, steps).into_iter().find_map(|chosen| {
                let mut copy = copy.clone();
                let edits: Option<Vec<Edit>> =
                    chosen.iter().map(|candidate| candidate.make(&mut copy, asked)).collect();
                let turned =
                    Engine::compile(&Document::made(copy), &options).decide(asked).respond != is_answered;
                edits.filter(|_| turned).map(Self)
            })
        })
    }
}

impl Candidate {
    /// Makes it. None when there is nothing to make.
    fn make(self, policy: &mut Policy, asked: &Asked<'_>) -> Option<Edit> {
        let actor = Actor::of(asked.channel, asked.sender);
        let outer = merged(policy, asked.channel, asked.chat);
        if self == Self::Own {
            let sender = written(&actor)?;
            policy.owners.0.entry(asked.channel.to_owned()).or_default().push(sender.clone());
            return Some(Edit::Add { path: format!("owners.{}", asked.channel), sender, inherited: 0 });
        }
        let chat = chat(policy, asked);
        let path = |key: &str| format!("channels.{}.chats.{}.{key}", asked.channel, asked.chat);
        match self {
            Self::Own => None,
            Self::Block => {
                let list = &mut chat.blocked_senders.get_or_insert_default().senders;
                add(list, outer.blocked_senders.senders, &actor, path("blockedSenders.senders"))
            }
            Self::Unblock => {
                let list = &mut chat.blocked_senders.get_or_insert_default().senders;
                let path = path("blockedSenders.senders");
                remove(list, outer.blocked_senders.senders, asked.channel, &actor, path)
            }
            Self::MayTalk => {
                let list = &mut chat.who_can_talk.get_or_insert_default().senders;
                add(list, outer.who_can_talk.senders, &actor, path("whoCanTalk.senders"))
            }
            Self::IsAnswered => {
                let list = &mut chat.when_to_reply.get_or_insert_default().senders;
                add(list, outer.when_to_reply.senders, &actor, path("whenToReply.senders"))
            }
            Self::Talk(mode) => {
                chat.who_can_talk.get_or_insert_default().mode = Some(mode);
                Some(Edit::Set { path: path("whoCanTalk.mode"), word: mode.word() })
            }
            Self::Reply(mode) => {
                chat.when_to_reply.get_or_insert_default().mode = Some(mode);
                Some(Edit::Set { path: path("whenToReply.mode"), word: mode.word() })
            }
        }
    }
}

fn add(list: &mut Option<Vec<String>>, outer: Vec<String>, actor: &Actor, path: String) -> Option<Edit> {
    let sender = written(actor)?;
    let inherited = if list.is_none() { outer.len() } else { 0 };
    list.get_or_insert(outer).push(sender.clone());
    Some(Edit::Add { path, sender, inherited })
}

fn remove(
    list: &mut Option<Vec<String>>,
    outer: Vec<String>,
    channel: &str,
    actor: &Actor,
    path: String,
) -> Option<Edit> {
    let is_new = list.is_none();
    let means = |entry: &String| {
        let spellings = expand(channel, [entry]);
        actor.names().any(|name| spellings.contains(name))
    };
    let (entries, rest): (Vec<String>, Vec<String>) = outer.into_iter().partition(means);
    let inherited = if is_new { rest.len() } else { 0 };
    *list = Some(rest);
    (!entries.is_empty()).then_some(Edit::Remove { path, entries, inherited })
}

/// How a sender is written into a list: the first of his names that is no mere spelling of another one.
fn written(actor: &Actor) -> Option<String> {
    let plain = actor.aliases.iter().find(|name| !name.is_empty() && !name.starts_with(['@', '+']));
    plain.or(actor.aliases.first()).filter(|name| !name.is_empty()).cloned()
}

/// The part of a policy that decides about one chat.
fn pruned(policy: &Policy, asked: &Asked<'_>) -> Policy {
    let section = policy.channels.get(asked.channel);
    let chat = section.and_then(|section| section.chats.get(asked.chat)).cloned().unwrap_or_default();
    let channel = ChannelPolicy {
        default: section.map(|section| section.default.clone()).unwrap_or_default(),
        chats: Map::of([(asked.chat, chat)]),
    };
    let owners = policy.owners.get(asked.channel).cloned().unwrap_or_default();
    Policy {
        owners: Map::of([(asked.channel, owners)]),
        defaults: policy.defaults.clone(),
        channels: Map::of([(asked.channel, channel)]),
        ..Policy::default()
    }
}

fn chat<'p>(policy: &'p mut Policy, asked: &Asked<'_>) -> &'p mut ChatOverride {
    let channel = policy.channels.0.entry(asked.channel.to_owned()).or_default();
    channel.chats.0.entry(asked.chat.to_owned()).or_default()
}

/// All choices of so many, earlier ones first.
fn combinations(all: &[Candidate], size: usize) -> Vec<Vec<Candidate>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    let mut rest = all;
    while let Some((first, others)) = rest.split_first() {
        found.extend(combinations(others, size - 1).into_iter().map(|mut tail| {
            tail.insert(0, *first);
            tail
        }));
        rest = others;
    }
    found
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, edit) in self.0.iter().enumerate() {
            write!(f, "{}{edit}", if index > 0 { ", and " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inherited = match self {
            Self::Add { path, sender, inherited } => {
                write!(f, "add {sender:?} to {path}")?;
                *inherited
            }
            Self::Remove { path, entries, inherited } => {
                write!(
                    f,
                    "take {} out of {path}",
                    entries.iter().map(|entry| format!("{entry:?}")).collect::<Vec<_>>().join(" and ")
                )?;
                *inherited
            }
            Self::Set { path, word } => {
                write!(f, "set {path} to {word}")?;
                0
            }
        };
        if inherited > 0 {
            write!(f, " (and {inherited} more that the chat inherits, since its own list replaces them)")?;
        }
        Ok(())
    }
}
