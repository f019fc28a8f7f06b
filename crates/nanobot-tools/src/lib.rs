//! The assistant's tools: a registry behind the tool port, file tools that cannot leave their folders, and commands in
//! a closed box.
//!
//! Policy and the security stage have agreed before anything in here runs; the tools do not ask again. A tool
//! that lacks its backend is simply not put into the box.
//!
//! Read in this order: `tool.rs`, `toolbox.rs`, `beneath.rs`, `files.rs`, `exec.rs`, `exec/guard.rs`.

mod access;
mod beneath;
mod blocking;
mod error;
mod exec;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod schema;
mod tool;
mod toolbox;

pub use access::{WorkspaceOnly, check_workspace};
pub use error::{ToolboxError, WorkspaceError};
pub use exec::{Exec, ExecSettings, Ground, Guard, GuardError, GuardSettings, Objection, exec_tool};
pub use files::{EditFile, ListDir, ReadFile, WriteFile, file_tools};
pub use tool::{Tool, ToolAnswer};
pub use toolbox::Toolbox;
