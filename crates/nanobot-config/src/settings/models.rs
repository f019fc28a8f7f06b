//! `models`: profiles, and the routes from tasks to profiles.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::schema::macros::{choice, section};

section! {
    /// Model profiles, and which task uses which.
    pub struct Models {
        /// Profiles by name. A built-in one is completed key by key.
        profiles: BTreeMap<String, ModelProfile> = (built_in_profiles()),
        /// Profile names by task, or by network and task: `whatsapp.tts.speak` comes before `tts.speak`.
        routes: BTreeMap<String, String> = {
            "assistant.reply": "assistant_default",
            "vision.describe_image": "vision_whatsapp_cheap",
            "asr.transcribe_audio": "asr_default",
            "tts.speak": "tts_default",
            "whatsapp.vision.describe_image": "vision_whatsapp_cheap",
            "whatsapp.asr.transcribe_audio": "asr_default",
            "whatsapp.tts.speak": "tts_default",
            "memory.embed": "memory_embed_fast",
            "memory.capture.extract": "memory_capture_fast"
        },
    }
}

section! {
    /// How one kind of task reaches a model.
    pub struct ModelProfile {
        /// What the model is for; required.
        kind: ProfileKind,
        /// The model's name.
        model: Option<String> = null,
        /// The provider, when the model's name does not tell.
        provider: Option<String> = null,
        /// Longest answer, in tokens.
        max_tokens: Option<u32> = null,
        /// Sampling temperature.
        temperature: Option<f64> = null,
        /// Time limit of a request, in milliseconds.
        timeout_ms: Option<u64> = null,
    }
}

choice! {
    /// What a model is for.
    pub enum ProfileKind {
        /// Conversation.
        Chat = "chat",
        /// Describing pictures.
        Vision = "vision",
        /// Speech to text.
        Asr = "asr",
        /// Text in pictures.
        Ocr = "ocr",
        /// Describing videos.
        Video = "video",
        /// Vectors for memory.
        Embedding = "embedding",
        /// Text to speech.
        Tts = "tts",
    }
}

/// The profiles that every document lists, in the original's order.
pub(crate) fn built_in_profiles() -> Value {
    json!({
        "assistant_default": {
            "kind": "chat", "model": "anthropic/claude-opus-4-5", "provider": null,
            "max_tokens": 8192, "temperature": 0.7, "timeout_ms": null
        },
        "subagent_default": {
            "kind": "chat", "model": "openai/gpt-4o-mini", "provider": null,
            "max_tokens": 4096, "temperature": 0.3, "timeout_ms": 60_000
        },
        "vision_whatsapp_cheap": {
            "kind": "vision", "model": "google/gemini-2.5-flash-lite", "provider": null,
            "max_tokens": 160, "temperature": 0.1, "timeout_ms": 12_000
        },
        "asr_default": {
            "kind": "asr", "model": "whisper-large-v3", "provider": "groq_whisper",
            "max_tokens": null, "temperature": null, "timeout_ms": 60_000
        },
        "tts_default": {
            "kind": "tts", "model": "tts-1", "provider": "openai_tts",
            "max_tokens": null, "temperature": null, "timeout_ms": 30_000
        },
        "memory_embed_fast": {
            "kind": "embedding", "model": "openai/text-embedding-3-small", "provider": null,
            "max_tokens": null, "temperature": null, "timeout_ms": 12_000
        },
        "memory_capture_fast": {
            "kind": "chat", "model": "openai/gpt-4o-mini", "provider": null,
            "max_tokens": 700, "temperature": 0.0, "timeout_ms": 15_000
        }
    })
}
