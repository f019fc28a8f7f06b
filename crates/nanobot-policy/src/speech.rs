//! From what a policy says of spoken answers and of the brake to what a decision says of them.

use std::time::Duration;

use nanobot_core::decision::{CooldownPolicy, VoiceMode, VoicePolicy};

use crate::document::schema::{SpeechMode, TalkativeCooldown, VoiceOutput};
use crate::notes::{count, seconds};

pub(crate) fn voice(said: &VoiceOutput) -> VoicePolicy {
    VoicePolicy {
        mode: match said.mode {
            SpeechMode::Text => VoiceMode::Text,
            SpeechMode::InKind => VoiceMode::InKind,
            SpeechMode::Always => VoiceMode::Always,
            SpeechMode::Off => VoiceMode::Off,
        },
        route: said.tts_route.clone(),
        voice: said.voice.clone(),
        format: said.format.clone(),
        max_sentences: count(&said.max_sentences),
        max_chars: count(&said.max_chars),
    }
}

pub(crate) fn cooldown(said: &TalkativeCooldown) -> CooldownPolicy {
    CooldownPolicy {
        enabled: said.enabled,
        streak_threshold: count(&said.streak_threshold),
        topic_overlap: said.topic_overlap_threshold.0,
        cooldown: seconds(&said.cooldown_seconds),
        // The schema keeps it within half a minute; what is no time is none.
        delay: Duration::try_from_secs_f64(said.delay_seconds.0).unwrap_or_default(),
        use_model: said.use_llm_message,
    }
}
