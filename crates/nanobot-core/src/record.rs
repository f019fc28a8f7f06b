//! What the journal stores: versioned records. Domain types are not `Serialize`; these are, and they are
//! the only ones.
//!
//! A record of an older version still loads; a sample of each version stands in the tests. Fields are added,
//! never changed.

mod closing;
mod event;
mod model;
mod readings;
mod step;
mod time;

use crate::ids::IdError;

pub use closing::{LinesRecord, OutgoingRecord};
pub use event::EventRecord;
pub use model::{MessageRecord, ReplyRecord, ToolCallRecord};
pub use readings::ReadingsRecord;
pub use step::{RecordedStep, StepAnswer, StepDone, StepKind, StepStarted};
pub use time::TimeRecord;

/// The version that this code writes.
pub const RECORD_VERSION: u32 = 1;

/// Why a record does not load.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Written by a later version.
    #[error("the record has version {found}, this program reads up to {RECORD_VERSION}")]
    FromTheFuture {
        /// Its version.
        found: u32,
    },
    /// An identifier in it is none.
    #[error(transparent)]
    Id(#[from] IdError),
    /// An instant in it is none.
    #[error("the record has {found:?} in place of a time")]
    BadTime {
        /// What stands there.
        found: String,
    },
    /// A word in it is not known.
    #[error("the record names {found:?} as {what}")]
    UnknownWord {
        /// Which word.
        what: &'static str,
        /// What stands there.
        found: String,
    },
}

/// Refuses a record of a later version.
fn known(v: u32) -> Result<(), RecordError> {
    if v > RECORD_VERSION { Err(RecordError::FromTheFuture { found: v }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
