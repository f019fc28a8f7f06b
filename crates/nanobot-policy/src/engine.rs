//! The compiled policy: asked about a message, it decides. The answer depends on the policy and the message alone.

use std::borrow::Cow;
use std::collections::HashMap;

use nanobot_core::Label;
use nanobot_core::decision::{CooldownPolicy, Persona, PolicyDecision, ToolNames, VoicePolicy};
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::{ChannelName, SenderId};
use nanobot_core::ports::PolicyEngine;

use crate::chat::Chat;
use crate::compile::{Channel, Owners};
use crate::document::schema::MemoryNotes;
use crate::effective::Effective;
use crate::identity::Actor;
use crate::notes::{Notes, NotesSource};
use crate::speech;
use crate::verdict::Verdict;

/// What the policy looks at in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "facts that a network states, each by itself")]
pub struct Asked<'a> {
    /// The network.
    pub channel: &'a str,
    /// The conversation; its exact id.
    pub chat: &'a str,
    /// Who wrote it, as the network names him.
    pub sender: &'a str,
    /// What was said. Only looked at in voice notes.
    pub text: Cow<'a, str>,
    /// It was said in a group.
    pub is_group: bool,
    /// The assistant is named in it.
    pub mentioned_bot: bool,
    /// It answers a message of the assistant.
    pub reply_to_bot: bool,
    /// It was spoken.
    pub is_voice: bool,
    /// The channel itself has proved that this is an owner. It makes one of him in every rule that asks for owners,
    /// whatever the policy lists.
    pub owner_by_channel: bool,
}

impl<'a> Asked<'a> {
    /// A message.
    pub fn of(event: &'a InboundEvent) -> Self {
        let is_voice = event.is_voice();
        let by_owner =
            !event.blocks.is_empty() && event.blocks.iter().all(|block| block.labels.contains(Label::Owner));
        Self {
            channel: event.channel.as_str(),
            chat: event.chat.as_str(),
            sender: event.sender.as_str(),
            text: if is_voice { Cow::Owned(event.text()) } else { Cow::Borrowed("") },
            is_group: event.chat_kind == ChatKind::Group,
            mentioned_bot: event.mentioned_bot,
            reply_to_bot: event.reply.as_ref().is_some_and(|quoted| quoted.from_bot),
            is_voice,
            owner_by_channel: by_owner || event.channel.is_operator(),
        }
    }
}

/// Whether one tool may be used, rule by rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolAccess {
    /// The tool's own rule lets this sender use it, or it has none.
    pub rule_allows: bool,
    /// The chat has it for this sender, whether he is answered or not.
    pub in_potential_tools: bool,
    /// The answer to this message may use it.
    pub in_decision: bool,
}

/// A compiled policy.
#[derive(Debug)]
pub struct Engine {
    pub(crate) known_tools: ToolNames,
    pub(crate) source: String,
    pub(crate) channels: HashMap<String, Channel>,
    pub(crate) owners: HashMap<String, Owners>,
    pub(crate) notes: MemoryNotes,
}

/// Somebody who is asked about, looked at once.
pub(crate) struct Sender {
    pub(crate) actor: Actor,
    pub(crate) is_owner: bool,
}

impl Engine {
    /// What happens with a message. The text of the persona is not read here.
    pub fn decide(&self, asked: &Asked<'_>) -> PolicyDecision {
        let sender = self.sender(asked);
        let notes = Notes::of(&self.notes, asked.channel, asked.chat, asked.is_group).policy();
        let source = self.source.clone();
        let Some(chat) = self.governed_chat(asked) else {
            return PolicyDecision {
                accept: true,
                respond: true,
                allowed_tools: self.known_tools.clone(),
                reason: "policy_not_applied".to_owned(),
                is_owner: sender.is_owner,
                persona: None,
                notes,
                voice: VoicePolicy::default(),
                cooldown: CooldownPolicy::default(),
                source,
            };
        };
        let verdict = Verdict::of(chat, asked, &sender.actor, sender.is_owner);
        PolicyDecision {
            accept: verdict.accepts(),
            respond: verdict.answers(),
            allowed_tools: if verdict.answers() { sender.tools(chat) } else { ToolNames::default() },
            reason: verdict.reason(),
            is_owner: sender.is_owner,
            persona: chat.persona.as_deref().map(|file| Persona { file: file.to_owned(), text: None }),
            notes,
            voice: speech::voice(&chat.voice),
            cooldown: speech::cooldown(&chat.cooldown),
            source,
        }
    }

    /// Whether a tool may be used, and which rule says so.
    pub fn tool_access(&self, asked: &Asked<'_>, tool: &str) -> ToolAccess {
        let Some(chat) = self.governed_chat(asked) else {
            let is_known = self.known_tools.contains(tool);
            return ToolAccess { rule_allows: true, in_potential_tools: is_known, in_decision: is_known };
        };
        let sender = self.sender(asked);
        let rule_allows = chat.offer.access.allows(tool, &sender.actor, sender.is_owner);
        let in_potential_tools = rule_allows && chat.offer.tools.tools().contains(tool);
        let in_decision =
            in_potential_tools && Verdict::of(chat, asked, &sender.actor, sender.is_owner).answers();
        ToolAccess { rule_allows, in_potential_tools, in_decision }
    }

    /// Which settings decided about notes.
    pub fn notes_source(&self, asked: &Asked<'_>) -> NotesSource {
        Notes::of(&self.notes, asked.channel, asked.chat, asked.is_group).source()
    }

    /// What holds in a chat. None on a channel that the policy neither governs nor names.
    pub fn effective(&self, channel: &str, chat: &str) -> Option<Effective> {
        self.channels.get(channel).map(|channel| Effective::of(channel.chat(chat)))
    }

    /// The owners on a channel as the policy writes them, white space at the ends removed.
    pub fn owners_as_written(&self, channel: &str) -> &[SenderId] {
        self.owners.get(channel).map_or(&[], |owners| &owners.written)
    }

    /// Whether somebody is an owner on a channel by the policy's list.
    pub fn lists_owner(&self, channel: &str, actor: &Actor) -> bool {
        self.owners.get(channel).is_some_and(|owners| owners.senders.hold(actor))
    }

    pub(crate) fn sender(&self, asked: &Asked<'_>) -> Sender {
        let actor = Actor::of(asked.channel, asked.sender);
        let is_owner = asked.owner_by_channel || self.lists_owner(asked.channel, &actor);
        Sender { actor, is_owner }
    }

    /// The chat of a message, on a channel that is governed.
    pub(crate) fn governed_chat(&self, asked: &Asked<'_>) -> Option<&Chat> {
        self.channels
            .get(asked.channel)
            .filter(|channel| channel.is_applied)
            .map(|channel| channel.chat(asked.chat))
    }
}

impl Sender {
    /// The tools that the chat has for him.
    pub(crate) fn tools(&self, chat: &Chat) -> ToolNames {
        chat.offer.to(&self.actor, self.is_owner)
    }
}

impl PolicyEngine for Engine {
    fn name(&self) -> &'static str {
        "policy.json"
    }

    fn evaluate(&self, event: &InboundEvent) -> PolicyDecision {
        self.decide(&Asked::of(event))
    }

    fn allows_tool(&self, event: &InboundEvent, tool: &str) -> bool {
        self.tool_access(&Asked::of(event), tool).in_decision
    }

    fn owners(&self, channel: &ChannelName) -> Vec<SenderId> {
        self.owners_as_written(channel.as_str()).to_vec()
    }
}

#[cfg(test)]
mod tests;
