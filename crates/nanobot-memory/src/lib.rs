//! What the assistant remembers on disk: the sessions of the chats as JSON Lines, the chats that owners
//! were told about, and the workspace files that belong into every prompt.
//!
//! Files of the Python original open unchanged and stay readable for it. Nothing in here decides what a
//! chat may see; it answers for one session key at a time and never mixes two.
//!
//! Start with `sessions.rs`; `sessions/line.rs` holds the format, `python_json.rs` the dialect it is in.

mod disk;
mod error;
pub mod python_json;
mod seen_chats;
mod sessions;
mod workspace;

pub use error::LineError;
pub use seen_chats::SeenChatsFile;
pub use sessions::{
    HistoryEntry, JsonlSessions, MAX_HISTORY_WINDOW, MAX_LINE_BYTES, MAX_LISTED_FILES, MAX_READERS,
    MAX_SESSION_BYTES, Problem, SHOWN_HISTORY, SessionFile, file_name, inspect,
};
pub use workspace::{MAX_BOOTSTRAP_BYTES, WorkspaceFiles};
