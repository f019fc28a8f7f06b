//! What the policy says about one message. Field by field what the original's engine answers.

mod tool_names;

use std::time::Duration;

pub use tool_names::ToolNames;

/// The answer of a policy engine to one event.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyDecision {
    /// The sender may talk here.
    pub accept: bool,
    /// The assistant answers.
    pub respond: bool,
    /// The tools that this turn may use; empty when it does not answer.
    pub allowed_tools: ToolNames,
    /// The rule that decided, as a stable code (`who_can_talk:allowlist|when_to_reply:all`).
    pub reason: String,
    /// The sender is an owner of the assistant on this channel.
    pub is_owner: bool,
    /// The persona of the chat, if it has one.
    pub persona: Option<Persona>,
    /// Quiet note taking for messages that are not answered.
    pub notes: NotesPolicy,
    /// Spoken answers.
    pub voice: VoicePolicy,
    /// The brake for people who talk about one thing without end.
    pub cooldown: CooldownPolicy,
    /// Which engine answered (`policy.json`, `allow_all`, …).
    pub source: String,
}

/// A persona file and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    /// The file as the policy names it; empty where a chat wants none although its channel has one.
    pub file: String,
    /// Its text: none until it was read, and when there is no such file.
    pub text: Option<String>,
}

/// How quiet notes are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotesPolicy {
    /// Notes are taken at all.
    pub enabled: bool,
    /// Also from senders who may not talk.
    pub allow_blocked_senders: bool,
    /// With a model or without.
    pub mode: NotesMode,
    /// A batch is closed when its first event is older than this.
    pub batch_interval: Duration,
    /// A batch is closed at so many messages.
    pub batch_max_messages: u32,
}

/// How candidates are found in a batch of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotesMode {
    /// Hybrid for large or mixed batches, else heuristic.
    Adaptive,
    /// Word rules only.
    Heuristic,
    /// A model first, word rules when it finds nothing.
    Hybrid,
}

/// When and how answers are spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoicePolicy {
    /// When to speak.
    pub mode: VoiceMode,
    /// The model route of the speaking voice.
    pub route: String,
    /// The voice.
    pub voice: String,
    /// The audio format; only `opus` can be sent.
    pub format: String,
    /// At most so many sentences are spoken.
    pub max_sentences: u32,
    /// At most so many characters (Unicode code points) are spoken.
    pub max_chars: u32,
}

/// When an answer is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiceMode {
    /// Never by itself.
    Text,
    /// When the question was spoken.
    InKind,
    /// Always.
    Always,
    /// Never, and tools may not speak either.
    Off,
}

/// The brake for long monologues in groups.
#[derive(Debug, Clone, PartialEq)]
pub struct CooldownPolicy {
    /// Whether it is on.
    pub enabled: bool,
    /// So many messages of one sender about one topic trigger it.
    pub streak_threshold: u32,
    /// Jaccard overlap (0..1) from which two messages have one topic.
    pub topic_overlap: f64,
    /// How long the chat is then left alone by the brake.
    pub cooldown: Duration,
    /// How long the canned answer waits.
    pub delay: Duration,
    /// A model words the answer.
    pub use_model: bool,
}

impl NotesMode {
    /// The word in files and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adaptive => "adaptive",
            Self::Heuristic => "heuristic",
            Self::Hybrid => "hybrid",
        }
    }
}

impl VoiceMode {
    /// The word in files and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::InKind => "in_kind",
            Self::Always => "always",
            Self::Off => "off",
        }
    }
}

impl Default for NotesPolicy {
    /// Off; the other figures are the original's defaults (`policy.json`, `memoryNotes`).
    fn default() -> Self {
        Self {
            enabled: false,
            allow_blocked_senders: false,
            mode: NotesMode::Adaptive,
            batch_interval: Duration::from_mins(30),
            batch_max_messages: 100,
        }
    }
}

impl Default for VoicePolicy {
    /// Text only; the original's defaults (`policy.json`, `voice.output`).
    fn default() -> Self {
        Self {
            mode: VoiceMode::Text,
            route: "tts.speak".to_owned(),
            voice: "alloy".to_owned(),
            format: "opus".to_owned(),
            max_sentences: 2,
            max_chars: 150,
        }
    }
}

impl Default for CooldownPolicy {
    /// Off; the original's defaults (`policy.json`, `talkativeCooldown`).
    fn default() -> Self {
        Self {
            enabled: false,
            streak_threshold: 7,
            topic_overlap: 0.34,
            cooldown: Duration::from_mins(15),
            delay: Duration::from_millis(2500),
            use_model: false,
        }
    }
}
