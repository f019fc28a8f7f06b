//! What holds in a chat when all layers are laid over each other: for people and for tests, not for deciding.

use std::collections::{BTreeMap, BTreeSet};

use crate::chat::Chat;
use crate::document::schema::{ReplyMode, TalkMode, TalkativeCooldown, ToolsMode, VoiceOutput};

/// The rules of one chat. Lists of senders hold every spelling that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    /// Who may talk.
    pub who_can_talk: TalkMode,
    /// For mode `allowlist`.
    pub who_can_talk_senders: BTreeSet<String>,
    /// When the assistant answers.
    pub when_to_reply: ReplyMode,
    /// For mode `allowed_senders`.
    pub when_to_reply_senders: BTreeSet<String>,
    /// Who may not talk.
    pub blocked_senders: BTreeSet<String>,
    /// Which tools the chat has.
    pub allowed_tools: ToolsMode,
    /// For mode `allowlist`; known or not.
    pub allowed_tools_tools: BTreeSet<String>,
    /// Never these.
    pub allowed_tools_deny: BTreeSet<String>,
    /// Who may use single tools, by tool.
    pub tool_access: BTreeMap<String, (TalkMode, BTreeSet<String>)>,
    /// The persona; empty: none, whatever an outer layer says.
    pub persona_file: Option<String>,
    /// What wakes the assistant in a voice note, in the form in which it is looked for.
    pub wake_phrases: BTreeSet<String>,
    /// How answers are spoken.
    pub voice: VoiceOutput,
    /// The brake.
    pub cooldown: TalkativeCooldown,
}

impl Effective {
    pub(crate) fn of(chat: &Chat) -> Self {
        let rules = chat.offer.access.rules().iter();
        let tool_access = rules.map(|(tool, rule)| (tool.clone(), (rule.mode, rule.senders.names())));
        Self {
            who_can_talk: chat.who.mode,
            who_can_talk_senders: chat.who.senders.names(),
            when_to_reply: chat.when.mode,
            when_to_reply_senders: chat.when.senders.names(),
            blocked_senders: chat.blocked.names(),
            allowed_tools: chat.offer.tools.mode(),
            allowed_tools_tools: chat.offer.tools.listed(),
            allowed_tools_deny: chat.offer.tools.denied(),
            tool_access: tool_access.collect(),
            persona_file: chat.persona.as_deref().map(str::to_owned),
            wake_phrases: chat.wake.phrases().clone(),
            voice: chat.voice.as_ref().clone(),
            cooldown: chat.cooldown.as_ref().clone(),
        }
    }
}
