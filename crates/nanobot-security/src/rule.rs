//! What every rule has, whichever stage it belongs to: for `security rules`, and so that each rule is tested
//! against its own examples.

use nanobot_core::verdict::Severity;

/// Which stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageName {
    /// What somebody wrote.
    Input,
    /// A tool call.
    Tool,
    /// What leaves.
    Output,
}

impl StageName {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Tool => "tool",
            Self::Output => "output",
        }
    }
}

/// A rule as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// Its id, unique over all stages (`override.drop_instructions`).
    pub id: String,
    /// Its stage.
    pub stage: StageName,
    /// The tag of its findings.
    pub tag: String,
    /// How bad a match is.
    pub severity: Severity,
    /// The reason that a match gives.
    pub reason: String,
    /// What it is about, in one sentence.
    pub summary: String,
    /// Texts that it has to match; for tool rules JSON objects `{"tool", "args"}`.
    pub hits: Vec<String>,
    /// Texts that look alike and that it has to leave alone.
    pub misses: Vec<String>,
}
