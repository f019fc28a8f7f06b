//! Seeded runs: the bodies of the fuzz targets, called with mutations of recorded cases. They need no fuzzer, and one
//! seed gives the same inputs each time.
//!
//! What must hold is written down beside the code that is tried (`nanobot_policy::fuzzing` and its like). Here inputs are
//! made and outcomes counted. Unlike libFuzzer this sees no branches, only what shape an outcome had: an input of a new shape is
//! mutated further.

mod dictionary;
mod mutate;
mod paths;
mod seeded;
mod seeds;

use anyhow::{Context as _, Result};

pub use seeded::{Finding, Report, run};

/// What an input was, in a few words; what stands before the first colon is the kind. Or what does not hold for it.
pub type Tried = Result<String, String>;

/// Something that can be fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As the fuzz crate calls it.
    pub name: &'static str,
    /// Tries one input.
    pub body: fn(&[u8]) -> Tried,
    seeds: fn() -> Result<Vec<Vec<u8>>>,
    /// Whether an input of this shape went the whole way through the code.
    is_whole: fn(&str) -> bool,
    /// The text of its dictionary, the same that libFuzzer gets.
    dictionary: &'static str,
}

/// All of them.
pub const TARGETS: [Target; 9] = [
    Target {
        name: "policy_document",
        body: |bytes| nanobot_policy::fuzzing::document(bytes).map_err(|broken| broken.to_string()),
        seeds: seeds::documents,
        is_whole: |shape| shape.starts_with("a policy") || shape.starts_with("refused by the check"),
        dictionary: include_str!("../../fuzz/policy_document.dict"),
    },
    Target {
        name: "policy_command",
        body: |bytes| nanobot_policy::fuzzing::command(bytes).map_err(|broken| broken.to_string()),
        seeds: seeds::commands,
        is_whole: |shape| shape.ends_with(": applied"),
        dictionary: include_str!("../../fuzz/policy_command.dict"),
    },
    Target {
        name: "security_readings",
        body: |bytes| nanobot_security::fuzzing::readings(bytes).map_err(|broken| broken.to_string()),
        seeds: seeds::texts,
        is_whole: |shape| shape.starts_with("more"),
        dictionary: include_str!("../../fuzz/security_readings.dict"),
    },
    Target {
        name: "security_scan",
        body: |bytes| nanobot_security::fuzzing::scan(bytes).map_err(|broken| broken.to_string()),
        seeds: seeds::seeded_texts,
        is_whole: |shape| !shape.starts_with("allow") || !shape.ends_with("; "),
        dictionary: include_str!("../../fuzz/security_scan.dict"),
    },
    Target {
        name: "security_tool",
        body: |bytes| nanobot_security::fuzzing::tool(bytes).map_err(|broken| broken.to_string()),
        seeds: seeds::calls,
        is_whole: |shape| shape.contains(": block"),
        dictionary: include_str!("../../fuzz/security_tool.dict"),
    },
    Target {
        name: "shell_script",
        body: |bytes| nanobot_shell::fuzzing::check(bytes).map_err(|broken| broken.to_string()),
        seeds: seeds::command_lines,
        is_whole: |shape| shape == "complete",
        dictionary: include_str!("../../fuzz/shell_script.dict"),
    },
    Target {
        name: "tool_arguments",
        body: |bytes| nanobot_tools::fuzzing::arguments(bytes).map_err(|broken| broken.to_string()),
        seeds: seeds::arguments,
        is_whole: |shape| shape != "no JSON",
        dictionary: include_str!("../../fuzz/tool_arguments.dict"),
    },
    Target {
        name: "tool_command",
        body: |bytes| nanobot_tools::fuzzing::command(bytes).map_err(|broken| broken.to_string()),
        seeds: seeds::command_lines,
        is_whole: |shape| shape == "passed",
        dictionary: include_str!("../../fuzz/tool_command.dict"),
    },
    Target {
        name: "file_paths",
        body: paths::check,
        seeds: seeds::paths,
        is_whole: |shape| shape.starts_with("opened"),
        dictionary: include_str!("../../fuzz/file_paths.dict"),
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
