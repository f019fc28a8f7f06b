//! What a message answers, and what was said in its chat lately.

use crate::ids::{MessageId, SenderId};
use crate::label::Labels;
use crate::ports::ArchivedMessage;
use crate::text::{collapse, cut};

/// Context of one message, as the reply-context stage found it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplyContext {
    /// Where the quoted words came from.
    pub source: Option<QuoteSource>,
    /// The quoted message.
    pub message_id: Option<MessageId>,
    /// Who wrote it.
    pub participant: Option<SenderId>,
    /// Its words.
    pub quoted_text: Option<String>,
    /// Lines before the quoted message, oldest first.
    pub window: Vec<String>,
    /// Lines before this message, oldest first.
    pub ambient: Vec<String>,
    /// Where all these words came from.
    pub labels: Labels,
}

/// Where quoted words came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteSource {
    /// The network sent them along.
    Payload,
    /// The archive had them.
    Archive,
}

impl QuoteSource {
    /// The name in prompts and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Archive => "archive",
        }
    }
}

/// Bounds of the windows, from `channels.whatsapp` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimits {
    /// Messages before a quoted one; at least 1.
    pub reply_messages: usize,
    /// Code points of one line; at least 32.
    pub line_chars: usize,
    /// Messages before this one; 0 switches the ambient window off.
    pub ambient_messages: usize,
}

impl Default for WindowLimits {
    /// The original's defaults.
    fn default() -> Self {
        Self { reply_messages: 6, line_chars: 256, ambient_messages: 8 }
    }
}

/// Archived messages as lines `[who] words`; those without words are left out.
pub fn lines(messages: &[ArchivedMessage], line_chars: usize) -> Vec<String> {
    let line = |message: &ArchivedMessage| {
        let words = collapse(&message.text);
        let who =
            message.sender.as_ref().or(message.participant.as_ref()).map_or("unknown", SenderId::as_str);
        (!words.is_empty()).then(|| format!("[{who}] {}", cut(&words, line_chars)))
    };
    messages.iter().filter_map(line).collect()
}
