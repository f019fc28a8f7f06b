//! The assistant's tools: a registry behind the tool port, and file tools that cannot leave the workspace.
//!
//! Policy and the security stage have agreed before anything in here runs; the tools do not ask again. A tool
//! that lacks its backend is simply not put into the box.
//!
//! Read in this order: `tool.rs`, `toolbox.rs`, `workspace.rs`, `files.rs`.

mod blocking;
mod error;
mod files;
mod schema;
mod tool;
mod toolbox;
mod workspace;

pub use error::{ToolboxError, WorkspaceError};
pub use files::{ListDir, ReadFile, file_tools};
pub use tool::{Tool, ToolAnswer};
pub use toolbox::Toolbox;
pub use workspace::WorkspaceFolder;
