//! The security gate: input, tool and output stage over rule packs, secret redaction, URL guard. Pure: text in,
//! verdict out; it reads no clock, file, environment or random source.
//!
//! Read in this order: `report.rs`, `rule.rs`, `settings.rs`, `engine.rs`, then one stage (`input.rs`).

mod engine;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guard;
mod input;
mod log_context;
mod output;
mod pack;
mod report;
mod rule;
mod settings;
mod tool;
pub mod url_guard;
mod views;

pub use engine::RuleGate;
pub use failure::StageError;
pub use log_context::LogRedaction;
pub use pack::PackError;
pub use report::{Action, Hit, NO_MATCH, Report, severity_name};
pub use rule::{RuleInfo, StageName};
pub use settings::{FailMode, Settings, Stages};
pub use views::{compact, lowered};
