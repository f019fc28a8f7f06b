//! Seeded runs: the bodies of the fuzz targets, called with mutations of recorded cases. They need no fuzzer, and one
//! seed gives the same inputs each time.
//!
//! What must hold is written down beside the code that is tried (`nanobot_policy::fuzzing`). Here inputs are made and
//! outcomes counted. Unlike libFuzzer this sees no branches, only what shape an outcome had: an input of a new shape is
//! mutated further.

mod dictionary;
mod mutate;
mod seeded;
mod seeds;

use anyhow::{Context as _, Result};
use nanobot_policy::fuzzing::{self, Broken, Shape};

pub use seeded::{Finding, Report, run};

/// Something that can be fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As the fuzz crate calls it.
    pub name: &'static str,
    /// Tries one input.
    pub body: fn(&[u8]) -> Result<Shape, Broken>,
    seeds: fn() -> Result<Vec<Vec<u8>>>,
    /// Whether an input of this shape went the whole way through the code.
    is_whole: fn(&str) -> bool,
    /// The text of its dictionary, the same that libFuzzer gets.
    dictionary: &'static str,
}

/// All of them.
pub const TARGETS: [Target; 2] = [
    Target {
        name: "policy_document",
        body: fuzzing::document,
        seeds: seeds::documents,
        is_whole: |shape| shape.starts_with("a policy") || shape.starts_with("refused by the check"),
        dictionary: include_str!("../../fuzz/policy_document.dict"),
    },
    Target {
        name: "policy_command",
        body: fuzzing::command,
        seeds: seeds::commands,
        is_whole: |shape| shape.ends_with(": applied"),
        dictionary: include_str!("../../fuzz/policy_command.dict"),
    },
];

impl Target {
    /// The target of this name.
    ///
    /// # Errors
    /// When there is none; the known ones are listed.
    pub fn named(name: &str) -> Result<Self> {
        let known = || TARGETS.map(|target| target.name).join(", ");
        let found = TARGETS.into_iter().find(|target| target.name == name);
        found.with_context(|| format!("no target `{name}`; known: {}", known()))
    }

    /// The recorded cases that its runs begin with, each once.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn seeds(&self) -> Result<Vec<Vec<u8>>> {
        let mut seeds =
            (self.seeds)().with_context(|| format!("read the recorded cases of {}", self.name))?;
        seeds.sort();
        seeds.dedup();
        Ok(seeds)
    }
}
