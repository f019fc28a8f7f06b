//! A recorded row as our types: events with the recording's defaults, and the policy's decision.

use std::time::Duration;

use nanobot_core::Label;
use nanobot_core::content::{AudioKind, Body, ContentBlock, Media};
use nanobot_core::decision::{
    CooldownPolicy, NotesMode, NotesPolicy, Persona, PolicyDecision, VoiceMode, VoicePolicy,
};
use nanobot_core::event::{ChatKind, InboundEvent, QuotedMessage};
use nanobot_core::ids::{AccountId, ChannelName, ChatId, IdError, MessageId, SenderId};
use nanobot_core::text::trim;
use nanobot_core::time::{Timestamp, civil};
use serde_json::Value;

/// When an event was sent whose row does not say.
const SENT_AT: &str = "2026-02-20T12:00:00Z";

/// A text of a row; empty when there is none.
pub(super) fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// A text of a row that says something.
pub(super) fn some_text<'a>(row: &'a Value, key: &str) -> Option<&'a str> {
    row[key].as_str().filter(|text| !trim(text).is_empty())
}

/// Truth as the original's language sees it.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// Whether metadata says that a message was spoken.
pub(super) fn is_spoken(metadata: &Value) -> bool {
    truthy(&metadata["is_voice"]) || name(metadata, "media_kind") == "audio"
}

/// A word from a closed set, however it is spelled.
pub(super) fn name(row: &Value, key: &str) -> String {
    trim(text(row, key)).to_lowercase()
}

/// One recorded event. The recording leaves out what is at its default.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) channel: String,
    pub(super) chat: String,
    pub(super) sender: String,
    pub(super) participant: Option<String>,
    pub(super) id: Option<String>,
    pub(super) content: String,
    pub(super) reply_id: Option<String>,
    pub(super) reply_participant: Option<String>,
    pub(super) reply_text: Option<String>,
    pub(super) at: Timestamp,
    pub(super) is_spoken: bool,
    chat_kind: ChatKind,
    mentions_bot: bool,
    answers_bot: bool,
}

impl Said {
    pub(super) fn new(event: &Value) -> Self {
        let or = |key, default: &str| event[key].as_str().unwrap_or(default).to_owned();
        let some = |key| some_text(event, key).map(str::to_owned);
        Self {
            channel: or("channel", "whatsapp"),
            chat: or("chat_id", "120363041234567890@g.us"),
            sender: or("sender_id", "491701234567"),
            participant: some("participant"),
            id: if event.get("message_id").is_none() { Some("M1".to_owned()) } else { some("message_id") },
            content: or("content", "hello"),
            reply_id: some("reply_to_message_id"),
            reply_participant: some("reply_to_participant"),
            reply_text: event["reply_to_text"].as_str().map(str::to_owned),
            at: instant(event["timestamp"].as_str().unwrap_or(SENT_AT)),
            is_spoken: is_spoken(&event["raw_metadata"]),
            chat_kind: if truthy(&event["is_group"]) { ChatKind::Group } else { ChatKind::Direct },
            mentions_bot: truthy(&event["mentioned_bot"]),
            answers_bot: truthy(&event["reply_to_bot"]),
        }
    }

    pub(super) fn is_whatsapp(&self) -> bool {
        self.channel == "whatsapp"
    }

    /// The words that it quotes, if there are any.
    pub(super) fn quote(&self) -> Option<&str> {
        self.reply_text.as_deref().map(trim).filter(|text| !text.is_empty())
    }

    /// Where answers go by the original's rule: as (channel, chat).
    pub(super) fn target(&self) -> (&str, &str) {
        match self.chat.split_once(':') {
            Some((channel, chat)) if self.channel == "system" && !channel.is_empty() && !chat.is_empty() => {
                (channel, chat)
            }
            _ => (&self.channel, &self.chat),
        }
    }

    /// The event as a channel adapter of ours hands it over.
    ///
    /// # Errors
    /// When one of its ids is none; no adapter can hand such an event over.
    pub(super) fn event(&self) -> Result<InboundEvent, IdError> {
        let label = Label::Stranger;
        let block = if self.is_spoken && !trim(&self.content).is_empty() {
            let media = Media { transcript: Some(self.content.clone()), ..Media::default() };
            ContentBlock { body: Body::Audio(media, AudioKind::VoiceNote), labels: label.into() }
        } else {
            ContentBlock::text(self.content.clone(), label)
        };
        Ok(InboundEvent {
            channel: ChannelName::new(self.channel.clone())?,
            account: AccountId::sole(),
            chat: ChatId::new(self.chat.clone())?,
            chat_kind: self.chat_kind,
            sender: SenderId::new(self.sender.clone())?,
            participant: self.participant.clone().map(SenderId::new).transpose()?,
            message_id: self.id.clone().map(MessageId::new).transpose()?,
            at: self.at,
            blocks: vec![block],
            mentioned_bot: self.mentions_bot,
            reply: self.quoted()?,
        })
    }

