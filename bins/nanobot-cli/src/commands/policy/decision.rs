//! Decisions as lines of a batch: the field names of the original's engine.

use nanobot_core::decision::PolicyDecision;
use nanobot_policy::{Actor, NotesSource};
use serde_json::{Value, json};

/// A decision. The text of its persona was put into it before, or is none.
pub(super) fn decision(decision: &PolicyDecision) -> Value {
    let PolicyDecision {
        accept,
        respond,
        allowed_tools,
        reason,
        is_owner,
        persona,
        notes,
        voice,
        cooldown,
        source,
    } = decision;
    json!({
        "accept_message": accept,
        "should_respond": respond,
        "allowed_tools": **allowed_tools,
        "reason": reason,
        "persona_text": persona.as_ref().and_then(|persona| persona.text.as_deref()),
        "persona_file": persona.as_ref().map(|persona| &persona.file),
        "notes_enabled": notes.enabled,
        "notes_mode": notes.mode.name(),
        "notes_allow_blocked_senders": notes.allow_blocked_senders,
        "notes_batch_interval_seconds": notes.batch_interval.as_secs(),
        "notes_batch_max_messages": notes.batch_max_messages,
        "voice_output_mode": voice.mode.name(),
        "voice_output_tts_route": voice.route,
        "voice_output_voice": voice.voice,
        "voice_output_format": voice.format,
        "voice_output_max_sentences": voice.max_sentences,
        "voice_output_max_chars": voice.max_chars,
        "talkative_cooldown_enabled": cooldown.enabled,
        "talkative_cooldown_streak_threshold": cooldown.streak_threshold,
        "talkative_cooldown_topic_overlap_threshold": cooldown.topic_overlap,
        "talkative_cooldown_cooldown_seconds": cooldown.cooldown.as_secs(),
        "talkative_cooldown_delay_seconds": cooldown.delay.as_secs_f64(),
        "talkative_cooldown_use_llm_message": cooldown.use_model,
        "is_owner": is_owner,
        "source": source,
    })
}

/// A sender under all his names.
pub(super) fn actor(actor: &Actor) -> Value {
    json!({"primary": actor.primary, "aliases": actor.aliases})
}

/// Which settings decided about notes; those that were not asked are left out.
pub(in crate::commands) fn notes_source(source: &NotesSource) -> Value {
    let NotesSource { enabled, mode, allow_blocked_senders } = source;
    let mut members = serde_json::Map::new();
    members.insert("enabled".to_owned(), json!(enabled));
    members.extend(mode.as_ref().map(|path| ("mode".to_owned(), json!(path))));
    members
        .extend(allow_blocked_senders.as_ref().map(|path| ("allowBlockedSenders".to_owned(), json!(path))));
    Value::Object(members)
}
