//! Why a toolbox or a workspace cannot be set up. What goes wrong in a call is an answer to the model, not an
//! error of ours.

use std::io;
use std::path::PathBuf;

/// The tools do not fit into one box.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolboxError {
    /// Two tools have one name.
    #[error("two tools are called {name}")]
    DuplicateName {
        /// The name.
        name: String,
    },
}

/// The workspace cannot be opened as a closed folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// The folder is not there or may not be opened.
    #[error("opening the workspace folder {} failed", path.display())]
    Open {
        /// The folder.
        path: PathBuf,
        /// What lies beneath.
        #[source]
        source: io::Error,
    },
    /// The kernel does not resolve paths beneath a folder, so nothing would hold a path inside.
    #[error(
        "the kernel does not offer openat2 (Linux 5.6 or later is needed), so file tools cannot be confined"
    )]
    NoConfinement(#[source] io::Error),
}
