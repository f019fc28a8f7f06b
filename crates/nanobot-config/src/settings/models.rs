//! `models`: profiles, and the ways from tasks and chats to profiles.
//!
//! Which model may stand in for which, and what a call costs, is the router's business, not this crate's.

pub(crate) mod judge;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::schema::macros::{choice, section};
use crate::schema::setting::Setting;
use crate::schema::{Entries, Kind, Names, Span, Spelling};

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
        /// Profile names for single chats: by `CHANNEL:CHAT`, then by task, `reply` or `assistant.reply`.
        @own chats: BTreeMap<String, BTreeMap<String, String>> = {} as Kind::Names(&CHATS),
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
        /// Profiles that stand in when the model fails, in this order. Also taken from `config.json`.
        @both fallback: Vec<String> = [],
        /// Pause before a failed model is asked again, in seconds; 0 for none. Also taken from `config.json`.
        @both cooldown_seconds: u64 = 60 as Kind::Integer { min: 0, max: 86_400 },
        /// Whether `fallback` may lead to a dearer or less trusted model.
        @own allow_escalation: bool = false,
        /// How far the provider is trusted with what is said; null means `own_machine` on loopback, else
        /// `third_party`.
        @own trust: Option<TrustClass> = null,
        /// Tokens that the model can take in, question and answer together.
        @own context_tokens: Option<u32> = null as Kind::Optional(&Kind::Integer { min: 1, max: 4_294_967_295 }),
        /// What the model costs, where the built-in table does not know or is wrong.
        @own price: Option<ModelPrice> = null,
    }
}

section! {
    /// The price of a model, in US dollars per million tokens.
    pub struct ModelPrice {
        /// Of what the model reads; required.
        input: f64 as Kind::Number(Span::FromZero),
        /// Of what the model writes, hidden reasoning included; required.
        output: f64 as Kind::Number(Span::FromZero),
        /// Of what the provider has in its cache; null means as `input`.
        cached_input: Option<f64> = null as Kind::Optional(&Kind::Number(Span::FromZero)),
        /// Of what the provider puts into its cache; null means as `input`.
        cache_write: Option<f64> = null as Kind::Optional(&Kind::Number(Span::FromZero)),
        /// Where the price was found, and when.
        source: Option<String> = null,
    }
}

/// Chats keep their names as they are: ids have cases of their own.
const CHATS: Names = Names {
    each: <BTreeMap<String, String> as Setting>::KIND,
    special: None,
    spelling: Spelling::AsWritten,
    entries: Entries::Completed,
};

choice! {
    /// How far a provider is trusted, most first.
    pub enum TrustClass {
        /// A machine of one's own: nothing leaves the house.
        OwnMachine = "own_machine",
        /// An account of one's own whose terms forbid training on the data.
        OwnAccount = "own_account",
        /// Anybody else.
        ThirdParty = "third_party",
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
