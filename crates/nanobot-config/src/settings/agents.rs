//! `agents`: the assistant's defaults.

use crate::schema::macros::section;

section! {
    /// The assistant.
    pub struct Agents {
        /// Defaults of every conversation.
        defaults: AgentDefaults,
    }
}

section! {
    /// Defaults of every conversation.
    pub struct AgentDefaults {
        /// Where the assistant keeps its files; relative to the home.
        workspace: String = "~/.nanobot/workspace",
        /// The model of the command line; chats use the route `assistant.reply`.
        model: String = "anthropic/claude-opus-4-5",
        /// Longest answer, in tokens; the original does not use it.
        max_tokens: u32 = 8192,
        /// Sampling temperature; the original does not use it.
        temperature: f64 = 0.7,
        /// Rounds of tool calls in one turn.
        max_tool_iterations: u32 = 20,
        /// Kept for the file's sake; not used.
        timing_logs_enabled: bool = false,
        /// The model of subagents; null means the assistant's.
        subagent_model: Option<String> = null,
    }
}