    fn quoted(&self) -> Result<Option<QuotedMessage>, IdError> {
        let quoted = QuotedMessage {
            message_id: self.reply_id.clone().map(MessageId::new).transpose()?,
            participant: self.reply_participant.clone().map(SenderId::new).transpose()?,
            text: self.reply_text.clone(),
            from_bot: self.answers_bot,
        };
        Ok((quoted != QuotedMessage::default()).then_some(quoted))
    }
}

/// With an offset, or without one in UTC.
fn instant(text: &str) -> Timestamp {
    let naive = || text.parse::<civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    text.parse().ok().or_else(|| Some(naive()?.timestamp())).unwrap_or_else(|| panic!("{text:?} is no time"))
}

/// The recorded decision. Words from closed sets may be spelled oddly, numbers may be floats.
pub(super) fn decision(row: &Value) -> PolicyDecision {
    let tools = row["allowed_tools"].as_array().into_iter().flatten();
    let voice = VoicePolicy::default();
    PolicyDecision {
        accept: truthy(&row["accept_message"]),
        respond: truthy(&row["should_respond"]),
        allowed_tools: tools.filter_map(Value::as_str).map(str::to_owned).collect(),
        reason: text(row, "reason").to_owned(),
        is_owner: truthy(&row["is_owner"]),
        persona: row["persona_text"]
            .as_str()
            .map(|words| Persona { file: text(row, "persona_file").into(), text: Some(words.to_owned()) }),
        notes: NotesPolicy {
            enabled: truthy(&row["notes_enabled"]),
            allow_blocked_senders: truthy(&row["notes_allow_blocked_senders"]),
            mode: match name(row, "notes_mode").as_str() {
                "heuristic" => NotesMode::Heuristic,
                "hybrid" => NotesMode::Hybrid,
                _ => NotesMode::Adaptive,
            },
            batch_interval: seconds(row, "notes_batch_interval_seconds", 1800.0),
            batch_max_messages: figure(row, "notes_batch_max_messages", 100),
        },
        voice: VoicePolicy {
            mode: match name(row, "voice_output_mode").as_str() {
                "in_kind" => VoiceMode::InKind,
                "always" => VoiceMode::Always,
                "off" => VoiceMode::Off,
                _ => VoiceMode::Text,
            },
            route: some_text(row, "voice_output_tts_route").unwrap_or(&voice.route).to_owned(),
            voice: text(row, "voice_output_voice").to_owned(),
            format: text(row, "voice_output_format").to_owned(),
            max_sentences: figure(row, "voice_output_max_sentences", voice.max_sentences),
            max_chars: figure(row, "voice_output_max_chars", voice.max_chars),
        },
        cooldown: CooldownPolicy {
            enabled: truthy(&row["talkative_cooldown_enabled"]),
            streak_threshold: figure(row, "talkative_cooldown_streak_threshold", 7),
            topic_overlap: row["talkative_cooldown_topic_overlap_threshold"].as_f64().unwrap_or(0.34),
            cooldown: seconds(row, "talkative_cooldown_cooldown_seconds", 900.0),
            delay: seconds(row, "talkative_cooldown_delay_seconds", 2.5),
            use_model: truthy(&row["talkative_cooldown_use_llm_message"]),
        },
        source: text(row, "source").to_owned(),
    }
}

fn seconds(row: &Value, key: &str, default: f64) -> Duration {
    let given = row[key].as_f64().unwrap_or(default);
    Duration::try_from_secs_f64(given).unwrap_or_else(|error| panic!("{key} {given}: {error}"))
}

/// A whole number, also when it is written as a float.
pub(super) fn figure(row: &Value, key: &str, default: u32) -> u32 {
    let whole = |number: f64| format!("{number:.0}").parse().ok();
    row[key].as_f64().map_or(Some(default), whole).unwrap_or_else(|| panic!("{key}: {}", row[key]))
}
