//! The one integration binary: the crates plugged together, and the programs as people run them.
#![expect(
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "integration tests: they fail by panicking, and start the programs"
)]

#[cfg(test)]
mod compat;
#[cfg(test)]
mod fuzzing;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod irc;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod metrics_words;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tables;
