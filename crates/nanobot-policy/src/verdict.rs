//! May he talk, and is he answered: the order of the rules, and the code of the one that decided.

use crate::chat::Chat;
use crate::document::schema::{ReplyMode, TalkMode};
use crate::engine::Asked;
use crate::identity::Actor;

/// What the rules say of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// He may not talk, whatever else is said; owners are no exception.
    Blocked,
    /// He is not among those who may talk.
    Unheard(TalkMode),
    /// He may talk and gets no answer.
    Unanswered(WhenCode),
    /// He is answered.
    Answered(TalkMode, WhenCode),
}

/// Why there is an answer or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenCode {
    All,
    /// A direct chat needs no mention.
    Direct,
    /// A group does.
    Mention,
    /// A voice note with a wake phrase is one.
    WakePhrase,
    AllowedSenders,
    OwnerOnly,
    Off,
}

impl Verdict {
    /// Of the rules of a chat.
    pub(crate) fn of(chat: &Chat, asked: &Asked<'_>, actor: &Actor, is_owner: bool) -> Self {
        if chat.blocked.hold(actor) {
            return Self::Blocked;
        }
        if !chat.who.allows(actor, is_owner) {
            return Self::Unheard(chat.who.mode);
        }
        let (answers, code) = match chat.when.mode {
            ReplyMode::All => (true, WhenCode::All),
            ReplyMode::MentionOnly => mention(chat, asked),
            ReplyMode::AllowedSenders => (chat.when.senders.hold(actor), WhenCode::AllowedSenders),
            ReplyMode::OwnerOnly => (is_owner, WhenCode::OwnerOnly),
            ReplyMode::Off => (false, WhenCode::Off),
        };
        if answers { Self::Answered(chat.who.mode, code) } else { Self::Unanswered(code) }
    }

    pub(crate) fn accepts(self) -> bool {
        matches!(self, Self::Unanswered(_) | Self::Answered(..))
    }

    pub(crate) fn answers(self) -> bool {
        matches!(self, Self::Answered(..))
    }

    /// The stable code.
    pub(crate) fn reason(self) -> String {
        match self {
            Self::Blocked => "blocked_sender".to_owned(),
            Self::Unheard(who) => format!("who_can_talk:{}", who.word()),
            Self::Unanswered(when) => when.code().to_owned(),
            Self::Answered(who, when) => format!("who_can_talk:{}|{}", who.word(), when.code()),
        }
    }
}

impl WhenCode {
    const fn code(self) -> &'static str {
        match self {
            Self::All => "when_to_reply:all",
            Self::Direct => "when_to_reply:mention_only_dm",
            Self::Mention => "when_to_reply:mention_only_group",
            Self::WakePhrase => "when_to_reply:mention_only_group_voice_wake_phrase",
            Self::AllowedSenders => "when_to_reply:allowed_senders",
            Self::OwnerOnly => "when_to_reply:owner_only",
            Self::Off => "when_to_reply:off",
        }
    }
}

fn mention(chat: &Chat, asked: &Asked<'_>) -> (bool, WhenCode) {
    if !asked.is_group {
        (true, WhenCode::Direct)
    } else if asked.mentioned_bot || asked.reply_to_bot {
        (true, WhenCode::Mention)
    } else if asked.is_voice && chat.wake.are_in(&asked.text) {
        (true, WhenCode::WakePhrase)
    } else {
        (false, WhenCode::Mention)
    }
}
