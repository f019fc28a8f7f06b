//! The workspace's bootstrap files: what a person wrote down for every prompt.
//!
//! They live in this crate because they are memory like the rest of it: text on disk that is read into a
//! prompt and may be edited between two turns. So they are read afresh each time, nothing is cached, and
//! nothing is ever written. What a prompt makes of them is core's business.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use nanobot_core::ports::{BootstrapFile, StoreError, Workspace};

use crate::disk::{self, blocking};

mod root;

use self::root::{Refusal, Root};

/// How long the text of a bootstrap file may be, in bytes (64 KiB); the rest of a longer file is cut.
pub const MAX_BOOTSTRAP_BYTES: usize = 64 * 1024;

/// What stands at the end of a text that was cut.
const CUT_NOTE: &str = "\n[cut here: at most 64 KiB of a file are read]";

/// The bootstrap files, in the order in which they stand in the prompt.
const NAMES: [&str; 5] = ["AGENTS.md", "SOUL.md", "USER.md", "TOOLS.md", "IDENTITY.md"];

/// A workspace folder. It need not exist; then it has no files.
#[derive(Debug, Clone)]
pub struct WorkspaceFiles {
    folder: PathBuf,
}

impl WorkspaceFiles {
    /// The workspace at this folder. Touches nothing yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

#[async_trait]
impl Workspace for WorkspaceFiles {
    fn path(&self) -> String {
        self.folder.display().to_string()
    }

    async fn bootstrap(&self) -> Result<Vec<BootstrapFile>, StoreError> {
        let folder = self.folder.clone();
        blocking("reading the workspace".to_owned(), move || {
            let root = Root::open(&folder).map_err(|error| StoreError::io("opening the workspace", error))?;
            let Some(root) = root else { return Ok(Vec::new()) };
            let read = |name: &str| {
                let text = read(&root, name)
                    .map_err(|error| StoreError::io(format!("reading {name} of the workspace"), error))?;
                Ok(text.map(|text| BootstrapFile { name: name.to_owned(), text }))
            };
            NAMES.into_iter().filter_map(|name| read(name).transpose()).collect()
        })
        .await
    }
}

/// A file's text; none when there is no such file. What must not be read is answered with a note instead, so
/// that a link or a pipe can neither smuggle something in nor silence the assistant.
fn read(root: &Root, name: &str) -> io::Result<Option<String>> {
    let note = |text: &str| Ok(Some(format!("[{name} {text}; it was not read]")));
    match root.file(Path::new(name)) {
        Ok(file) => {
            let bytes = disk::read_open_at_most(file, MAX_BOOTSTRAP_BYTES as u64)?;
            Ok(Some(shorten(&bytes)))
        }
        Err(Refusal::Missing) => Ok(None),
        Err(Refusal::Leaves) => note("is a link that leaves the workspace"),
        Err(Refusal::Circles) => note("is a link that leads nowhere"),
        Err(Refusal::NoRegularFile) => note("is no regular file"),
        Err(Refusal::Failed(error)) => Err(error),
    }
}

/// Bytes as text, unreadable ones replaced. What is longer than [`MAX_BOOTSTRAP_BYTES`] ends in a note that
/// says so, and is no longer than that with it.
fn shorten(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if text.len() > MAX_BOOTSTRAP_BYTES {
        text.truncate(text.floor_char_boundary(MAX_BOOTSTRAP_BYTES - CUT_NOTE.len()));
        text.push_str(CUT_NOTE);
    }
    text
}

#[cfg(test)]
mod tests;
