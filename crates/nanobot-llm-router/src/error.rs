//! What this crate's own errors say. Calls fail with core's `ModelError`; the types here are either about
//! setting up, or lie beneath a `ModelError` for the log.
//!
//! No text of a provider's answer gets in, because providers quote prompts and keys in theirs. Only short
//! machine words do.

use std::fmt;

use nanobot_core::units::ByteCount;

/// Why a client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The base address is no `http` or `https` address with a host.
    #[error("the base address of the provider is no http or https address")]
    BadBase,
    /// A header cannot be sent.
    #[error("the extra header {name:?} cannot be sent")]
    BadHeader {
        /// Its name, as configured.
        name: String,
    },
    /// The key cannot be sent in a header.
    #[error("the key contains characters that cannot be sent")]
    BadKey,
    /// TLS or the connection pool could not be set up.
    #[error("the http client could not be set up")]
    Http(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What lies beneath a `ModelError`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    /// The provider said no.
    #[error("the provider answered {status}{code}")]
    Refused {
        /// The HTTP status; 200 when the refusal came inside an answer.
        status: u16,
        /// The provider's machine word, when it gave one.
        code: MachineWord,
    },
    /// The provider sent us elsewhere.
    #[error("the provider redirects, which is not followed")]
    Redirected,
    /// A page for people.
    #[error("the provider answered with a web page")]
    WebPage,
    /// A complete piece of the answer is no JSON.
    #[error("a piece of the answer is no JSON (line {line}, column {column})")]
    NotJson {
        /// Where reading failed, inside that piece.
        line: usize,
        /// Where reading failed, inside that piece.
        column: usize,
    },
    /// JSON of another kind.
    #[error("the answer is JSON, but not of a chat completion")]
    WrongShape,
    /// An answer without any choice.
    #[error("the answer holds no choice")]
    NoChoice,
    /// A tool call that does not say which tool.
    #[error("a tool call of the answer names no tool")]
    NamelessTool,
    /// More tool calls than one answer may hold.
    #[error("the answer holds more than {limit} tool calls")]
    TooManyTools {
        /// How many are accepted.
        limit: usize,
    },
    /// More text than one answer may hold.
    #[error("the answer is longer than {limit}")]
    TooLong {
        /// How much is accepted.
        limit: ByteCount,
    },
    /// One line of the stream is too long.
    #[error("a line of the stream is longer than {limit}")]
    LineTooLong {
        /// How much is accepted.
        limit: ByteCount,
    },
    /// It ended before it said that it was done.
    #[error("the answer ended before it was complete")]
    Truncated,
    /// Vectors that are none.
    #[error("the embeddings cannot be used: {0}")]
    Vectors(&'static str),
    /// It never ended.
    #[error("the answer did not end within {0:?}")]
    Endless(std::time::Duration),
}

/// A provider's machine word (`insufficient_quota`): at most [`MachineWord::LIMIT`] characters of
/// `A-Z a-z 0-9 . _ -`. Anything else is left out, since it may quote the user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MachineWord(Option<String>);

impl MachineWord {
    /// Longest accepted word, in characters. The longest seen (August 2026) has 33.
    pub(crate) const LIMIT: usize = 64;

    /// Takes the first of the texts that is such a word.
    pub(crate) fn first_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(texts.into_iter().find(|text| Self::is_word(text)).map(str::to_owned))
    }

    fn is_word(text: &str) -> bool {
        (1..=Self::LIMIT).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
            // A key is a run of these characters as well.
            && !text.starts_with("sk-")
    }
}

impl fmt::Display for MachineWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(word) => write!(f, " ({word})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_machine_words_get_into_an_error() {
        let word = |text| MachineWord::first_of([text]).to_string();
        assert_eq!(word("insufficient_quota"), " (insufficient_quota)");
        assert_eq!(word("Incorrect API key provided: sk-abc"), "");
        assert_eq!(word("sk-abcdef"), "");
        assert_eq!(word(&"x".repeat(65)), "");
        assert_eq!(MachineWord::first_of(["", "no words", "third"]).to_string(), " (third)");
    }
}
