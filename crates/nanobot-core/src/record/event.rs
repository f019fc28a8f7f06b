//! An inbound message as a record.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::time::instant;
use super::{RECORD_VERSION, RecordError, known};
use crate::content::{AudioKind, Body, ContentBlock, Media};
use crate::event::{ChatKind, InboundEvent, QuotedMessage};
use crate::ids::{AccountId, ChannelName, ChatId, IdError, MessageId, SenderId};
use crate::label::Labels;
use crate::units::ByteCount;

/// An inbound message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    v: u32,
    channel: String,
    account: String,
    chat: String,
    group: bool,
    sender: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    participant: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    at: String,
    blocks: Vec<BlockRecord>,
    #[serde(default)]
    mentioned_bot: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply: Option<QuoteRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct BlockRecord {
    kind: String,
    labels: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media: Option<MediaRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct MediaRecord {
    path: PathBuf,
    mime: Option<String>,
    size: u64,
    caption: Option<String>,
    transcript: Option<String>,
    description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct QuoteRecord {
    message_id: Option<String>,
    participant: Option<String>,
    text: Option<String>,
    from_bot: bool,
}

impl From<&InboundEvent> for EventRecord {
    fn from(event: &InboundEvent) -> Self {
        let text = |id: &Option<SenderId>| id.as_ref().map(ToString::to_string);
        Self {
            v: RECORD_VERSION,
            channel: event.channel.to_string(),
            account: event.account.to_string(),
            chat: event.chat.to_string(),
            group: event.chat_kind == ChatKind::Group,
            sender: event.sender.to_string(),
            participant: text(&event.participant),
            message_id: event.message_id.as_ref().map(ToString::to_string),
            at: event.at.to_string(),
            blocks: event.blocks.iter().map(BlockRecord::from).collect(),
            mentioned_bot: event.mentioned_bot,
            reply: event.reply.as_ref().map(|quote| QuoteRecord {
                message_id: quote.message_id.as_ref().map(ToString::to_string),
                participant: text(&quote.participant),
                text: quote.text.clone(),
                from_bot: quote.from_bot,
            }),
        }
    }
}

impl TryFrom<EventRecord> for InboundEvent {
    type Error = RecordError;

    fn try_from(record: EventRecord) -> Result<Self, RecordError> {
        known(record.v)?;
        Ok(Self {
            channel: ChannelName::new(record.channel)?,
            account: AccountId::new(record.account)?,
            chat: ChatId::new(record.chat)?,
            chat_kind: if record.group { ChatKind::Group } else { ChatKind::Direct },
            sender: SenderId::new(record.sender)?,
            participant: optional(record.participant, SenderId::new)?,
            message_id: optional(record.message_id, MessageId::new)?,
            at: instant(&record.at)?,
            blocks: record.blocks.into_iter().map(ContentBlock::try_from).collect::<Result<_, _>>()?,
            mentioned_bot: record.mentioned_bot,
            reply: record.reply.map(QuotedMessage::try_from).transpose()?,
        })
    }
}

impl TryFrom<QuoteRecord> for QuotedMessage {
    type Error = RecordError;

    fn try_from(record: QuoteRecord) -> Result<Self, RecordError> {
        Ok(Self {
            message_id: optional(record.message_id, MessageId::new)?,
            participant: optional(record.participant, SenderId::new)?,
            text: record.text,
            from_bot: record.from_bot,
        })
    }
}

/// An id that may be missing.
pub(super) fn optional<T>(
    text: Option<String>,
    make: impl FnOnce(String) -> Result<T, IdError>,
) -> Result<Option<T>, RecordError> {
    Ok(text.map(make).transpose()?)
}

impl From<&ContentBlock> for BlockRecord {
    fn from(block: &ContentBlock) -> Self {
        let (kind, text) = match &block.body {
            Body::Text(text) => ("text", Some(text.clone())),
            Body::Image(_) => ("image", None),
            Body::Audio(_, AudioKind::VoiceNote) => ("voice_note", None),
            Body::Audio(_, AudioKind::Recording) => ("recording", None),
            Body::Video(_) => ("video", None),
            Body::Sticker(_) => ("sticker", None),
            Body::File(_) => ("file", None),
        };
        let media = block.media().map(|media| MediaRecord {
            path: media.path.clone(),
            mime: media.mime.clone(),
            size: media.size.get(),
            caption: media.caption.clone(),
            transcript: media.transcript.clone(),
            description: media.description.clone(),
        });
        Self { kind: kind.to_owned(), labels: block.labels.to_string(), text, media }
    }
}

impl TryFrom<BlockRecord> for ContentBlock {
    type Error = RecordError;

    fn try_from(record: BlockRecord) -> Result<Self, RecordError> {
        let unknown = |found: &str| RecordError::UnknownWord { what: "content", found: found.to_owned() };
        let media = record.media.map(|media| Media {
            path: media.path,
            mime: media.mime,
            size: ByteCount::new(media.size),
            caption: media.caption,
            transcript: media.transcript,
            description: media.description,
        });
        let body = match (record.kind.as_str(), record.text, media) {
            ("text", Some(text), _) => Body::Text(text),
            ("image", _, Some(media)) => Body::Image(media),
            ("voice_note", _, Some(media)) => Body::Audio(media, AudioKind::VoiceNote),
            ("recording", _, Some(media)) => Body::Audio(media, AudioKind::Recording),
            ("video", _, Some(media)) => Body::Video(media),
            ("sticker", _, Some(media)) => Body::Sticker(media),
            ("file", _, Some(media)) => Body::File(media),
            (found, ..) => return Err(unknown(found)),
        };
        Ok(Self { body, labels: Labels::parse(&record.labels) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label;
    use crate::testing::event;

    #[test]
    fn a_sample_of_version_1_still_loads() {
        let sample = r##"{"v":1,"channel":"irc","account":"default","chat":"#garden","group":true,"sender":"a!b@c","participant":"a!b@c","message_id":"m1","at":"2026-02-22T12:00:00Z","blocks":[{"kind":"text","labels":"stranger","text":"hi"}],"mentioned_bot":true}"##;
        let record: EventRecord = serde_json::from_str(sample).unwrap();
        assert_eq!(serde_json::to_string(&record).unwrap(), sample);
        let event = InboundEvent::try_from(record).unwrap();
        assert_eq!((event.text().as_str(), event.chat_kind), ("hi", ChatKind::Group));
    }

    #[test]
    fn nothing_of_a_message_is_lost() {
        let media = Media {
            path: "/tmp/a".into(),
            mime: Some("audio/ogg".to_owned()),
            size: ByteCount::new(7),
            caption: Some("c".to_owned()),
            transcript: Some("t".to_owned()),
            description: None,
        };
        let mut event = event::wa("hello").id("m1").build();
        let labels = Label::Stranger.into();
        for body in [
            Body::Image(media.clone()),
            Body::Audio(media.clone(), AudioKind::VoiceNote),
            Body::Audio(media.clone(), AudioKind::Recording),
            Body::Video(media.clone()),
            Body::Sticker(media.clone()),
            Body::File(media),
        ] {
            event.blocks.push(ContentBlock { body, labels });
        }
        event.reply =
            Some(QuotedMessage { text: Some("q".to_owned()), from_bot: true, ..QuotedMessage::default() });
        let stored = serde_json::to_string(&EventRecord::from(&event)).unwrap();
        let back: EventRecord = serde_json::from_str(&stored).unwrap();
        assert_eq!(InboundEvent::try_from(back).unwrap(), event);
    }

    #[test]
    fn a_record_from_the_future_is_refused() {
        let mut record = EventRecord::from(&event::wa("hello").build());
        record.v = RECORD_VERSION + 1;
        assert!(InboundEvent::try_from(record).unwrap_err().to_string().contains("version 2"));
    }
}
