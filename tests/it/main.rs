//! The one integration binary: the crates plugged together, and the programs as people run them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "integration tests: they fail by panicking, print their tallies, and start the programs"
)]

#[cfg(test)]
mod compat;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tables;
