//! The invariants of the architecture (§4), each in a test that is named after it and gives its number, over
//! the wired system wherever it takes more than core.
//!
//! Number 7 and the part of 11 about people's words are shown in `isolation.rs`, 10 in `compat.rs`, 1 by the
//! lints and by `cargo xtask ci`. Number 8 waits for its adapter.

mod closing;
mod gates;
mod idle;
mod interleavings;
mod labels;
mod limits;
mod machine;
mod replay;
mod restarts;
