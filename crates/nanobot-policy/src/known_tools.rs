//! The tools that a policy may name.

/// Every tool that the original can offer in a chat, by name. Which of them a chat gets is the policy's business;
/// which of them exist here is the gateway's.
pub const KNOWN_TOOLS: [&str; 13] = [
    "cron",
    "deep_research",
    "edit_file",
    "exec",
    "list_dir",
    "message",
    "pi_stats",
    "read_file",
    "send_voice",
    "spawn",
    "web_fetch",
    "web_search",
    "write_file",
];
