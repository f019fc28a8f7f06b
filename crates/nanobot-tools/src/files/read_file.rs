//! `read_file`: the text of one file.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::model::{ToolClass, ToolSpec};
use nanobot_core::ports::ToolContext;
use rustix::fs::FileType;
use serde_json::{Map, Value};

use super::{answer, path_argument, path_schema};
use crate::blocking::BlockingPool;
use crate::tool::{Tool, ToolAnswer};
use crate::workspace::{Refusal, WorkspaceFolder};

/// Reads text files of the workspace.
#[derive(Debug)]
pub struct ReadFile {
    workspace: Arc<WorkspaceFolder>,
    pool: BlockingPool,
}

impl ReadFile {
    /// The name of the tool.
    pub const NAME: &'static str = "read_file";

    /// So many bytes of a file are shown; the rest is cut and the answer says so.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Over this workspace, with blocking threads of its own.
    pub fn new(workspace: Arc<WorkspaceFolder>) -> Self {
        Self::sharing(workspace, BlockingPool::new())
    }

    pub(super) fn sharing(workspace: Arc<WorkspaceFolder>, pool: BlockingPool) -> Self {
        Self { workspace, pool }
    }
}

#[async_trait]
impl Tool for ReadFile {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: Self::NAME.to_owned(),
            description: "Shows the text of a file in the workspace.".to_owned(),
            parameters: path_schema("The file, relative to the workspace or absolute inside it"),
            class: ToolClass::Pure,
        }
    }

    async fn run(&self, arguments: &Map<String, Value>, _context: &ToolContext) -> ToolAnswer {
        let (workspace, path) = (Arc::clone(&self.workspace), path_argument(arguments));
        answer(&self.pool, Self::NAME, move || read(&workspace, &path)).await
    }
}

/// Blocks on the file system.
pub(super) fn read(workspace: &WorkspaceFolder, path: &str) -> Result<String, String> {
    let opened = workspace.open_for_reading(path).map_err(|refusal| refusal.told(path, workspace))?;
    if opened.file_type() != FileType::RegularFile {
        return Err(Refusal::NoContent.told(path, workspace));
    }
    let size = opened.size();
    let mut bytes = Vec::new();
    // One byte more than is shown, to learn whether there is more.
    let limit = u64::try_from(ReadFile::MAX_BYTES + 1).unwrap_or(u64::MAX);
    File::from(opened.handle)
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|e| format!("Reading {path} failed: {}", e.kind()))?;
    let is_cut = bytes.len() > ReadFile::MAX_BYTES;
    bytes.truncate(ReadFile::MAX_BYTES);
    let Some(text) = text(bytes, is_cut) else {
        return Err(format!("Not a text file: {path} ({size} bytes)"));
    };
    if is_cut {
        let shown = text.len();
        return Ok(format!("{text}\n\n[cut: the file has {size} bytes, the first {shown} are shown]"));
    }
    Ok(text)
}

/// The bytes as text; none when they are no UTF-8 or hold a NUL. Where a file was cut, an incomplete character
/// at the end is dropped.
fn text(mut bytes: Vec<u8>, is_cut: bool) -> Option<String> {
    if bytes.contains(&0) {
        return None;
    }
    if is_cut
        && let Err(error) = str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_at_the_cut_is_dropped_whole() {
        let cut = "zwölf".as_bytes().get(..3).unwrap().to_vec();
        assert_eq!(text(cut.clone(), true).as_deref(), Some("zw"));
        assert_eq!(text(cut, false), None, "an incomplete character at the real end is no text");
    }

    #[test]
    fn bytes_are_no_text() {
        assert_eq!(text(b"a\0b".to_vec(), false), None);
        assert_eq!(text(vec![0xff, 0xfe, 0x41], true), None);
        assert_eq!(text(Vec::new(), false).as_deref(), Some(""));
    }
}
