//! Where the rules stand that decided.

use std::fmt;

use nanobot_core::text::trim;

use crate::chat::Chat;
use crate::document::schema::{
    ChatOverride, ChatPolicy, Policy, ReplyMode, TalkMode, ToolRuleOverride, ToolsMode,
};
use crate::document::{Document, Overlay};
use crate::engine::{Asked, Engine};
use crate::identity::Actor;
use crate::tools::Offer;
use crate::verdict::Verdict;

/// Which layer of a policy says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// None: it is what a policy means that says nothing.
    BuiltIn,
    /// `defaults`.
    Defaults,
    /// The channel.
    Channel,
    /// The chat.
    Chat,
    /// The list of owners.
    Owners,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleValue {
    /// One of its words, or a text.
    Word(String),
    /// A list.
    List(Vec<String>),
}

/// One rule that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSource {
    /// Where it stands, as a dotted path.
    pub path: String,
    /// Which layer that is.
    pub layer: Layer,
    /// Its line in the file, from 1; none when the file does not say it.
    pub line: Option<u32>,
    /// What it says.
    pub value: RuleValue,
}

/// The rules that decided about a message, in the order in which they are asked.
pub(super) fn that_decided(document: &Document, engine: &Engine, asked: &Asked<'_>) -> Vec<RuleSource> {
    let sender = engine.sender(asked);
    let layers = Layers { document, channel: asked.channel, chat: asked.chat };
    let mut rules: Vec<RuleSource> = Vec::new();
    if let Some(chat) = engine.governed_chat(asked) {
        let verdict = Verdict::of(chat, asked, &sender.actor, sender.is_owner);
        rules.extend(layers.of_verdict(verdict, chat));
        if verdict.answers() {
            rules.extend(layers.of_tools(chat, &sender.actor, sender.is_owner));
        }
        rules.extend(chat.persona.as_ref().map(|_| layers.persona()));
    }
    if engine.lists_owner(asked.channel, &sender.actor) {
        rules.push(layers.owners());
    }
    rules
}

/// A policy, seen from one chat.
struct Layers<'a> {
    document: &'a Document,
    channel: &'a str,
    chat: &'a str,
}

