//! What a closing transaction stores, as records: session lines, and what goes out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::event::optional;
use super::{RECORD_VERSION, RecordError, known};
use crate::ids::{ChannelName, ChatId, MessageId, SenderId, SessionKey};
use crate::intent::{SessionAppend, SessionLine, SessionRole};
use crate::label::Labels;
use crate::message::{OutboundMessage, Reaction};
use crate::ports::Outgoing;

/// Session lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinesRecord {
    v: u32,
    session: String,
    lines: Vec<LineRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LineRecord {
    role: String,
    content: String,
    at: String,
    labels: String,
}

/// What goes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutgoingRecord {
    v: u32,
    #[serde(flatten)]
    body: OutgoingBody,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OutgoingBody {
    Message { channel: String, chat: String, text: String, reply_to: Option<String>, media: Vec<PathBuf> },
    Reaction { channel: String, chat: String, message_id: String, emoji: String, participant: Option<String> },
}

impl From<&SessionAppend> for LinesRecord {
    fn from(append: &SessionAppend) -> Self {
        let line = |line: &SessionLine| LineRecord {
            role: line.role.name().to_owned(),
            content: line.content.clone(),
            at: line.at.to_string(),
            labels: line.labels.to_string(),
        };
        Self {
            v: RECORD_VERSION,
            session: append.session.to_string(),
            lines: append.lines.iter().map(line).collect(),
        }
    }
}

impl TryFrom<LinesRecord> for SessionAppend {
    type Error = RecordError;

    fn try_from(record: LinesRecord) -> Result<Self, RecordError> {
        known(record.v)?;
        let line = |line: LineRecord| {
            let role = match line.role.as_str() {
                "user" => SessionRole::User,
                "assistant" => SessionRole::Assistant,
                _ => return Err(RecordError::UnknownWord { what: "role", found: line.role }),
            };
            let at = line.at.parse().map_err(|_| RecordError::BadTime { found: line.at.clone() })?;
            Ok(SessionLine { role, content: line.content, at, labels: Labels::parse(&line.labels) })
        };
        Ok(Self {
            session: SessionKey::new(record.session)?,
            lines: record.lines.into_iter().map(line).collect::<Result<_, _>>()?,
        })
    }
}

impl From<&Outgoing> for OutgoingRecord {
    fn from(outgoing: &Outgoing) -> Self {
        let body = match outgoing {
            Outgoing::Message(message) => OutgoingBody::Message {
                channel: message.channel.to_string(),
                chat: message.chat.to_string(),
                text: message.text.clone(),
                reply_to: message.reply_to.as_ref().map(ToString::to_string),
                media: message.media.clone(),
            },
            Outgoing::Reaction(reaction) => OutgoingBody::Reaction {
                channel: reaction.channel.to_string(),
                chat: reaction.chat.to_string(),
                message_id: reaction.message_id.to_string(),
                emoji: reaction.emoji.clone(),
                participant: reaction.participant.as_ref().map(ToString::to_string),
            },
        };
        Self { v: RECORD_VERSION, body }
    }
}

impl TryFrom<OutgoingRecord> for Outgoing {
    type Error = RecordError;

    fn try_from(record: OutgoingRecord) -> Result<Self, RecordError> {
        known(record.v)?;
        Ok(match record.body {
            OutgoingBody::Message { channel, chat, text, reply_to, media } => {
                Self::Message(OutboundMessage {
                    channel: ChannelName::new(channel)?,
                    chat: ChatId::new(chat)?,
                    text,
                    reply_to: optional(reply_to, MessageId::new)?,
                    media,
                })
            }
            OutgoingBody::Reaction { channel, chat, message_id, emoji, participant } => {
                Self::Reaction(Reaction {
                    channel: ChannelName::new(channel)?,
                    chat: ChatId::new(chat)?,
                    message_id: MessageId::new(message_id)?,
                    emoji,
                    participant: optional(participant, SenderId::new)?,
                })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_version_1_still_load() {
        let lines = r#"{"v":1,"session":"cli:default","lines":[{"role":"user","content":"hi","at":"2026-02-22T12:00:00.000001","labels":"owner"}]}"#;
        let record: LinesRecord = serde_json::from_str(lines).unwrap();
        let append = SessionAppend::try_from(record).unwrap();
        assert_eq!(serde_json::to_string(&LinesRecord::from(&append)).unwrap(), lines);
        for sample in [
            r#"{"v":1,"kind":"message","channel":"irc","chat":"a","text":"hi","reply_to":null,"media":["/tmp/a"]}"#,
            r#"{"v":1,"kind":"reaction","channel":"whatsapp","chat":"1@g.us","message_id":"m","emoji":"👍","participant":"2"}"#,
        ] {
            let record: OutgoingRecord = serde_json::from_str(sample).unwrap();
            let outgoing = Outgoing::try_from(record).unwrap();
            assert_eq!(serde_json::to_string(&OutgoingRecord::from(&outgoing)).unwrap(), sample);
        }
    }
}
