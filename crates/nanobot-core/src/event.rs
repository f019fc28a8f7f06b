//! What comes in: one message from one person in one chat.

use crate::content::{AudioKind, Body, ContentBlock};
use crate::ids::{AccountId, ChannelName, ChatId, MessageId, SenderId, SessionKey};
use crate::label::{Label, Labels};
use crate::time::Timestamp;

/// Whether a chat has two members or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatKind {
    /// One person and the assistant.
    Direct,
    /// Several people.
    Group,
}

/// One inbound message, as a channel adapter hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundEvent {
    /// The network.
    pub channel: ChannelName,
    /// Which of our accounts received it.
    pub account: AccountId,
    /// The conversation.
    pub chat: ChatId,
    /// Direct or group.
    pub chat_kind: ChatKind,
    /// Who wrote it.
    pub sender: SenderId,
    /// The member of a group who wrote it, where the network names them apart from the sender.
    pub participant: Option<SenderId>,
    /// The network's id of the message; without one nothing can be recognised as a repeat.
    pub message_id: Option<MessageId>,
    /// When it was sent, or received if the network does not say.
    pub at: Timestamp,
    /// The message, in order.
    pub blocks: Vec<ContentBlock>,
    /// The assistant is named in it.
    pub mentioned_bot: bool,
    /// The message that it answers.
    pub reply: Option<QuotedMessage>,
}

/// The message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuotedMessage {
    /// Its id.
    pub message_id: Option<MessageId>,
    /// Who wrote it.
    pub participant: Option<SenderId>,
    /// Its words, if the network sent them along.
    pub text: Option<String>,
    /// It was one of ours.
    pub from_bot: bool,
}

impl InboundEvent {
    /// The session and lane that the message belongs to.
    pub fn session(&self) -> SessionKey {
        SessionKey::of(&self.channel, &self.chat)
    }

    /// All words of the message, blocks joined by line ends, white space at both ends removed.
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.blocks.iter().filter_map(ContentBlock::words).collect();
        crate::text::trim(&words.join("\n")).to_owned()
    }

    /// The policy knows its author as an owner, which the channel may not: what the channel put to nobody in
    /// particular is the owner's. Blocks that have an origin beside (forwarded, fetched) keep all they have.
    pub fn put_to_owner(&mut self) {
        for block in self.blocks.iter_mut().filter(|block| block.labels == Label::Stranger.into()) {
            block.labels = Label::Owner.into();
        }
    }

    /// Where the message came from, all blocks together.
    pub fn labels(&self) -> Labels {
        self.blocks.iter().map(|block| block.labels).collect()
    }

    /// Whether it was spoken: it holds a voice note.
    pub fn is_voice(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block.body, Body::Audio(_, AudioKind::VoiceNote)))
    }

    /// The member who wrote it: the participant of a group, else the sender.
    pub fn author(&self) -> &SenderId {
        self.participant.as_ref().unwrap_or(&self.sender)
    }
}
