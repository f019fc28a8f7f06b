//! `write_file`: a file gets this text, whatever it held before.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::model::{ToolClass, ToolSpec};
use nanobot_core::ports::{FileAccess, FileOperation, ToolContext};
use serde_json::{Map, Value};

use super::replace::replace;
use super::{Asked, FileDesk, MAX_TEXT_BYTES, text_argument, texts_schema};
use crate::beneath::Refusal;
use crate::tool::{Tool, ToolAnswer};

/// Writes text files, and makes the folders that they need.
pub struct WriteFile {
    desk: FileDesk,
}

impl WriteFile {
    /// The name of the tool.
    pub const NAME: &'static str = "write_file";

    /// A text may have so many bytes.
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
impl Tool for WriteFile {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: Self::NAME.to_owned(),
            description: "Writes a text to a file, in place of what it held; makes the folders that lack."
                .to_owned(),
            parameters: texts_schema(&[
                ("path", "The file, relative to the workspace or absolute"),
                ("content", "The whole text, at most 1 MiB"),
            ]),
            // The same text once more changes nothing.
            class: ToolClass::Idempotent,
        }
    }

    async fn run(&self, arguments: &Map<String, Value>, context: &ToolContext) -> ToolAnswer {
        let asked = Asked { path: text_argument(arguments, "path"), is_owner: context.is_owner };
        let (text, key) = (text_argument(arguments, "content"), context.key.clone());
        self.desk.change(Self::NAME, asked, move |access, asked| write(access, asked, &text, &key)).await
    }
}

/// Blocks on the file system.
pub(super) fn write(
    access: &dyn FileAccess,
    asked: &Asked,
    content: &str,
    key: &str,
) -> Result<ToolAnswer, String> {
    let path = &asked.path;
    if content.len() > WriteFile::MAX_BYTES {
        let (size, limit) = (content.len(), WriteFile::MAX_BYTES);
        return Err(format!(
            "The content for {path} is too long: {size} bytes, at most {limit} can be written"
        ));
    }
    let told = |refusal: Refusal| refusal.told(path, &access.workspace());
    let (_, place) = asked.found(access, FileOperation::Write, &told)?;
    replace(&place, content, key, None).map_err(told)?;
    // The original counts characters and says bytes.
    Ok(ToolAnswer::done(format!("Successfully wrote {} bytes to {path}", content.chars().count())))
}
