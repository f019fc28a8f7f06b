//! What the fake provider does with a request, by name.
//!
//! The names are those of the command line of `fake-provider`. How each is done stands in `acting.rs`.

use std::fmt;
use std::str::FromStr;

/// What the provider does with every chat completion until it is told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Answers [`ANSWER`](crate::ANSWER).
    Answer,
    /// Answers with the last user message.
    Echo,
    /// Calls `list_dir` once, then answers [`LISTED`](crate::LISTED).
    ListDir,
    /// Streams a piece that is no UTF-8, inside an answer that is otherwise well.
    BadUtf8,
    /// Reads the request and says nothing.
    HangBeforeHead,
    /// Stops in the middle of the stream and keeps the connection.
    HangMidStream,
    /// Reads the request and closes the connection.
    CloseBeforeHead,
    /// Closes the connection in the middle of the stream.
    CloseMidStream,
    /// Answers 200 with a web page.
    Html200,
    /// Answers 500 with a web page.
    Html500,
    /// Streams the same piece until the client hangs up.
    Endless,
    /// Answers 401, and quotes the key and the message in the error, as some providers do.
    Unauthorized,
    /// Answers 429 with `Retry-After: 7`, and quotes the message.
    RateLimited,
    /// Answers 200 with a stream whose events are no JSON.
    GarbageJson,
    /// Ends the response in the middle of an event.
    HalfFrame,
}

impl Script {
    /// Every script.
    pub const ALL: [Self; 15] = [
        Self::Answer,
        Self::Echo,
        Self::ListDir,
        Self::BadUtf8,
        Self::HangBeforeHead,
        Self::HangMidStream,
        Self::CloseBeforeHead,
        Self::CloseMidStream,
        Self::Html200,
        Self::Html500,
        Self::Endless,
        Self::Unauthorized,
        Self::RateLimited,
        Self::GarbageJson,
        Self::HalfFrame,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Echo => "echo",
            Self::ListDir => "list-dir",
            Self::BadUtf8 => "bad-utf8",
            Self::HangBeforeHead => "hang-before-head",
            Self::HangMidStream => "hang-mid-stream",
            Self::CloseBeforeHead => "close-before-head",
            Self::CloseMidStream => "close-mid-stream",
            Self::Html200 => "html-200",
            Self::Html500 => "html-500",
            Self::Endless => "endless",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited => "rate-limited",
            Self::GarbageJson => "garbage-json",
            Self::HalfFrame => "half-frame",
        }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No script has this name.
#[derive(Debug)]
pub struct UnknownScript(String);

impl fmt::Display for UnknownScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Script::ALL.map(Script::name).join(", ");
        write!(f, "no script is called {:?}; known: {known}", self.0)
    }
}

impl std::error::Error for UnknownScript {}

impl FromStr for Script {
    type Err = UnknownScript;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|script| script.name() == name);
        found.ok_or_else(|| UnknownScript(name.to_owned()))
    }
}
