//! Recorded merged settings of chats.

use nanobot_policy::{Effective, Integer};
use serde_json::{Value, json};

use super::super::cases::{Tally, rows};
use super::FOLDER;
use super::world::{World, text};

#[test]
fn recorded_effective_policies_agree() {
    let mut tally = Tally::new("policy effective");
    let mut world = World::new();
    for row in rows(FOLDER, "effective.jsonl") {
        let engine = world.engine(&row).expect("a policy");
        let (channel, chat) = (text(&row, "channel"), text(&row, "chat_id"));
        let ours = engine.effective(channel, chat).map(|effective| shown(&world, &effective));
        if ours.as_ref() == Some(&row["effective"]) {
            tally.agree();
        } else {
            tally.other(format!(
                "{} {channel} {chat}\nours     {ours:?}\nrecorded {}",
                row["policy"], row["effective"]
            ));
        }
    }
    tally.finish();
}

fn shown(world: &World, effective: &Effective) -> Value {
    let Effective { voice, cooldown, .. } = effective;
    let access = effective.tool_access.iter();
    let access = access
        .map(|(tool, (mode, senders))| (tool.clone(), json!({"mode": mode.word(), "senders": senders})));
    json!({
        "who_can_talk_mode": effective.who_can_talk.word(),
        "who_can_talk_senders": effective.who_can_talk_senders,
        "when_to_reply_mode": effective.when_to_reply.word(),
        "when_to_reply_senders": effective.when_to_reply_senders,
        "blocked_senders": effective.blocked_senders,
        "allowed_tools_mode": effective.allowed_tools.word(),
        "allowed_tools_tools": effective.allowed_tools_tools,
        "allowed_tools_deny": effective.allowed_tools_deny,
        "tool_access": access.collect::<serde_json::Map<_, _>>(),
        "persona_file": effective.persona_file.as_deref().map(|file| world.recorded(file)),
        "voice_input_wake_phrases": effective.wake_phrases,
        "voice_output_mode": voice.mode.word(),
        "voice_output_tts_route": voice.tts_route,
        "voice_output_voice": voice.voice,
        "voice_output_format": voice.format,
        "voice_output_max_sentences": number(&voice.max_sentences),
        "voice_output_max_chars": number(&voice.max_chars),
        "talkative_cooldown_enabled": cooldown.enabled,
        "talkative_cooldown_streak_threshold": number(&cooldown.streak_threshold),
        "talkative_cooldown_topic_overlap_threshold": cooldown.topic_overlap_threshold.0,
        "talkative_cooldown_cooldown_seconds": number(&cooldown.cooldown_seconds),
        "talkative_cooldown_delay_seconds": cooldown.delay_seconds.0,
        "talkative_cooldown_use_llm_message": cooldown.use_llm_message,
    })
}

/// As the recording reads it.
fn number(number: &Integer) -> Value {
    serde_json::from_str(number.digits()).expect("digits")
}