impl Layers<'_> {
    fn of_verdict(&self, verdict: Verdict, chat: &Chat) -> Vec<RuleSource> {
        let blocked = || {
            let over = |over: &ChatOverride| over.blocked_senders.as_ref()?.senders.clone();
            self.rule(&["blockedSenders", "senders"], over, |policy| policy.blocked_senders.senders.clone())
        };
        match verdict {
            Verdict::Blocked => vec![blocked()],
            Verdict::Unheard(_) => self.who(chat),
            Verdict::Unanswered(_) | Verdict::Answered(..) => {
                self.who(chat).into_iter().chain(self.when(chat)).collect()
            }
        }
    }

    fn who(&self, chat: &Chat) -> Vec<RuleSource> {
        let over = |over: &ChatOverride| over.who_can_talk.as_ref()?.mode;
        let mut rules = vec![self.rule(&["whoCanTalk", "mode"], over, |policy| policy.who_can_talk.mode)];
        if chat.who.mode == TalkMode::Allowlist {
            let over = |over: &ChatOverride| over.who_can_talk.as_ref()?.senders.clone();
            rules.push(
                self.rule(&["whoCanTalk", "senders"], over, |policy| policy.who_can_talk.senders.clone()),
            );
        }
        rules
    }

    fn when(&self, chat: &Chat) -> Vec<RuleSource> {
        let over = |over: &ChatOverride| over.when_to_reply.as_ref()?.mode;
        let mut rules = vec![self.rule(&["whenToReply", "mode"], over, |policy| policy.when_to_reply.mode)];
        if chat.when.mode == ReplyMode::AllowedSenders {
            let over = |over: &ChatOverride| over.when_to_reply.as_ref()?.senders.clone();
            rules.push(
                self.rule(&["whenToReply", "senders"], over, |policy| policy.when_to_reply.senders.clone()),
            );
        }
        rules
    }

    fn of_tools(&self, chat: &Chat, actor: &Actor, is_owner: bool) -> Vec<RuleSource> {
        let over = |over: &ChatOverride| over.allowed_tools.as_ref()?.mode;
        let mut rules = vec![self.rule(&["allowedTools", "mode"], over, |policy| policy.allowed_tools.mode)];
        if chat.offer.tools.mode() == ToolsMode::Allowlist {
            let over = |over: &ChatOverride| over.allowed_tools.as_ref()?.tools.clone();
            rules.push(
                self.rule(&["allowedTools", "tools"], over, |policy| policy.allowed_tools.tools.clone()),
            );
        }
        if !chat.offer.tools.denied().is_empty() {
            let over = |over: &ChatOverride| over.allowed_tools.as_ref()?.deny.clone();
            rules
                .push(self.rule(&["allowedTools", "deny"], over, |policy| policy.allowed_tools.deny.clone()));
        }
        let Offer { tools, access, .. } = chat.offer.as_ref();
        let dropped = tools.tools().iter().filter(|tool| !access.allows(tool, actor, is_owner));
        rules.extend(dropped.flat_map(|tool| self.access(tool)));
        rules
    }

    /// The rule of one tool, under the name by which it is written.
    fn access(&self, tool: &str) -> Vec<RuleSource> {
        let merged = merged(self.document.policy(), self.channel, self.chat);
        let Some((name, rule)) = merged.tool_access.0.iter().rfind(|(name, _)| trim(name) == tool) else {
            return Vec::new();
        };
        let over = |over: &ChatOverride| Some(over.tool_access.as_ref()?.get(name)?.clone());
        let default = |policy: &ChatPolicy| policy.tool_access.get(name).cloned().unwrap_or_default();
        let mode = |rule: ToolRuleOverride| rule.mode;
        let senders = |rule: ToolRuleOverride| rule.senders;
        let path = |key| ["toolAccess", name.as_str(), key];
        let by_mode = |policy: &ChatPolicy| default(policy).mode;
        let mut rules = vec![self.rule(&path("mode"), |layer| over(layer).and_then(mode), by_mode)];
        if rule.mode == TalkMode::Allowlist {
            let by_senders = |policy: &ChatPolicy| default(policy).senders;
            rules.push(self.rule(&path("senders"), |layer| over(layer).and_then(senders), by_senders));
        }
        rules
    }

    fn persona(&self) -> RuleSource {
        let over = |over: &ChatOverride| over.persona_file.clone();
        self.rule(&["personaFile"], over, |policy| policy.persona_file.clone().unwrap_or_default())
    }

    fn owners(&self) -> RuleSource {
        let path = ["owners", self.channel];
        let owners = self.document.policy().owners.get(self.channel).cloned().unwrap_or_default();
        RuleSource {
            path: path.join("."),
            layer: Layer::Owners,
            line: self.document.line_of(&path),
            value: RuleValue::List(owners),
        }
    }

    /// The innermost layer that says something.
    fn rule<T: Into<RuleValue> + PartialEq>(
        &self,
        key: &[&str],
        over: impl Fn(&ChatOverride) -> Option<T>,
        default: impl Fn(&ChatPolicy) -> T,
    ) -> RuleSource {
        let policy = self.document.policy();
        let (layer, place, value) = innermost(policy, self.channel, self.chat, &over, &default);
        let path = [place.as_slice(), key].concat();
        let line = self.document.line_of(&path);
        let is_builtin = line.is_none() && {
            let (unsaid, _, unsaid_value) =
                innermost(&Policy::default(), self.channel, self.chat, &over, &default);
            (unsaid, &unsaid_value) == (layer, &value)
                || (layer == Layer::Defaults && default(&ChatPolicy::default()) == value)
        };
        let layer = if is_builtin { Layer::BuiltIn } else { layer };
        RuleSource { path: path.join("."), layer, line, value: value.into() }
    }
}

fn innermost<'a, T>(
    policy: &Policy,
    channel: &'a str,
    chat: &'a str,
    over: impl Fn(&ChatOverride) -> Option<T>,
    default: impl Fn(&ChatPolicy) -> T,
) -> (Layer, Vec<&'a str>, T) {
    let section = policy.channels.get(channel);
    if let Some(value) = section.and_then(|section| section.chats.get(chat)).and_then(&over) {
        return (Layer::Chat, vec!["channels", channel, "chats", chat], value);
    }
    match section.and_then(|section| over(&section.default)) {
        Some(value) => (Layer::Channel, vec!["channels", channel, "default"], value),
        None => (Layer::Defaults, vec!["defaults"], default(&policy.defaults)),
    }
}

/// All layers of a chat, laid over each other, as they are written.
pub(crate) fn merged(policy: &Policy, channel: &str, chat: &str) -> ChatPolicy {
    let mut merged = policy.defaults.clone();
    if let Some(section) = policy.channels.get(channel) {
        merged.overlay(&section.default);
        if let Some(chat) = section.chats.get(chat) {
            merged.overlay(chat);
        }
    }
    merged
}

macro_rules! shown_as_words {
    ($($mode:ty),*) => {$(
        impl From<$mode> for RuleValue {
            fn from(mode: $mode) -> Self {
                Self::Word(mode.word().to_owned())
            }
        }
    )*};
}
shown_as_words!(TalkMode, ReplyMode, ToolsMode);

impl From<String> for RuleValue {
    fn from(text: String) -> Self {
        Self::Word(text)
    }
}

impl From<Vec<String>> for RuleValue {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuiltIn => "built-in",
            Self::Defaults => "defaults",
            Self::Channel => "channel",
            Self::Chat => "chat",
            Self::Owners => "owners",
        })
    }
}

impl fmt::Display for RuleValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::List(items) => write!(f, "{items:?}"),
        }
    }
}

impl fmt::Display for RuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({}", self.path, self.value, self.layer)?;
        match self.line {
            Some(line) => write!(f, ", line {line})"),
            None => f.write_str(")"),
        }
    }
}
