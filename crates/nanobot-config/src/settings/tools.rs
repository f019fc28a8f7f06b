//! `tools`: web search, command execution, file access.

use nanobot_core::Secret;

use crate::schema::macros::{choice, section};

section! {
    /// Tools that the model may call.
    pub struct Tools {
        /// The web.
        web: Web,
        /// Commands.
        exec: Exec,
        /// Whether file tools stay inside the workspace.
        restrict_to_workspace: bool = false,
    }
}

section! {
    /// The web.
    pub struct Web {
        /// Search.
        search: WebSearch,
    }
}

section! {
    /// Web search.
    pub struct WebSearch {
        /// Key for Tavily.
        tavily_api_key: Secret<String> = "",
        /// Hits per search.
        max_results: u32 = 5,
    }
}

section! {
    /// Commands.
    pub struct Exec {
        /// Time limit of a command, in seconds.
        timeout: u64 = 60,
        /// Whether commands may run outside of the sandbox.
        allow_host_execution: bool = false,
        /// The sandbox.
        isolation: Isolation,
    }
}

section! {
    /// The sandbox.
    pub struct Isolation {
        /// Whether commands run in a sandbox.
        enabled: bool = true,
        /// Which sandbox.
        backend: IsolationBackend = "bubblewrap",
        /// Kept for the file's sake: commands never fall back to the host.
        fail_closed: bool = true,
        /// Idle time after which a shell is closed, in seconds; less than 30 counts as 30.
        batch_session_idle_seconds: u64 = 600,
        /// Shells at a time; 0 counts as 1.
        max_containers: u32 = 5,
        /// Which shell gives way to a new one.
        pressure_policy: PressurePolicy = "preempt_oldest_active",
        /// Whether the sandbox sees the workspace only.
        force_workspace_restriction: bool = true,
        /// The list of directories that may be mounted.
        allowlist_path: String = "~/.config/nanobot/mount-allowlist.json",
    }
}

choice! {
    /// Which sandbox.
    pub enum IsolationBackend {
        /// bubblewrap.
        Bubblewrap = "bubblewrap",
    }
}

choice! {
    /// Which shell gives way to a new one.
    pub enum PressurePolicy {
        /// The one that has been in use the longest.
        PreemptOldestActive = "preempt_oldest_active",
    }
}
