//! What holds in one chat, ready to be asked: `defaults`, the channel and the chat, laid over each other.
//!
//! A chat shares with its channel whatever it does not say itself, so ten thousand chats cost what they say and no more.
//! Lists of senders are expanded here, once; see `identity.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::document::Overlay;
use crate::document::schema::{
    ChatOverride, ChatPolicy, ReplyMode, TalkMode, TalkativeCooldown, VoiceOutput,
};
use crate::identity::{Actor, expand};
use crate::tools::{Access, Toolset};
use crate::wake::WakePhrases;

/// A list of senders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Senders(BTreeSet<String>);

impl Senders {
    pub(crate) fn of(channel: &str, entries: &[String]) -> Self {
        Self(expand(channel, entries))
    }

    /// Whether somebody stands on it under any of his names.
    pub(crate) fn hold(&self, actor: &Actor) -> bool {
        !self.0.is_empty() && actor.names().any(|name| self.0.contains(name))
    }

    /// All names.
    pub(crate) fn names(&self) -> &BTreeSet<String> {
        &self.0
    }
}

/// A rule that may ask for a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule<M> {
    pub(crate) mode: M,
    pub(crate) senders: Arc<Senders>,
}

impl<M: Copy> Rule<M> {
    pub(crate) fn of(channel: &str, mode: M, senders: &[String]) -> Self {
        Self { mode, senders: Arc::new(Senders::of(channel, senders)) }
    }

    /// With what an inner layer says of it. Lists replace each other.
    pub(crate) fn overlaid(&self, channel: &str, mode: Option<M>, senders: Option<&Vec<String>>) -> Self {
        Self { mode: mode.unwrap_or(self.mode), senders: replaced(&self.senders, channel, senders) }
    }
}

fn replaced(outer: &Arc<Senders>, channel: &str, own: Option<&Vec<String>>) -> Arc<Senders> {
    own.map_or_else(|| Arc::clone(outer), |own| Arc::new(Senders::of(channel, own)))
}

/// Where a chat is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) channel: &'a str,
    /// All tools that there are.
    pub(crate) known_tools: &'a BTreeSet<String>,
}

/// What holds in one chat.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chat {
    pub(crate) who: Rule<TalkMode>,
    pub(crate) when: Rule<ReplyMode>,
    pub(crate) blocked: Arc<Senders>,
    pub(crate) tools: Arc<Toolset>,
    pub(crate) access: Arc<Access>,
    pub(crate) persona: Option<Arc<str>>,
    pub(crate) wake: Arc<WakePhrases>,
    pub(crate) voice: Arc<VoiceOutput>,
    pub(crate) cooldown: Arc<TalkativeCooldown>,
}

impl Chat {
    /// By the outermost layer alone.
    pub(crate) fn of(place: Place<'_>, policy: &ChatPolicy) -> Self {
        let channel = place.channel;
        Self {
            who: Rule::of(channel, policy.who_can_talk.mode, &policy.who_can_talk.senders),
            when: Rule::of(channel, policy.when_to_reply.mode, &policy.when_to_reply.senders),
            blocked: Arc::new(Senders::of(channel, &policy.blocked_senders.senders)),
            tools: Arc::new(Toolset::of(policy.allowed_tools.clone(), place.known_tools)),
            access: Arc::new(Access::of(channel, &policy.tool_access)),
            persona: policy.persona_file.as_deref().map(Arc::from),
            wake: Arc::new(WakePhrases::of(&policy.voice.input.wake_phrases)),
            voice: Arc::new(policy.voice.output.clone()),
            cooldown: Arc::new(policy.talkative_cooldown.clone()),
        }
    }

    /// With an inner layer.
    pub(crate) fn overlaid(&self, place: Place<'_>, over: &ChatOverride) -> Self {
        let (channel, mut chat) = (place.channel, self.clone());
        if let Some(over) = &over.who_can_talk {
            chat.who = self.who.overlaid(channel, over.mode, over.senders.as_ref());
        }
        if let Some(over) = &over.when_to_reply {
            chat.when = self.when.overlaid(channel, over.mode, over.senders.as_ref());
        }
        if let Some(over) = &over.blocked_senders {
            chat.blocked = replaced(&self.blocked, channel, over.senders.as_ref());
        }
        if let Some(over) = &over.allowed_tools {
            chat.tools = Arc::new(self.tools.overlaid(over, place.known_tools));
        }
        if let Some(over) = &over.tool_access {
            chat.access = Arc::new(self.access.overlaid(channel, over));
        }
        if let Some(file) = &over.persona_file {
            chat.persona = Some(Arc::from(file.as_str()));
        }
        if let Some(over) = &over.voice {
            if let Some(phrases) = over.input.as_ref().and_then(|input| input.wake_phrases.as_ref()) {
                chat.wake = Arc::new(WakePhrases::of(phrases));
            }
            if let Some(over) = &over.output {
                Arc::make_mut(&mut chat.voice).overlay(over);
            }
        }
        if let Some(over) = &over.talkative_cooldown {
            Arc::make_mut(&mut chat.cooldown).overlay(over);
        }
        chat
    }
}
