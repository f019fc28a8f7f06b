//! Why one stored line is left out. Failures of a whole store are `StoreError`s, which core declares.

/// Why a line of a session file is left out of history. The line stays in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The bytes are no text.
    #[error("the line is not valid UTF-8")]
    NotUtf8,
    /// The text is no JSON, or only the first part of some.
    #[error("the line is not valid JSON (at byte {column})")]
    NotJson {
        /// The byte where reading stopped, counted from 1.
        column: usize,
    },
    /// JSON, but neither metadata nor a message.
    #[error("the line is not a JSON object")]
    NotAnObject,
    /// A message that does not say who spoke.
    #[error("the message has no role")]
    NoRole,
    /// A message without words.
    #[error("the message has no content")]
    NoContent,
    /// The session's beginning is stated in a form that is no date.
    #[error("created_at is not an ISO 8601 time")]
    BadCreatedAt,
    /// Longer than [`MAX_LINE_BYTES`](crate::MAX_LINE_BYTES).
    #[error("the line is longer than {} bytes", crate::MAX_LINE_BYTES)]
    TooLong,
}
