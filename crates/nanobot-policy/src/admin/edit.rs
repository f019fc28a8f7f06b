//! The changes that commands make in a policy: each in one chat, the one it names.
//!
//! Whether the policy that comes out is a good one is not asked here; `settle.rs` asks.

use nanobot_core::text::trim;

use super::line::Quick;
use super::target::Target;
use crate::document::schema::{
    BlockedSendersOverride, ChatOverride, Policy, ReplyMode, SpeechMode, TalkMode, VoiceOutputOverride,
    VoiceOverride, WhenToReplyOverride, WhoCanTalkOverride,
};

/// What a command changes in its chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// Everybody may talk.
    Allow,
    /// The owners may talk, and nobody else.
    Block,
    /// When the assistant answers.
    When(ReplyMode),
    /// Everybody may talk, and the assistant answers then.
    Approve(ReplyMode),
    /// Another persona.
    Persona(String),
    /// The persona of the outer layers.
    ClearPersona,
    /// One more person may not talk.
    BlockSender(String),
    /// One person may talk again.
    UnblockSender(String),
    /// Spoken answers; none: as the outer layers say.
    Voice(Option<SpeechMode>),
}

impl Edit {
    /// Makes the change.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub(super) fn apply(&self, policy: &mut Policy, target: &Target) -> Result<(), String> {
        match self {
            Self::Allow => chat_mut(policy, target).who_can_talk = Some(everyone()),
            Self::Block => {
                let owners = owners(policy, target)?;
                chat_mut(policy, target).who_can_talk = Some(only(owners));
            }
            Self::When(mode) => chat_mut(policy, target).when_to_reply = Some(when(*mode)),
            Self::Approve(mode) => {
                let chat = chat_mut(policy, target);
                chat.who_can_talk = Some(everyone());
                chat.when_to_reply = Some(when(*mode));
            }
            Self::Persona(file) => chat_mut(policy, target).persona_file = Some(file.clone()),
            Self::ClearPersona => {
                if let Some(chat) = existing(policy, target) {
                    chat.persona_file = None;
                }
            }
            Self::BlockSender(sender) => block(policy, target, sender),
            Self::UnblockSender(sender) => unblock(policy, target, sender),
            Self::Voice(Some(mode)) => speak(chat_mut(policy, target), *mode),
            Self::Voice(None) => {
                if let Some(chat) = existing(policy, target) {
                    speak_as_outside(chat);
                }
            }
        }
        Ok(())
    }

    /// What its sender is told; spoken answers are told otherwise.
    pub(super) fn told(&self, target: &Target) -> String {
        let what = match self {
            Self::Allow => "whoCanTalk=everyone.".to_owned(),
            Self::Block => "whoCanTalk=allowlist (owners only).".to_owned(),
            Self::When(mode) => format!("whenToReply={}.", mode.word()),
            Self::Approve(mode) => format!("whoCanTalk=everyone, whenToReply={}.", mode.word()),
            Self::Persona(file) => format!("personaFile={file}."),
            Self::ClearPersona => "personaFile cleared (inherits channel/default policy).".to_owned(),
            Self::BlockSender(sender) => format!("blocked sender {sender}."),
            Self::UnblockSender(sender) => format!("unblocked sender {sender}."),
            Self::Voice(mode) => format!("voice={}.", mode.map_or("inherit", SpeechMode::word)),
        };
        format!("Policy updated for {target}: {what}")
    }
}

/// Who a sender is for the commands that block: written otherwise, but the same text. That two numbers are one
/// person is not known here, as in the original.
pub(super) fn sender_name(sender: &str) -> String {
    let sender = trim(sender);
    trim(sender.strip_prefix('@').unwrap_or(sender)).to_lowercase()
}

/// The list of blocked senders that counts in a chat: its own, else its channel's, else that of all chats.
pub(super) fn blocked<'p>(policy: &'p Policy, target: &Target) -> (Origin, &'p [String]) {
    let of =
        |chat: &'p ChatOverride| chat.blocked_senders.as_ref().and_then(|blocked| blocked.senders.as_deref());
    let channel = policy.channels.get(&target.channel);
    if let Some(own) = channel.and_then(|channel| of(channel.chats.get(&target.chat)?)) {
        return (Origin::Own, own);
    }
    let inherited = channel.and_then(|channel| of(&channel.default));
    (Origin::Inherited, inherited.unwrap_or(&policy.defaults.blocked_senders.senders))
}

