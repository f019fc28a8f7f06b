//! `read_file`: the text of one file.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::model::{ToolClass, ToolSpec};
use nanobot_core::ports::{FileAccess, FileOperation, ToolContext};
use rustix::fs::FileType;
use serde_json::{Map, Value};

use super::{Asked, FileDesk, shown, text_argument, texts_schema};
use crate::beneath::Refusal;
use crate::tool::{Tool, ToolAnswer};

/// Reads text files.
pub struct ReadFile {
    desk: FileDesk,
}

impl ReadFile {
    /// The name of the tool.
    pub const NAME: &'static str = "read_file";

    /// So many bytes of a file are shown; the rest is cut and the answer says so.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Over this file access, with blocking threads of its own.
    pub fn new(access: Arc<dyn FileAccess>) -> Self {
        Self::at(FileDesk::new(access))
    }

    pub(super) fn at(desk: FileDesk) -> Self {
        Self { desk }
    }
}

#[async_trait]
impl Tool for ReadFile {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: Self::NAME.to_owned(),
            description: "Shows the text of a file in the workspace or in a granted folder.".to_owned(),
            parameters: texts_schema(&[("path", "The file, relative to the workspace or absolute")]),
            class: ToolClass::Pure,
        }
    }

    async fn run(&self, arguments: &Map<String, Value>, context: &ToolContext) -> ToolAnswer {
        let asked = Asked { path: text_argument(arguments, "path"), is_owner: context.is_owner };
        self.desk.read(Self::NAME, asked, read).await
    }
}

/// Blocks on the file system.
pub(super) fn read(access: &dyn FileAccess, asked: &Asked) -> Result<ToolAnswer, String> {
    let path = &asked.path;
    let told = |refusal: Refusal| refusal.told(path, &access.workspace());
    let (allowed, place) = asked.found(access, FileOperation::Read, &told)?;
    let opened = place.open_for_reading().map_err(told)?;
    if opened.file_type() != FileType::RegularFile {
        return Err(told(Refusal::NoContent));
    }
    let size = opened.size();
    // One byte more than is shown, to learn whether there is more.
    let mut bytes =
        first_bytes(opened.handle, ReadFile::MAX_BYTES + 1).map_err(|error| told(error.into()))?;
    let is_cut = bytes.len() > ReadFile::MAX_BYTES;
    bytes.truncate(ReadFile::MAX_BYTES);
    let Some(text) = text(bytes, is_cut) else {
        return Err(format!("Not a text file: {path} ({size} bytes)"));
    };
    if is_cut {
        let end = text.len();
        let cut = format!("{text}\n\n[cut: the file has {size} bytes, the first {end} are shown]");
        return Ok(shown(cut, &allowed));
    }
    Ok(shown(text, &allowed))
}

/// At most so many bytes of an open file.
pub(super) fn first_bytes(handle: OwnedFd, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::from(handle).take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The bytes as text; none when they are no UTF-8 or hold a NUL. Where a file was cut, an incomplete character
/// at the end is dropped.
pub(super) fn text(mut bytes: Vec<u8>, is_cut: bool) -> Option<String> {
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
