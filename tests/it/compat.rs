//! Recorded cases of the original: what it answered, and what we answer.
//!
//! Each kind prints `NAME: N agree, K by rule R, M other` and fails when M is not 0. A wanted difference is a
//! named rule with a predicate on the input; `docs/compatibility.md` gives the reasons.

pub(crate) mod cases;
mod config;
mod exec;
mod orchestrator;
mod policy;
mod security;
mod sessions;
