//! The vendor's own book: who asked what, what they got, and what they owe.
//!
//! It counts in its own way: a token is four bytes, begun ones included. It charges what it worked on, also when the
//! answer got lost on the way, and nothing for what it refused before it began. It never charges more words than were
//! allowed.

use serde_json::{Value, json};

/// The book.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// All requests together.
    pub totals: Totals,
    /// The latest requests, oldest first.
    pub entries: Vec<Entry>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which request it was, from 1.
    pub number: u64,
    /// The key that came with it; empty without one.
    pub credential: String,
    /// The model that was asked for.
    pub model: String,
    /// `openai` or `anthropic`.
    pub dialect: &'static str,
    /// A hash of the body, the same in every process.
    pub body_hash: u64,
    /// The last line of the last user message, at most 200 characters: the harness's mark.
    pub mark: String,
    /// The length of the body.
    pub input_bytes: u64,
    /// How many tokens were allowed; none without a limit.
    pub max_tokens: Option<u64>,
    /// The answer was to come in pieces.
    pub streamed: bool,
    /// The mood that it met, by name.
    pub mood: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// The status that was sent; 0 when none was.
    pub status: u16,
    /// Tokens read, as charged.
    pub input_tokens: u64,
    /// Tokens written, as charged.
    pub output_tokens: u64,
    /// What is owed for it, in billionths of a dollar.
    pub charged: u64,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is still being worked on.
    Open,
    /// All of the answer was sent.
    Answered,
    /// An error was sent, in place of an answer or behind the beginning of one.
    Refused,
    /// The vendor broke off, or sent what is no answer.
    Broken,
    /// The client hung up before the answer was whole.
    ClientLeft,
}

impl Outcome {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Broken => "broken",
            Self::ClientLeft => "client_left",
        }
    }
}

/// Sums over all requests since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Requests that were read in full.
    pub requests: u64,
    /// Those that are still being worked on.
    pub open: u64,
    /// Those that were answered.
    pub answered: u64,
    /// Those that got an error.
    pub refused: u64,
    /// Those on which the vendor broke off.
    pub broken: u64,
    /// Those whose client hung up.
    pub client_left: u64,
    /// Tokens read, as charged.
    pub input_tokens: u64,
    /// Tokens written, as charged.
    pub output_tokens: u64,
    /// Billionths of a dollar.
    pub charged: u64,
}

impl Totals {
    pub(super) fn count(&mut self, entry: &Entry) {
        self.open = self.open.saturating_sub(1);
        match entry.outcome {
            Outcome::Open => self.open += 1,
            Outcome::Answered => self.answered += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Broken => self.broken += 1,
            Outcome::ClientLeft => self.client_left += 1,
        }
        self.input_tokens = self.input_tokens.saturating_add(entry.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(entry.output_tokens);
        self.charged = self.charged.saturating_add(entry.charged);
    }

    fn to_json(self) -> Value {
        json!({
            "requests": self.requests,
            "open": self.open,
            "answered": self.answered,
            "refused": self.refused,
            "broken": self.broken,
            "client_left": self.client_left,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "charged_nano_dollars": self.charged,
        })
    }
}

impl Entry {
    fn to_json(&self) -> Value {
        json!({
            "number": self.number,
            "credential": self.credential,
            "model": self.model,
            "dialect": self.dialect,
            "body_hash": format!("{:016x}", self.body_hash),
            "mark": self.mark,
            "input_bytes": self.input_bytes,
            "max_tokens": self.max_tokens,
            "streamed": self.streamed,
            "mood": self.mood,
            "outcome": self.outcome.name(),
            "status": self.status,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "charged_nano_dollars": self.charged,
        })
    }
}

impl Ledger {
    /// As `GET /__ledger` answers it, with the vendor's name.
    pub fn to_json(&self, name: &str) -> Value {
        let entries: Vec<Value> = self.entries.iter().map(Entry::to_json).collect();
        json!({"name": name, "totals": self.totals.to_json(), "entries": entries})
    }
}

/// What so many bytes are in the vendor's tokens.
pub(super) fn tokens(bytes: u64) -> u64 {
    bytes.div_ceil(4)
}