/// Where a list comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// From the chat.
    Own,
    /// From its channel, or from what holds for all.
    Inherited,
}

/// A list replaces the one outside. So a chat without a list of its own starts with a copy of the list that counted
/// until now: to block one person must not let the others in again.
fn block(policy: &mut Policy, target: &Target, sender: &str) {
    let (_, counted) = blocked(policy, target);
    if !counted.iter().any(|other| sender_name(other) == sender_name(sender)) {
        let mut senders = counted.to_vec();
        senders.push(sender.to_owned());
        set_blocked(policy, target, senders);
    }
}

fn unblock(policy: &mut Policy, target: &Target, sender: &str) {
    let (_, counted) = blocked(policy, target);
    let rest: Vec<String> =
        counted.iter().filter(|other| sender_name(other) != sender_name(sender)).cloned().collect();
    if rest.len() != counted.len() {
        set_blocked(policy, target, rest);
    }
}

fn set_blocked(policy: &mut Policy, target: &Target, senders: Vec<String>) {
    chat_mut(policy, target).blocked_senders = Some(BlockedSendersOverride { senders: Some(senders) });
}

fn owners(policy: &Policy, target: &Target) -> Result<Vec<String>, String> {
    let owners = policy.owners.get(&target.channel).filter(|owners| !owners.is_empty());
    // With an empty list nobody at all could talk, the owner included.
    owners.cloned().ok_or_else(|| format!("owners.{} is empty, so nobody could talk there", target.channel))
}

fn everyone() -> WhoCanTalkOverride {
    WhoCanTalkOverride { mode: Some(TalkMode::Everyone), senders: Some(Vec::new()) }
}

fn only(senders: Vec<String>) -> WhoCanTalkOverride {
    WhoCanTalkOverride { mode: Some(TalkMode::Allowlist), senders: Some(senders) }
}

fn when(mode: ReplyMode) -> WhenToReplyOverride {
    WhenToReplyOverride { mode: Some(mode), senders: Some(Vec::new()) }
}

fn speak(chat: &mut ChatOverride, mode: SpeechMode) {
    let voice = chat.voice.get_or_insert_default();
    voice.output.get_or_insert_default().mode = Some(mode);
}

/// The mode goes, and what is empty without it; the chat's entry stays.
fn speak_as_outside(chat: &mut ChatOverride) {
    let Some(voice) = &mut chat.voice else { return };
    if let Some(output) = &mut voice.output {
        output.mode = None;
    }
    if voice.output == Some(VoiceOutputOverride::default()) {
        voice.output = None;
    }
    if *voice == VoiceOverride::default() {
        chat.voice = None;
    }
}

fn existing<'p>(policy: &'p mut Policy, target: &Target) -> Option<&'p mut ChatOverride> {
    policy.channels.0.get_mut(&target.channel)?.chats.0.get_mut(&target.chat)
}

fn chat_mut<'p>(policy: &'p mut Policy, target: &Target) -> &'p mut ChatOverride {
    let channel = policy.channels.0.entry(target.channel.clone()).or_default();
    channel.chats.0.entry(target.chat.clone()).or_default()
}

/// The mode that a word means, with the short forms of the original.
pub(super) fn reply_mode(word: &str) -> Option<ReplyMode> {
    let word = trim(word).to_lowercase().replace('-', "_");
    match word.as_str() {
        "mention" | "mentions" | "mentiononly" => Some(ReplyMode::MentionOnly),
        "allowed" => Some(ReplyMode::AllowedSenders),
        "owner" => Some(ReplyMode::OwnerOnly),
        word => ReplyMode::ALL.iter().copied().find(|mode| mode.word() == word),
    }
}

/// The edit that an answer to the notice of a new chat means.
pub(super) fn quick(quick: Quick) -> Edit {
    match quick {
        Quick::Approve => Edit::Approve(ReplyMode::All),
        Quick::ApproveMention => Edit::Approve(ReplyMode::MentionOnly),
        Quick::Deny => Edit::Block,
    }
}
