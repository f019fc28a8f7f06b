//! The domain of nanobot: what a message is, what may happen to it, and in which order.
//!
//! Nothing in here does I/O. Time, ids, files, networks and models are [`ports`]; adapters implement them in
//! crates of their own, and only the binaries plug the two together.
//!
//! Read in this order: `event.rs`, `orchestrator.rs`, `intent.rs`, `dispatcher.rs`, `ports.rs`, `turn.rs`.

pub mod admin;
pub mod cancel;
pub mod content;
pub mod cooldown;
pub mod decision;
mod dispatcher;
pub mod event;
pub mod ids;
pub mod intent;
pub mod label;
pub mod message;
pub mod model;
pub mod notice;
mod orchestrator;
mod outcome;
pub mod pipeline;
pub mod ports;
mod projector;
pub mod prompt;
pub mod record;
pub mod replay;
pub mod reply_context;
pub mod responder;
mod secret;
pub mod stage;
pub mod stand_in;
pub mod telemetry;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod time;
mod together;
pub mod turn;
pub mod units;
pub mod verdict;

pub use dispatcher::Dispatcher;
pub use label::{Label, Labels};
pub use orchestrator::{Orchestrator, OrchestratorParts, StageTimer};
pub use outcome::TurnOutcome;
pub use projector::Projector;
pub use secret::Secret;
