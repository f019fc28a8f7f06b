//! What holds in one chat, ready to be asked: `defaults`, the channel and the chat, laid over each other.
//!
//! A chat shares with its channel whatever it does not say itself, and with others what they say alike, so ten thousand
//! chats cost what they say and no more.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::map::Slice;

use crate::document::Overlay;
use crate::document::schema::{
    AllowedToolsOverride, ChatOverride, ChatPolicy, ReplyMode, TalkMode, TalkativeCooldown,
    TalkativeCooldownOverride, ToolRuleOverride, VoiceOutput, VoiceOutputOverride,
};
use crate::identity::Actor;
use crate::senders::Senders;
use crate::shared::Shared;
use crate::tools::{Access, Offer, Toolset};
use crate::wake::WakePhrases;

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

impl Rule<TalkMode> {
    /// Whether somebody is among those whom it means.
    pub(crate) fn allows(&self, actor: &Actor, is_owner: bool) -> bool {
        match self.mode {
            TalkMode::Everyone => true,
            TalkMode::Allowlist => self.senders.hold(actor),
            TalkMode::OwnerOnly => is_owner,
        }
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
    pub(crate) offer: Arc<Offer>,
    pub(crate) persona: Option<Arc<str>>,
    pub(crate) wake: Arc<WakePhrases>,
    pub(crate) voice: Arc<VoiceOutput>,
    pub(crate) cooldown: Arc<TalkativeCooldown>,
}

impl Chat {
    /// By the outermost layer alone.
    pub(crate) fn of(place: Place<'_>, policy: &ChatPolicy) -> Self {
        let channel = place.channel;
        let tools = Toolset::of(policy.allowed_tools.clone(), place.known_tools);
        let access = Access::of(channel, &policy.tool_access);
        Self {
            who: Rule::of(channel, policy.who_can_talk.mode, &policy.who_can_talk.senders),
            when: Rule::of(channel, policy.when_to_reply.mode, &policy.when_to_reply.senders),
            blocked: Arc::new(Senders::of(channel, &policy.blocked_senders.senders)),
            offer: Arc::new(Offer::of(tools, access)),
            persona: policy.persona_file.as_deref().map(Arc::from),
            wake: Arc::new(WakePhrases::of(&policy.voice.input.wake_phrases)),
            voice: Arc::new(policy.voice.output.clone()),
            cooldown: Arc::new(policy.talkative_cooldown.clone()),
        }
    }
}

/// What chats say over what their channel says.
pub(crate) struct Overlays<'d> {
    place: Place<'d>,
    outer: &'d Chat,
    offers: Shared<Offered<'d>, Offer>,
    wake: Shared<&'d [String], WakePhrases>,
    voice: Shared<&'d VoiceOutputOverride, VoiceOutput>,
    cooldown: Shared<&'d TalkativeCooldownOverride, TalkativeCooldown>,
}

/// What is said of tools, and the rules for single ones. These are told apart by their order as well: of two names
/// for one tool the later one counts.
type Offered<'d> = (Option<&'d AllowedToolsOverride>, Option<&'d Slice<String, ToolRuleOverride>>);

impl<'d> Overlays<'d> {
    /// On top of this.
    pub(crate) fn over(outer: &'d Chat, place: Place<'d>) -> Self {
        let (offers, wake) = (Shared::default(), Shared::default());
        Self { place, outer, offers, wake, voice: Shared::default(), cooldown: Shared::default() }
    }

    /// What holds in a chat that says this.
    pub(crate) fn chat(&mut self, over: &'d ChatOverride) -> Chat {
        let (outer, channel) = (self.outer, self.place.channel);
        let mut chat = outer.clone();
        if let Some(over) = &over.who_can_talk {
            chat.who = outer.who.overlaid(channel, over.mode, over.senders.as_ref());
        }
        if let Some(over) = &over.when_to_reply {
            chat.when = outer.when.overlaid(channel, over.mode, over.senders.as_ref());
        }
        if let Some(over) = &over.blocked_senders {
            chat.blocked = replaced(&outer.blocked, channel, over.senders.as_ref());
        }
        if over.allowed_tools.is_some() || over.tool_access.is_some() {
            chat.offer = self.offer(over);
        }
        if let Some(file) = &over.persona_file {
            chat.persona = Some(Arc::from(file.as_str()));
        }
        if let Some(over) = &over.voice {
            if let Some(phrases) = over.input.as_ref().and_then(|input| input.wake_phrases.as_ref()) {
                chat.wake = self.wake.of(phrases, || WakePhrases::of(phrases));
            }
            if let Some(over) = &over.output {
                chat.voice = self.voice.of(over, || overlaid(&outer.voice, over));
            }
        }
        if let Some(over) = &over.talkative_cooldown {
            chat.cooldown = self.cooldown.of(over, || overlaid(&outer.cooldown, over));
        }
        chat
    }

    fn offer(&mut self, over: &'d ChatOverride) -> Arc<Offer> {
        let (tools, access) = (over.allowed_tools.as_ref(), over.tool_access.as_ref());
        let (Offer { tools: outer_tools, access: outer_access, .. }, place) =
            (&*self.outer.offer, self.place);
        self.offers.of((tools, access.map(|rules| rules.0.as_slice())), || {
            let tools = tools.map(|over| outer_tools.overlaid(over, place.known_tools));
            let access = access.map(|over| outer_access.overlaid(place.channel, over));
            Offer::of(
                tools.unwrap_or_else(|| outer_tools.clone()),
                access.unwrap_or_else(|| outer_access.clone()),
            )
        })
    }
}

fn overlaid<T: Overlay + Clone>(outer: &T, over: &T::Over) -> T {
    let mut inner = outer.clone();
    inner.overlay(over);
    inner
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Map;

    fn says(rules: [(&str, TalkMode); 2]) -> ChatOverride {
        let rule = |mode| ToolRuleOverride { mode: Some(mode), senders: None };
        let tool_access = Map::of(rules.map(|(tool, mode)| (tool, rule(mode))));
        ChatOverride { tool_access: Some(tool_access), ..ChatOverride::default() }
    }

    #[test]
    fn chats_share_what_they_say_alike_and_not_what_they_say_in_another_order() {
        let known_tools = ["cron", "exec"].map(str::to_owned).into();
        let place = Place { channel: "irc", known_tools: &known_tools };
        let outer = Chat::of(place, &ChatPolicy::default());
        // Both names mean one tool, and the later one counts.
        let closed = says([("exec ", TalkMode::Everyone), ("exec", TalkMode::OwnerOnly)]);
        let again = closed.clone();
        let open = says([("exec", TalkMode::OwnerOnly), ("exec ", TalkMode::Everyone)]);
        let mut overlays = Overlays::over(&outer, place);
        let [closed, again, open] = [&closed, &again, &open].map(|over| overlays.chat(over).offer);
        assert!(Arc::ptr_eq(&closed, &again));
        let ann = Actor::of("irc", "ann");
        let tools = |offer: &Offer| offer.to(&ann, false).into_iter().collect::<Vec<_>>();
        assert_eq!(
            (tools(&closed), tools(&open)),
            (vec!["cron".to_owned()], vec!["cron".to_owned(), "exec".to_owned()])
        );
    }
}
