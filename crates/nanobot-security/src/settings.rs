//! The settings of the gate: the original's `config.security`, without where they come from.

/// How the gate works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether it works at all.
    pub is_enabled: bool,
    /// What an error inside of it means.
    pub fail_mode: FailMode,
    /// Which stages judge.
    pub stages: Stages,
    /// What the chat is told in place of a text that was blocked.
    pub block_message: String,
    /// What stands in place of a secret.
    pub placeholder: String,
}

impl Default for Settings {
    /// The original's defaults (state 2026-02-22).
    fn default() -> Self {
        Self {
            is_enabled: true,
            fail_mode: FailMode::Closed,
            stages: Stages { input: true, tool: true, output: true },
            block_message: "😂".to_owned(),
            placeholder: "[REDACTED]".to_owned(),
        }
    }
}

/// Which stages judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stages {
    /// Messages coming in.
    pub input: bool,
    /// Tool calls.
    pub tool: bool,
    /// Answers going out.
    pub output: bool,
}

/// What an error inside the gate means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailMode {
    /// The text passes.
    Open,
    /// The text is blocked.
    Closed,
    /// Input passes, tool calls are blocked, output is replaced.
    Mixed,
}
