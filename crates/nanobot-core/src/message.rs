//! What goes out: a message or a reaction. Both pass the output stage and leave through the outbox.

use std::path::PathBuf;

use crate::ids::{ChannelName, ChatId, MessageId, SenderId};

/// One outgoing message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundMessage {
    /// The network.
    pub channel: ChannelName,
    /// The conversation.
    pub chat: ChatId,
    /// The text; empty when the media says it all.
    pub text: String,
    /// The message that it answers, shown as a quote where the network can.
    pub reply_to: Option<MessageId>,
    /// Files to send, absolute.
    pub media: Vec<PathBuf>,
}

/// One emoji put on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The network.
    pub channel: ChannelName,
    /// The conversation.
    pub chat: ChatId,
    /// The message that receives it.
    pub message_id: MessageId,
    /// What is put there; networks refuse what is no emoji.
    pub emoji: String,
    /// Who wrote that message, where the network wants to know.
    pub participant: Option<SenderId>,
}
