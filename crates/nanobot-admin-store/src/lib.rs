//! What administration leaves behind on disk. So far that is the audit log; policy files, their backups and
//! personas come with the policy engine.
//!
//! It records acts; whether one is permitted is decided elsewhere.

mod audit;

pub use audit::{AdminLog, MAX_LOG_BYTES, MAX_ROW_BYTES};
