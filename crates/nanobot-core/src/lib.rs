//! The domain of nanobot: what a message is, what may happen to it, and in which order.
//!
//! Nothing in here does I/O. Time, ids, files, networks and models are [`ports`]; adapters implement them in
//! crates of their own, and only the binaries plug the two together.
//!
//! Read in this order: `event.rs`, `orchestrator.rs`, `intent.rs`, `dispatcher.rs`, `ports.rs`, `turn.rs`.

pub mod cancel;
pub mod content;
pub mod decision;
pub mod event;
pub mod ids;
pub mod intent;
pub mod label;
pub mod message;
pub mod model;
mod outcome;
pub mod ports;
pub mod record;
mod secret;
pub mod telemetry;
pub mod time;
pub mod units;
pub mod verdict;

pub use label::{Label, Labels};
pub use outcome::TurnOutcome;
pub use secret::Secret;
