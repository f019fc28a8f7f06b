//! The small rules around a turn: how a question reads, what a topic is, which language a text is in, when a
//! streak is long enough.

use std::collections::BTreeSet;
use std::sync::Arc;

use nanobot_core::cancel::CancelToken;
use nanobot_core::cooldown::{Cooldown, Language, topic_overlap, topic_tokens};
use nanobot_core::decision::{CooldownPolicy, PolicyDecision};
use nanobot_core::event::ChatKind;
use nanobot_core::ids::{MessageId, SenderId, TurnId};
use nanobot_core::pipeline::{Route, TurnScope};
use nanobot_core::ports::Seen;
use nanobot_core::prompt::{UserContent, VoiceReply, user_content};
use nanobot_core::reply_context::{QuoteSource, ReplyContext};
use nanobot_core::responder::TurnInput;
use nanobot_core::testing::{event, policy};
use nanobot_core::text::trim;
use nanobot_core::time::WallTime;
use serde_json::{Value, json};

use super::input::{figure, is_spoken, some_text, text, truthy};
use super::{AGENT, Verdict, judge_all};

/// Most words of a topic; and of one that has short words only.
const TOPIC_SIZES: [usize; 2] = [40, 24];

#[test]
fn recorded_questions_agree() {
    judge_all(AGENT, "user_content", |row| {
        let metadata = &row["metadata"];
        let Ok(context) = reply_context(metadata) else { return Ok(Some("ids_are_checked")) };
        let ours = user_content(&UserContent {
            text: text(row, "text"),
            context: &context,
            spoken: is_spoken(metadata),
            voice_reply: truthy(&metadata["voice_reply_expected"]).then(|| VoiceReply {
                max_sentences: or_default(metadata, "voice_reply_max_sentences", 2),
                max_chars: or_default(metadata, "voice_reply_max_chars", 150),
            }),
        });
        let recorded = text(row, "result");
        let source = some_text(metadata, "reply_context_source").map(trim);
        let unknown = source.filter(|_| context.source.is_none());
        match unknown.map(|source| recorded.replacen(&format!("source: {source}\n"), "", 1)) {
            _ if ours == recorded => Ok(None),
            Some(without) if ours == without => Ok(Some("source_is_known")),
            _ => Err(format!("expected {recorded:?}\ngot {ours:?}")),
        }
    });
}

/// A figure of metadata; nothing and zero mean the default.
fn or_default(metadata: &Value, key: &str, default: u32) -> u32 {
    if truthy(&metadata[key]) { figure(metadata, key, default) } else { default }
}

