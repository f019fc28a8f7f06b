//! What was said, as it is stored: records of core as JSON, each with a digest that tells whether somebody has
//! changed it since. The digest has no key: it finds an edit, not a forger.

use std::sync::Arc;

use nanobot_core::ids::TurnId;
use nanobot_core::ports::{StoreError, StoreErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::error::corrupt;

/// A single record may have so many bytes. Channels and tools keep far below; what is larger is a mistake.
pub(crate) const MAX_WORDS_BYTES: usize = 16 * 1024 * 1024;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// The inbound message.
    Event,
    /// A step that started.
    Started,
    /// The answer of a step.
    Done,
    /// What the turn read.
    Readings,
    /// Session lines.
    Lines,
    /// The exact text of session lines.
    Text,
    /// What goes out.
    Delivery,
}

impl Kind {
    /// The stored name. Queries that look for one kind have it in their text.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Started => "started",
            Self::Done => "done",
            Self::Readings => "readings",
            Self::Lines => "lines",
            Self::Text => "text",
            Self::Delivery => "delivery",
        }
    }
}

/// The first 16 bytes of a SHA-256.
pub(crate) type Digest = Vec<u8>;

/// One record and where it belongs.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) kind: Kind,
    pub(crate) place: i64,
    pub(crate) body: Arc<str>,
    pub(crate) digest: Digest,
}

impl Words {
    /// A record of a turn.
    ///
    /// # Errors
    /// When it cannot be written as JSON (a path that is no text), or is too large.
    pub(crate) fn record(
        kind: Kind,
        turn: &TurnId,
        place: u32,
        beside: &[&str],
        record: &impl Serialize,
    ) -> Result<Self, StoreError> {
        let body = serde_json::to_string(record)
            .map_err(|error| StoreError::backend(format!("writing a record of turn {turn}"), error))?;
        Self::text(kind, turn, place, beside, body)
    }

    /// A text of a turn. `beside` is what stands in columns of its own and belongs under the digest.
    ///
    /// # Errors
    /// When it is too large.
    pub(crate) fn text(
        kind: Kind,
        turn: &TurnId,
        place: u32,
        beside: &[&str],
        body: String,
    ) -> Result<Self, StoreError> {
        if body.len() > MAX_WORDS_BYTES {
            let doing = format!("storing a record of turn {turn} of {} bytes", body.len());
            return Err(StoreError::new(StoreErrorKind::Limit, doing));
        }
        let place = i64::from(place);
        let digest = words_digest(kind.name(), turn.as_str(), place, beside, &body);
        Ok(Self { kind, place, body: body.into(), digest })
    }
}

/// The digest of a record in its place.
pub(crate) fn words_digest(kind: &str, turn: &str, place: i64, beside: &[&str], body: &str) -> Digest {
    let place = place.to_string();
    let mut parts = vec![kind.as_bytes(), turn.as_bytes(), place.as_bytes(), body.as_bytes()];
    parts.extend(beside.iter().map(|part| part.as_bytes()));
    digest(&parts)
}

/// The digest of several parts. Each goes in with its length, so that nothing can move from one to the next.
pub(crate) fn digest(parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into_iter().take(16).collect()
}

/// Reads a record and what it stands for.
///
/// # Errors
/// `Corrupt` when it is not one.
pub(crate) fn parse<R, T>(what: &str, turn: &str, body: &str) -> Result<T, StoreError>
where
    R: DeserializeOwned,
    T: TryFrom<R>,
    T::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let doing = || format!("reading {what} of turn {turn}");
    let record: R = serde_json::from_str(body).map_err(|error| corrupt(doing(), NotThis(error)))?;
    T::try_from(record).map_err(|error| corrupt(doing(), error))
}

/// JSON that does not fit. Its own message may quote what stands there, so only the place is said.
#[derive(Debug, thiserror::Error)]
#[error("the record does not read as JSON of its kind (line {}, column {})", .0.line(), .0.column())]
struct NotThis(serde_json::Error);

/// The digest of a turn's reading of the clock.
pub(crate) fn began_digest(turn: &str, began: &str) -> Digest {
    digest(&[b"began", turn.as_bytes(), began.as_bytes()])
}

/// The digest of what was decided about a turn. It outlives the words.
pub(crate) fn outcome_digest(turn: &str, attempts: i64, outcome: &str, closed: &str) -> Digest {
    digest(&[
        b"outcome",
        turn.as_bytes(),
        attempts.to_string().as_bytes(),
        outcome.as_bytes(),
        closed.as_bytes(),
    ])
}

/// The digest of a whole closing: a row that was taken out, put in or moved shows here.
pub(crate) fn closing_digest<'a>(outcome: &'a [u8], words: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    let mut parts = vec![b"closing".as_slice(), outcome];
    parts.extend(words);
    digest(&parts)
}
