//! `edit_file`: one piece of a text file is replaced, when it is there exactly once.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::model::{ToolClass, ToolSpec};
use nanobot_core::ports::{FileAccess, FileOperation, ToolContext};
use rustix::fs::FileType;
use serde_json::{Map, Value};

use super::read_file::{first_bytes, text};
use super::replace::replace;
use super::{Asked, FileDesk, MAX_TEXT_BYTES, text_argument, texts_schema};
use crate::beneath::Refusal;
use crate::tool::{Tool, ToolAnswer};

/// Changes text files.
pub struct EditFile {
    desk: FileDesk,
}

impl EditFile {
    /// The name of the tool.
    pub const NAME: &'static str = "edit_file";

    /// A file may have so many bytes, before and after.
    pub const MAX_BYTES: usize = MAX_TEXT_BYTES;

    /// Over this file access, with blocking threads of its own.
    pub fn new(access: Arc<dyn FileAccess>) -> Self {
        Self::at(FileDesk::new(access))
    }

    pub(super) fn at(desk: FileDesk) -> Self {
        Self { desk }
    }
}

#[async_trait]
impl Tool for EditFile {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: Self::NAME.to_owned(),
            description: "Replaces a piece of a file by another. The old piece must be there exactly once."
                .to_owned(),
            parameters: texts_schema(&[
                ("path", "The file, relative to the workspace or absolute"),
                ("old_text", "The piece to replace, exactly as it stands in the file"),
                ("new_text", "What takes its place"),
            ]),
            // Run again, it would not find the old piece and say so, though the edit is done; or find it in the new
            // piece and put that in twice.
            class: ToolClass::Once,
        }
    }

    async fn run(&self, arguments: &Map<String, Value>, context: &ToolContext) -> ToolAnswer {
        let asked = Asked { path: text_argument(arguments, "path"), is_owner: context.is_owner };
        let change = Change {
            old: text_argument(arguments, "old_text"),
            new: text_argument(arguments, "new_text"),
            key: context.key.clone(),
        };
        self.desk.change(Self::NAME, asked, move |access, asked| edit(access, asked, &change)).await
    }
}

pub(super) struct Change {
    pub(super) old: String,
    pub(super) new: String,
    /// The name of the call.
    pub(super) key: String,
}

/// Blocks on the file system.
pub(super) fn edit(access: &dyn FileAccess, asked: &Asked, change: &Change) -> Result<ToolAnswer, String> {
    let path = &asked.path;
    let told = |refusal: Refusal| refusal.told(path, &access.workspace());
    let (_, place) = asked.found(access, FileOperation::Write, &told)?;
    let opened = place.open_for_reading().map_err(told)?;
    if opened.file_type() != FileType::RegularFile {
        return Err(told(Refusal::NoContent));
    }
    let (size, stat) = (opened.size(), opened.stat);
    let bytes = first_bytes(opened.handle, EditFile::MAX_BYTES + 1).map_err(|error| told(error.into()))?;
    if bytes.len() > EditFile::MAX_BYTES {
        return Err(too_large(path, "has", size));
    }
    let text = text(bytes, false).ok_or_else(|| format!("Not a text file: {path} ({size} bytes)"))?;
    let changed = match changed(&text, change) {
        Ok(changed) => changed,
        Err(answer) => return Ok(answer),
    };
    if changed.len() > EditFile::MAX_BYTES {
        return Err(too_large(path, "would have", u64::try_from(changed.len()).unwrap_or(u64::MAX)));
    }
    replace(&place, &changed, &change.key, Some(&stat)).map_err(|refusal| match refusal {
        Refusal::Changed => format!("{path} was changed by somebody else meanwhile; read it again"),
        other => told(other),
    })?;
    Ok(ToolAnswer::done(format!("Successfully edited {path}")))
}

/// The text with the piece replaced, or the original's words about a piece that is not there exactly once.
fn changed(text: &str, change: &Change) -> Result<String, ToolAnswer> {
    match text.matches(change.old.as_str()).count() {
        0 => Err(ToolAnswer::failed("old_text not found in file. Make sure it matches exactly.")),
        1 => Ok(text.replacen(change.old.as_str(), &change.new, 1)),
        times => Err(ToolAnswer {
            text: format!(
                "Warning: old_text appears {times} times. Please provide more context to make it unique."
            ),
            ..ToolAnswer::failed("")
        }),
    }
}

fn too_large(path: &str, verb: &str, size: u64) -> String {
    let limit = EditFile::MAX_BYTES;
    format!("{path} {verb} {size} bytes; at most {limit} can be edited, use write_file or a command")
}
