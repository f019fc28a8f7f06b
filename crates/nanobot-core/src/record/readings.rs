//! What a turn read beside its message, as a record. A persona's text is not in it: only the prompt knows it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::optional;
use super::{RECORD_VERSION, RecordError, known};
use crate::decision::{
    CooldownPolicy, NotesMode, NotesPolicy, Persona, PolicyDecision, VoiceMode, VoicePolicy,
};
use crate::ids::{MessageId, SenderId};
use crate::label::Labels;
use crate::outcome::TurnOutcome;
use crate::pipeline::{GivenUp, Readings};
use crate::reply_context::{QuoteSource, ReplyContext};

/// What a turn read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadingsRecord {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<DecisionRecord>,
    context: ContextRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chat_known: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    owners: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unreadable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    admin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given_up: Option<GivenUpRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct GivenUpRecord {
    outcome: String,
    notice: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct DecisionRecord {
    accept: bool,
    respond: bool,
    allowed_tools: BTreeSet<String>,
    reason: String,
    is_owner: bool,
    persona: Option<String>,
    notes: NotesRecord,
    voice: VoiceRecord,
    cooldown: CooldownRecord,
    source: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct NotesRecord {
    enabled: bool,
    allow_blocked_senders: bool,
    mode: String,
    batch_interval_ms: u64,
    batch_max_messages: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct VoiceRecord {
    mode: String,
    route: String,
    voice: String,
    format: String,
    max_sentences: u32,
    max_chars: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct CooldownRecord {
    enabled: bool,
    streak_threshold: u32,
    topic_overlap: f64,
    cooldown_ms: u64,
    delay_ms: u64,
    use_model: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ContextRecord {
    source: Option<String>,
    message_id: Option<String>,
    participant: Option<String>,
    quoted_text: Option<String>,
    window: Vec<String>,
    ambient: Vec<String>,
    labels: String,
}

impl From<&Readings> for ReadingsRecord {
    fn from(readings: &Readings) -> Self {
        Self {
            v: RECORD_VERSION,
            decision: readings.decision.as_ref().map(DecisionRecord::from),
            context: ContextRecord::from(&readings.context),
            gate: readings.gate.clone(),
            chat_known: readings.chat_known,
            owners: readings.owners.iter().map(ToString::to_string).collect(),
            unreadable: readings.unreadable,
            admin: readings.admin.clone(),
            given_up: readings.given_up.as_ref().map(|given_up| GivenUpRecord {
                outcome: given_up.outcome.name().to_owned(),
                notice: given_up.notice.clone(),
            }),
        }
    }
}

impl TryFrom<ReadingsRecord> for Readings {
    type Error = RecordError;

    fn try_from(record: ReadingsRecord) -> Result<Self, RecordError> {
        known(record.v)?;
        let given_up = |record: GivenUpRecord| {
            let unknown = RecordError::UnknownWord { what: "outcome", found: record.outcome.clone() };
            let outcome = TurnOutcome::named(&record.outcome).ok_or(unknown)?;
            Ok::<_, RecordError>(GivenUp { outcome, notice: record.notice })
        };
        Ok(Self {
            decision: record.decision.map(PolicyDecision::try_from).transpose()?,
            context: ReplyContext::try_from(record.context)?,
            gate: record.gate,
            chat_known: record.chat_known,
            owners: record.owners.into_iter().map(SenderId::new).collect::<Result<_, _>>()?,
            unreadable: record.unreadable,
            admin: record.admin,
            given_up: record.given_up.map(given_up).transpose()?,
        })
    }
}

impl From<&PolicyDecision> for DecisionRecord {
    fn from(decision: &PolicyDecision) -> Self {
        let (notes, voice, cooldown) = (&decision.notes, &decision.voice, &decision.cooldown);
        Self {
            accept: decision.accept,
            respond: decision.respond,
            allowed_tools: decision.allowed_tools.clone().into(),
            reason: decision.reason.clone(),
            is_owner: decision.is_owner,
            persona: decision.persona.as_ref().map(|persona| persona.file.clone()),
            notes: NotesRecord {
                enabled: notes.enabled,
                allow_blocked_senders: notes.allow_blocked_senders,
                mode: notes.mode.name().to_owned(),
                batch_interval_ms: millis(notes.batch_interval),
                batch_max_messages: notes.batch_max_messages,
            },
            voice: VoiceRecord {
                mode: voice.mode.name().to_owned(),
                route: voice.route.clone(),
                voice: voice.voice.clone(),
                format: voice.format.clone(),
                max_sentences: voice.max_sentences,
                max_chars: voice.max_chars,
            },
            cooldown: CooldownRecord {
                enabled: cooldown.enabled,
                streak_threshold: cooldown.streak_threshold,
                topic_overlap: cooldown.topic_overlap,
                cooldown_ms: millis(cooldown.cooldown),
                delay_ms: millis(cooldown.delay),
                use_model: cooldown.use_model,
            },
            source: decision.source.clone(),
        }
    }
}

impl TryFrom<DecisionRecord> for PolicyDecision {
    type Error = RecordError;

    fn try_from(record: DecisionRecord) -> Result<Self, RecordError> {
        let (notes, voice, cooldown) = (record.notes, record.voice, record.cooldown);
        let word = |what, found: &str| RecordError::UnknownWord { what, found: found.to_owned() };
        let notes_modes = [NotesMode::Adaptive, NotesMode::Heuristic, NotesMode::Hybrid];
        let voice_modes = [VoiceMode::Text, VoiceMode::InKind, VoiceMode::Always, VoiceMode::Off];
        Ok(Self {
            accept: record.accept,
            respond: record.respond,
            allowed_tools: record.allowed_tools.into(),
            reason: record.reason,
            is_owner: record.is_owner,
            persona: record.persona.map(|file| Persona { file, text: None }),
            notes: NotesPolicy {
                enabled: notes.enabled,
                allow_blocked_senders: notes.allow_blocked_senders,
                mode: notes_modes
                    .into_iter()
                    .find(|mode| mode.name() == notes.mode)
                    .ok_or_else(|| word("notes mode", &notes.mode))?,
                batch_interval: Duration::from_millis(notes.batch_interval_ms),
                batch_max_messages: notes.batch_max_messages,
            },
            voice: VoicePolicy {
                mode: voice_modes
                    .into_iter()
                    .find(|mode| mode.name() == voice.mode)
                    .ok_or_else(|| word("voice mode", &voice.mode))?,
                route: voice.route,
                voice: voice.voice,
                format: voice.format,
                max_sentences: voice.max_sentences,
                max_chars: voice.max_chars,
            },
            cooldown: CooldownPolicy {
                enabled: cooldown.enabled,
                streak_threshold: cooldown.streak_threshold,
                topic_overlap: cooldown.topic_overlap,
                cooldown: Duration::from_millis(cooldown.cooldown_ms),
                delay: Duration::from_millis(cooldown.delay_ms),
                use_model: cooldown.use_model,
            },
            source: record.source,
        })
    }
}

impl From<&ReplyContext> for ContextRecord {
    fn from(context: &ReplyContext) -> Self {
        Self {
            source: context.source.map(|source| source.name().to_owned()),
            message_id: context.message_id.as_ref().map(ToString::to_string),
            participant: context.participant.as_ref().map(ToString::to_string),
            quoted_text: context.quoted_text.clone(),
            window: context.window.clone(),
            ambient: context.ambient.clone(),
            labels: context.labels.to_string(),
        }
    }
}

impl TryFrom<ContextRecord> for ReplyContext {
    type Error = RecordError;

    fn try_from(record: ContextRecord) -> Result<Self, RecordError> {
        let source = match record.source.as_deref() {
            None => None,
            Some("payload") => Some(QuoteSource::Payload),
            Some("archive") => Some(QuoteSource::Archive),
            Some(found) => {
                return Err(RecordError::UnknownWord { what: "quote source", found: found.to_owned() });
            }
        };
        Ok(Self {
            source,
            message_id: optional(record.message_id, MessageId::new)?,
            participant: optional(record.participant, SenderId::new)?,
            quoted_text: record.quoted_text,
            window: record.window,
            ambient: record.ambient,
            labels: Labels::parse(&record.labels),
        })
    }
}

/// Policies count in seconds; what is longer than this can say is no policy.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::PolicyEngine as _;
    use crate::stand_in::AllowAll;
    use crate::testing::event;

    #[test]
    fn nothing_that_was_read_is_lost() {
        let mut decision = AllowAll::new(["read_file"]).evaluate(&event::wa("hello").build());
        decision.persona = Some(Persona { file: "personas/a.md".into(), text: None });
        let readings = Readings {
            decision: Some(decision),
            context: ReplyContext {
                source: Some(QuoteSource::Archive),
                quoted_text: Some("q".to_owned()),
                window: vec!["[a] b".to_owned()],
                labels: crate::label::Label::Stranger.into(),
                ..ReplyContext::default()
            },
            gate: Some("rules:1".to_owned()),
            chat_known: Some(false),
            owners: vec![SenderId::new("49").unwrap()],
            unreadable: true,
            admin: Some("done".to_owned()),
            given_up: Some(GivenUp { outcome: TurnOutcome::Abandoned, notice: "n".to_owned() }),
        };
        let stored = serde_json::to_string(&ReadingsRecord::from(&readings)).unwrap();
        let back: ReadingsRecord = serde_json::from_str(&stored).unwrap();
        assert_eq!(Readings::try_from(back).unwrap(), readings);
    }

    #[test]
    fn a_sample_of_version_1_still_loads() {
        let sample = r#"{"v":1,"context":{"source":null,"message_id":null,"participant":null,"quoted_text":null,"window":[],"ambient":[],"labels":""}}"#;
        let record: ReadingsRecord = serde_json::from_str(sample).unwrap();
        assert_eq!(serde_json::to_string(&record).unwrap(), sample);
        assert_eq!(Readings::try_from(record).unwrap(), Readings::default());
    }
}
