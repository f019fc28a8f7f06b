//! Inbound events in one line: `event::wa("hello").from("49170@s.whatsapp.net").id("m1").build()`.
//!
//! Every event is sent at [`SENT_AT`] and comes from somebody without standing, unless a setter says
//! otherwise.
#![expect(clippy::expect_used, reason = "test code: a wrong literal in a test should stop it")]

use crate::content::{AudioKind, Body, ContentBlock, Media};
use crate::event::{ChatKind, InboundEvent, QuotedMessage};
use crate::ids::{AccountId, ChannelName, ChatId, MessageId, SenderId};
use crate::label::Label;
use crate::time::Timestamp;

/// When events are sent, unless a test sets another time.
pub const SENT_AT: &str = "2026-02-22T12:00:00Z";

/// A direct WhatsApp message with the id `m1` from `49170@s.whatsapp.net`.
pub fn wa(text: &str) -> EventBuilder {
    EventBuilder::new(ChannelName::WHATSAPP, "49170@s.whatsapp.net", "49170@s.whatsapp.net", text)
        .labelled(Label::Stranger)
        .id("m1")
}

/// A line that the operator typed at the terminal, without an id.
pub fn cli(text: &str) -> EventBuilder {
    EventBuilder::new(ChannelName::CLI, "default", "local:uid=1000", text).labelled(Label::Owner)
}

/// An event under construction.
#[derive(Debug, Clone)]
pub struct EventBuilder(InboundEvent);

impl EventBuilder {
    /// A direct message of one text block.
    ///
    /// # Panics
    /// When `chat` or `sender` is no identifier.
    pub fn new(channel: ChannelName, chat: &str, sender: &str, text: &str) -> Self {
        Self(InboundEvent {
            channel,
            account: AccountId::sole(),
            chat: ChatId::new(chat).expect("a test names a chat"),
            chat_kind: ChatKind::Direct,
            sender: SenderId::new(sender).expect("a test names a sender"),
            participant: None,
            message_id: None,
            at: SENT_AT.parse().expect("the constant is an instant"),
            blocks: vec![ContentBlock::text(text, Label::Stranger)],
            mentioned_bot: false,
            reply: None,
        })
    }

    /// In this chat.
    ///
    /// # Panics
    /// When it is no identifier.
    #[must_use]
    pub fn chat(mut self, chat: &str) -> Self {
        self.0.chat = ChatId::new(chat).expect("a test names a chat");
        self
    }

    /// In this group; the sender becomes the participant too.
    ///
    /// # Panics
    /// When it is no identifier.
    #[must_use]
    pub fn group(mut self, chat: &str) -> Self {
        self = self.chat(chat);
        self.0.chat_kind = ChatKind::Group;
        self.0.participant = Some(self.0.sender.clone());
        self
    }

    /// From this sender; in a group, the participant too.
    ///
    /// # Panics
    /// When it is no identifier.
    #[must_use]
    pub fn from(mut self, sender: &str) -> Self {
        self.0.sender = SenderId::new(sender).expect("a test names a sender");
        if self.0.chat_kind == ChatKind::Group {
            self.0.participant = Some(self.0.sender.clone());
        }
        self
    }

    /// Under this id.
    ///
    /// # Panics
    /// When it is no identifier.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        self.0.message_id = Some(MessageId::new(id).expect("a test names a message"));
        self
    }

    /// Without an id.
    #[must_use]
    pub fn without_id(mut self) -> Self {
        self.0.message_id = None;
        self
    }

    /// To this account of ours.
    ///
    /// # Panics
    /// When it is no identifier.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        self.0.account = AccountId::new(account).expect("a test names an account");
        self
    }

    /// Sent at this instant (RFC 3339).
    ///
    /// # Panics
    /// When it is no instant.
    #[must_use]
    pub fn at(mut self, instant: &str) -> Self {
        self.0.at = instant.parse::<Timestamp>().expect("a test names an instant");
        self
    }

    /// With the assistant named in it.
    #[must_use]
    pub fn mentioning_bot(mut self) -> Self {
        self.0.mentioned_bot = true;
        self
    }

    /// As an answer to somebody's message, known by id only.
    ///
    /// # Panics
    /// When it is no identifier.
    #[must_use]
    pub fn replying_to(mut self, id: &str) -> Self {
        let message_id = Some(MessageId::new(id).expect("a test names a message"));
        self.0.reply = Some(QuotedMessage { message_id, ..QuotedMessage::default() });
        self
    }

    /// As an answer to a message, as given.
    #[must_use]
    pub fn quoting(mut self, quoted: QuotedMessage) -> Self {
        self.0.reply = Some(quoted);
        self
    }

    /// All blocks so far come from here, and from nowhere else.
    #[must_use]
    pub fn labelled(mut self, label: Label) -> Self {
        for block in &mut self.0.blocks {
            block.labels = label.into();
        }
        self
    }

    /// With one more block.
    #[must_use]
    pub fn block(mut self, block: ContentBlock) -> Self {
        self.0.blocks.push(block);
        self
    }

    /// As a voice note with this transcript, in place of the text.
    #[must_use]
    pub fn spoken(mut self, transcript: &str) -> Self {
        let labels = self.0.labels();
        let media = Media {
            path: "/blobs/voice.ogg".into(),
            mime: Some("audio/ogg".to_owned()),
            transcript: Some(transcript.to_owned()),
            ..Media::default()
        };
        self.0.blocks = vec![ContentBlock { body: Body::Audio(media, AudioKind::VoiceNote), labels }];
        self
    }

    /// The event.
    pub fn build(self) -> InboundEvent {
        self.0
    }
}

impl From<EventBuilder> for InboundEvent {
    fn from(builder: EventBuilder) -> Self {
        builder.build()
    }
}
