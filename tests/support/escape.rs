//! The escape campaign: attempts to get out of the box, each made against the closed box, where it must fail, and
//! against a box without the parts that are said to stop it, where it must succeed.
//!
//! All of it happens in an outer throwaway box (`tests/tools/escape/stage.c`), so that a success hurts nothing. What is
//! tried is data (`catalogue`); what got through is seen from outside of the box wherever it can be.
//! See `docs/sandbox.md`.

mod attempt;
mod catalogue;
mod inside;
mod options;
mod outside;
mod report;
mod run;
mod sight;
mod site;
mod terminal;
mod world;

pub use options::{Options, USAGE, Who};
pub use report::Summary;

use std::ffi::OsString;
use std::process::ExitCode;

/// The word with which the campaign starts itself again in the outer box.
const INSIDE: &str = "--inside";

/// The part of the campaign that runs in the outer box, if the program was started as that. A `main` calls it after
/// [`nanobot_sandbox::take_over`].
pub fn go_on_inside(arguments: &[OsString]) -> Option<ExitCode> {
    let words: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (first, rest) = words.get(1..)?.split_first()?;
    (first == INSIDE).then(|| inside::main(rest))
}

/// Runs the campaign.
///
/// # Errors
/// If the outer box cannot be made, or the campaign in it ends early.
pub fn run(options: &Options, line: &mut dyn FnMut(&str)) -> anyhow::Result<Summary> {
    outside::run(options, line)
}
