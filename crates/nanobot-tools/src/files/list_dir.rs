//! `list_dir`: the names in one folder.

use std::collections::BinaryHeap;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::model::{ToolClass, ToolSpec};
use nanobot_core::ports::{FileAccess, FileOperation, ToolContext};
use rustix::fs::{AtFlags, Dir, FileType, statat};
use serde_json::{Map, Value};

use super::{Asked, FileDesk, shown, text_argument, texts_schema};
use crate::beneath::{Place, Refusal};
use crate::tool::{Tool, ToolAnswer};

/// Lists folders.
pub struct ListDir {
    desk: FileDesk,
}

impl ListDir {
    /// The name of the tool.
    pub const NAME: &'static str = "list_dir";

    /// So many names are shown, the first in order; the answer says when there are more.
    pub const MAX_ENTRIES: usize = 1_000;

    /// So many names of a folder are looked at. In a larger one, names behind these are not seen.
    pub const MAX_SCANNED: usize = 100_000;

    /// Over this file access, with blocking threads of its own.
    pub fn new(access: Arc<dyn FileAccess>) -> Self {
        Self::at(FileDesk::new(access))
    }

    pub(super) fn at(desk: FileDesk) -> Self {
        Self { desk }
    }
}

#[async_trait]
impl Tool for ListDir {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: Self::NAME.to_owned(),
            description: "Lists the files and folders in a folder of the workspace or in a granted one."
                .to_owned(),
            parameters: texts_schema(&[("path", "The folder, relative to the workspace or absolute")]),
            class: ToolClass::Pure,
        }
    }

    async fn run(&self, arguments: &Map<String, Value>, context: &ToolContext) -> ToolAnswer {
        let asked = Asked { path: text_argument(arguments, "path"), is_owner: context.is_owner };
        self.desk.read(Self::NAME, asked, list).await
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
fn list(access: &dyn FileAccess, asked: &Asked) -> Result<ToolAnswer, String> {
    let path = &asked.path;
    let told = |refusal: Refusal| match refusal {
        Refusal::Missing => format!("Directory not found: {path}"),
        Refusal::NoContent => format!("Not a directory: {path}"),
        other => other.told(path, &access.workspace()),
    };
    let (allowed, place) = asked.found(access, FileOperation::List, &told)?;
    let opened = place.open_for_reading().map_err(told)?;
    if opened.file_type() != FileType::Directory {
        return Err(told(Refusal::NoContent));
    }
    let mut entries = Dir::read_from(&opened.handle).map_err(|errno| told(errno.into()))?;
    let names = names(&mut entries).map_err(|errno| told(errno.into()))?;
    if names.first.is_empty() {
        return Ok(shown(format!("Directory {path} is empty"), &allowed));
    }
    let folder = Folder { handle: opened.handle, path: &allowed.path, access, is_owner: asked.is_owner };
    let mut lines: Vec<String> = names.first.iter().map(|name| folder.line(name)).collect();
    if names.total > names.first.len() {
        let (first, total) = (names.first.len(), names.total);
        let more = if names.is_scan_cut { "more than " } else { "" };
        lines.push(format!("[cut: {first} of {more}{total} entries are shown]"));
    }
    Ok(shown(lines.join("\n"), &allowed))
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

/// A folder whose entries are told apart.
struct Folder<'a> {
    handle: OwnedFd,
    path: &'a Path,
    access: &'a dyn FileAccess,
    is_owner: bool,
}

impl Folder<'_> {
    /// One name with its sign.
    fn line(&self, name: &[u8]) -> String {
        let sign = if self.is_folder(name) { "📁" } else { "📄" };
        // A line break in a name must not look like another entry.
        let shown: String = String::from_utf8_lossy(name)
            .chars()
            .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
            .collect();
        format!("{sign} {shown}")
    }

    /// What lies behind a link that leads to where nothing may be listed is not looked at: it is no folder.
    fn is_folder(&self, name: &[u8]) -> bool {
        let kind = statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)
            .map(|stat| FileType::from_raw_mode(stat.st_mode));
        match kind {
            Ok(FileType::Directory) => true,
            Ok(FileType::Symlink) => self.leads_to_folder(name),
            Ok(_) | Err(_) => false,
        }
    }

    fn leads_to_folder(&self, name: &[u8]) -> bool {
        let link = self.path.join(std::ffi::OsStr::from_bytes(name));
        let Some(link) = link.to_str() else {
            return false;
        };
        self.access.decide(link, FileOperation::List, self.is_owner).is_ok_and(|allowed| {
            Place::of(&allowed).and_then(|place| place.look()) == Ok(FileType::Directory)
        })
    }
}
