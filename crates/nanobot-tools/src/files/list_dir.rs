//! `list_dir`: the names in one folder.

use std::collections::BinaryHeap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::model::{ToolClass, ToolSpec};
use nanobot_core::ports::ToolContext;
use rustix::fs::{Dir, FileType};
use serde_json::{Map, Value};

use super::{answer, path_argument, path_schema};
use crate::blocking::BlockingPool;
use crate::tool::{Tool, ToolAnswer};
use crate::workspace::{Refusal, WorkspaceFolder};

/// Lists folders of the workspace.
#[derive(Debug)]
pub struct ListDir {
    workspace: Arc<WorkspaceFolder>,
    pool: BlockingPool,
}

impl ListDir {
    /// The name of the tool.
    pub const NAME: &'static str = "list_dir";

    /// So many names are shown, the first in order; the answer says when there are more.
    pub const MAX_ENTRIES: usize = 1_000;

    /// So many names of a folder are looked at. In a larger one, names behind these are not seen.
    pub const MAX_SCANNED: usize = 100_000;

    /// Over this workspace, with blocking threads of its own.
    pub fn new(workspace: Arc<WorkspaceFolder>) -> Self {
        Self::sharing(workspace, BlockingPool::new())
    }

    pub(super) fn sharing(workspace: Arc<WorkspaceFolder>, pool: BlockingPool) -> Self {
        Self { workspace, pool }
    }
}

#[async_trait]
impl Tool for ListDir {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: Self::NAME.to_owned(),
            description: "Lists the files and folders in a folder of the workspace.".to_owned(),
            parameters: path_schema("The folder, relative to the workspace or absolute inside it"),
            class: ToolClass::Pure,
        }
    }

    async fn run(&self, arguments: &Map<String, Value>, _context: &ToolContext) -> ToolAnswer {
        let (workspace, path) = (Arc::clone(&self.workspace), path_argument(arguments));
        answer(&self.pool, Self::NAME, move || list(&workspace, &path)).await
    }
}

/// The first names of a folder, in order, and how many there are.
struct Names {
    first: Vec<Vec<u8>>,
    total: usize,
    /// The folder had more than was looked at.
    is_scan_cut: bool,
}

/// Blocks on the file system.
fn list(workspace: &WorkspaceFolder, path: &str) -> Result<String, String> {
    let told = |refusal: Refusal| match refusal {
        Refusal::Missing => format!("Directory not found: {path}"),
        Refusal::NoContent => format!("Not a directory: {path}"),
        other => other.told(path, workspace),
    };
    let folder = workspace.relative(path).map_err(told)?;
    let opened = workspace.open_for_reading(path).map_err(told)?;
    if opened.file_type() != FileType::Directory {
        return Err(told(Refusal::NoContent));
    }
    let mut entries = Dir::new(opened.handle).map_err(|errno| told(errno.into()))?;
    let names = names(&mut entries).map_err(|errno| told(errno.into()))?;
    if names.first.is_empty() {
        return Ok(format!("Directory {path} is empty"));
    }
    let mut lines: Vec<String> = names.first.iter().map(|name| line(workspace, folder, name)).collect();
    if names.total > names.first.len() {
        let (shown, total) = (names.first.len(), names.total);
        let more = if names.is_scan_cut { "more than " } else { "" };
        lines.push(format!("[cut: {shown} of {more}{total} entries are shown]"));
    }
    Ok(lines.join("\n"))
}

/// Keeps the smallest names in a heap, so that a huge folder needs no more memory than what is shown.
fn names(entries: &mut Dir) -> rustix::io::Result<Names> {
    let mut smallest = BinaryHeap::new();
    let mut total = 0;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        if total == ListDir::MAX_SCANNED {
            return Ok(Names { first: smallest.into_sorted_vec(), total, is_scan_cut: true });
        }
        total += 1;
        smallest.push(name.to_vec());
        if smallest.len() > ListDir::MAX_ENTRIES {
            smallest.pop();
        }
    }
    Ok(Names { first: smallest.into_sorted_vec(), total, is_scan_cut: false })
}

/// One name with its sign. What lies behind a link that leads out of the workspace is not looked at: it shows
/// as a file.
fn line(workspace: &WorkspaceFolder, folder: &Path, name: &[u8]) -> String {
    use std::os::unix::ffi::OsStrExt;
    let is_folder = workspace
        .look_at(&folder.join(std::ffi::OsStr::from_bytes(name)))
        .is_ok_and(|kind| kind == FileType::Directory);
    let sign = if is_folder { "📁" } else { "📄" };
    // A line break in a name must not look like another entry.
    let shown: String = String::from_utf8_lossy(name)
        .chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    format!("{sign} {shown}")
}