/// # Errors
/// When an id is none.
fn reply_context(metadata: &Value) -> Result<ReplyContext, nanobot_core::ids::IdError> {
    let lines = |key: &str| -> Vec<String> {
        let items = metadata[key].as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let id = some_text(metadata, "reply_to_message_id").or_else(|| some_text(metadata, "reply_to"));
    Ok(ReplyContext {
        source: match some_text(metadata, "reply_context_source").map(trim) {
            Some("payload") => Some(QuoteSource::Payload),
            Some("archive") => Some(QuoteSource::Archive),
            _ => None,
        },
        message_id: id.map(trim).map(MessageId::new).transpose()?,
        participant: some_text(metadata, "reply_to_participant").map(trim).map(SenderId::new).transpose()?,
        quoted_text: metadata["reply_to_text"].as_str().map(str::to_owned),
        window: lines("reply_context_window"),
        ambient: lines("ambient_context_window"),
        ..ReplyContext::default()
    })
}

#[test]
fn recorded_topics_agree() {
    judge_all(AGENT, "topic_tokens", |row| {
        let (ours, recorded) = (topic_tokens(text(row, "text")), words(&row["result"]));
        // Which words of a longer text count, the original leaves to chance.
        let is_full = TOPIC_SIZES.contains(&recorded.len());
        match ours == recorded {
            true => Ok(None),
            false if is_full && ours.len() == recorded.len() => Ok(Some("long_topic_is_cut_by_alphabet")),
            false => Err(format!("{row}: {ours:?}")),
        }
    });
}

#[test]
fn recorded_overlaps_agree() {
    judge_all(AGENT, "topic_overlap", |row| {
        let ours = topic_overlap(&words(&row["a"]), &words(&row["b"]));
        let recorded = row["result"].as_f64().ok_or("no number")?;
        if (ours - recorded).abs() < 1e-12 { Ok(None) } else { Err(format!("{row}: {ours}")) }
    });
}

fn words(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn recorded_languages_agree() {
    judge_all(AGENT, "is_german", |row| {
        let ours = Language::of(text(row, "text")) == Language::German;
        if json!(ours) == row["result"] { Ok(None) } else { Err(format!("{row}: {ours}")) }
    });
}

#[test]
fn recorded_streaks_agree() {
    judge_all(AGENT, "talkative", judge_streak);
}

fn judge_streak(row: &Value) -> Verdict {
    let decision = PolicyDecision { cooldown: cooldown(&row["options"])?, ..policy::decision("recorded") };
    let brake = Cooldown::default();
    for (index, step) in row["steps"].as_array().unwrap().iter().enumerate() {
        let (language, streak) = observe(&brake, &decision, step);
        if language != step["reply_language"].as_str() || json!(streak) != step["streak"] {
            return Err(format!("step {index} {step}: {language:?}, streak {streak:?}"));
        }
    }
    Ok(None)
}

/// The recording's options; without any, three messages are enough.
fn cooldown(options: &Value) -> Result<CooldownPolicy, String> {
    let mut policy = CooldownPolicy {
        enabled: true,
        streak_threshold: 3,
        topic_overlap: 0.34,
        ..CooldownPolicy::default()
    };
    for (key, value) in options.as_object().into_iter().flatten() {
        match key.as_str() {
            "enabled" => policy.enabled = truthy(value),
            "th" | "threshold" => policy.streak_threshold = figure(options, key, 3),
            "cd" | "cooldown" => {
                let seconds = value.as_f64().ok_or("no number")?;
                policy.cooldown =
                    std::time::Duration::try_from_secs_f64(seconds).map_err(|e| e.to_string())?;
            }
            "ov" | "overlap" => policy.topic_overlap = value.as_f64().ok_or("no number")?,
            "delay" | "use_llm" | "llm" => {}
            other => return Err(format!("the option {other:?} is not known")),
        }
    }
    Ok(policy)
}

/// One message of a streak: the language of the answer, and the streak behind it. Nobody without a name can
/// reach the brake.
fn observe(brake: &Cooldown, decision: &PolicyDecision, step: &Value) -> (Option<&'static str>, Option<u32>) {
    const CHAT: &str = "1@g.us";
    let mut message = event::wa(text(step, "text")).chat(CHAT).build();
    let route = Route::of(&message);
    let session = route.session();
    let Ok(sender) = SenderId::new(text(step, "sender")) else {
        return (None, brake.streak(session.as_str()));
    };
    message.sender = sender;
    message.chat_kind = if truthy(&step["is_group"]) { ChatKind::Group } else { ChatKind::Direct };
    let now = WallTime::utc(event::SENT_AT.parse().unwrap());
    let scope = TurnScope {
        beside: false,
        turn: TurnId::new("turn").unwrap(),
        now: now.clone(),
        seen: Seen::First,
        cancel: CancelToken::never(),
        recorded: Arc::new([]),
    };
    let input = TurnInput {
        event: &message,
        text: text(step, "text"),
        decision,
        context: &ReplyContext::default(),
        scope: &scope,
        route,
    };
    let language = brake.observe(&input, now.instant).map(|language| match language {
        Language::German => "DE",
        Language::English => "EN",
    });
    (language, brake.streak(session.as_str()))
}
