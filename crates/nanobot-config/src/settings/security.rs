//! `security`: the security engine.

use crate::schema::macros::{choice, section};

section! {
    /// The security engine.
    pub struct Security {
        /// Whether the engine runs.
        enabled: bool = true,
        /// What an error inside the engine means.
        fail_mode: FailMode = "closed",
        /// Which stages run.
        stages: SecurityStages,
        /// The answer to a blocked message.
        block_user_message: String = "😂",
        /// Whether the safe tool settings are forced, whatever the file says.
        strict_profile: bool = true,
        /// What stands in place of removed text.
        redact_placeholder: String = "[REDACTED]",
    }
}

section! {
    /// Which stages run.
    pub struct SecurityStages {
        /// Messages coming in.
        input: bool = true,
        /// Tool calls.
        tool: bool = true,
        /// Answers going out.
        output: bool = true,
    }
}

choice! {
    /// What an error inside the engine means.
    pub enum FailMode {
        /// The text passes.
        Open = "open",
        /// The text is blocked.
        Closed = "closed",
        /// Input passes, tool calls are blocked, output is replaced.
        Mixed = "mixed",
    }
}
