//! The durable journal of nanobot, in one SQLite file: inbound messages, the steps of their turns, how they closed,
//! the outbox, session lines on their way into their files, the heads of the chains of logs, the book of what models
//! cost, and which circuits are open.
//!
//! [`SqliteJournal`] implements the ports `Journal`, `Outbox`, `LineQueue`, `ChainHeads`, `BudgetLedger` and
//! `BreakerState`; [`JournalReader`] is for operators, with or without a running daemon. What a turn is, and what is
//! stored of it, is decided in `nanobot-core`.
//!
//! Read in this order: `schema/1.sql` and what follows it, `journal.rs`, `writer.rs`, `writer/closing.rs`, `reader.rs`.

mod backup;
mod chain_heads;
mod circuits;
mod database;
mod error;
mod file;
mod journal;
mod lines;
mod migration;
mod open_turns;
mod options;
mod outbox;
mod reader;
mod rows;
mod schema;
mod spending;
#[cfg(test)]
mod testing;
mod time;
mod unsettled;
mod words;
mod writer;

pub use error::{JournalError, SqliteFailure};
pub use journal::SqliteJournal;
pub use options::JournalOptions;
#[cfg(any(test, feature = "fault-points"))]
pub use options::Synchronous;
pub use reader::{
    CheckReport, DeliveryFate, DeliveryState, JournalReader, LinesFate, SpendingBy, SpendingKey,
    SpendingReport, SpendingSum, TurnFate, TurnSummary,
};

/// So many messages may wait for their outcome; one more is refused, and its channel does not acknowledge it.
/// Days of a busy account, and some ten megabytes.
pub const MAX_OPEN_TURNS: usize = 50_000;
