//! What a model is called for.

use std::fmt;

/// The tasks of models, a closed set: each can have its own model, budget and figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModelTask {
    /// Answering a chat.
    Reply,
    /// Putting a long text into few words.
    Summarise,
    /// Finding out what is worth remembering.
    Extract,
    /// Vectors for memory.
    Embed,
    /// Saying what a picture or a video shows.
    Describe,
    /// Speech to text.
    Transcribe,
    /// Text to speech.
    Speak,
    /// Sorting a text into one of a few kinds.
    Classify,
    /// The daily digest.
    Bulletin,
    /// Shortening a conversation that has become too long.
    Compact,
    /// Work that the assistant hands to a helper of its own.
    Subagent,
}

impl ModelTask {
    /// Every task.
    pub const ALL: [Self; 11] = [
        Self::Reply,
        Self::Summarise,
        Self::Extract,
        Self::Embed,
        Self::Describe,
        Self::Transcribe,
        Self::Speak,
        Self::Classify,
        Self::Bulletin,
        Self::Compact,
        Self::Subagent,
    ];

    /// The stable word: metric label, budget key, route.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Summarise => "summarise",
            Self::Extract => "extract",
            Self::Embed => "embed",
            Self::Describe => "describe",
            Self::Transcribe => "transcribe",
            Self::Speak => "speak",
            Self::Classify => "classify",
            Self::Bulletin => "bulletin",
            Self::Compact => "compact",
            Self::Subagent => "subagent",
        }
    }

    /// The task of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.name() == word)
    }

    /// Nobody waits for it: when money runs short it stops first.
    pub const fn is_background(self) -> bool {
        match self {
            Self::Reply
            | Self::Describe
            | Self::Transcribe
            | Self::Speak
            | Self::Classify
            | Self::Subagent
            | Self::Compact => false,
            Self::Summarise | Self::Extract | Self::Embed | Self::Bulletin => true,
        }
    }
}

impl fmt::Display for ModelTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
