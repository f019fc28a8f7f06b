//! The file tools: `read_file`, `write_file`, `edit_file`, `list_dir`.
//!
//! Each asks the file access about its path at each call, and opens what it was told beneath the folder that let it
//! through. What may be touched is decided elsewhere.

mod edit_file;
mod list_dir;
mod read_file;
mod replace;
mod write_file;

use std::sync::Arc;

use nanobot_core::ports::{AllowedFile, FileAccess, FileOperation};
use nanobot_core::{Label, Labels};
use serde_json::{Map, Value, json};

use crate::beneath::{Place, Refusal};
use crate::blocking::{BlockingPool, NoAnswer};
use crate::tool::{Tool, ToolAnswer, broken};

pub use edit_file::EditFile;
pub use list_dir::ListDir;
pub use read_file::ReadFile;
pub use write_file::WriteFile;

/// Longest path that the kernel takes (`PATH_MAX`), in bytes.
const MAX_PATH_BYTES: usize = 4_096;

/// A text that a tool writes is at most so long, in bytes: what a model says in one go is far shorter.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// All file tools over one file access. They share at most eight blocking calls at once, each of at most ten
/// seconds.
pub fn file_tools(access: &Arc<dyn FileAccess>) -> Vec<Arc<dyn Tool>> {
    let desk = FileDesk::new(Arc::clone(access));
    vec![
        Arc::new(ReadFile::at(desk.clone())),
        Arc::new(WriteFile::at(desk.clone())),
        Arc::new(EditFile::at(desk.clone())),
        Arc::new(ListDir::at(desk)),
    ]
}

/// What every file tool works with.
#[derive(Clone)]
struct FileDesk {
    access: Arc<dyn FileAccess>,
    pool: BlockingPool,
}

impl FileDesk {
    fn new(access: Arc<dyn FileAccess>) -> Self {
        Self { access, pool: BlockingPool::new() }
    }

    /// Runs the blocking part of a tool that reads, and words its answer.
    async fn read(&self, tool: &str, asked: Asked, work: impl Work) -> ToolAnswer {
        let access = Arc::clone(&self.access);
        told(tool, self.pool.run(move || work(&*access, &asked)).await)
    }

    /// Runs the blocking part of a tool that changes something: one at a time, so that two edits lose nothing.
    async fn change(&self, tool: &str, asked: Asked, work: impl Work) -> ToolAnswer {
        let access = Arc::clone(&self.access);
        told(tool, self.pool.run_alone(move || work(&*access, &asked)).await)
    }
}

trait Work: FnOnce(&dyn FileAccess, &Asked) -> Result<ToolAnswer, String> + Send + 'static {}

impl<F: FnOnce(&dyn FileAccess, &Asked) -> Result<ToolAnswer, String> + Send + 'static> Work for F {}

fn told(tool: &str, done: Result<Result<ToolAnswer, String>, NoAnswer>) -> ToolAnswer {
    match done {
        Ok(Ok(answer)) => answer,
        Ok(Err(why)) => ToolAnswer::failed(why),
        Err(none) => broken(tool, none),
    }
}

/// What was asked for, by whom.
#[derive(Debug, Clone)]
struct Asked {
    /// As the model wrote it.
    path: String,
    is_owner: bool,
}

impl Asked {
    /// The decision about it, and the place that it names. Blocks on the file system.
    fn found(
        &self,
        access: &dyn FileAccess,
        operation: FileOperation,
        told: &dyn Fn(Refusal) -> String,
    ) -> Result<(AllowedFile, Place), String> {
        if self.path.len() >= MAX_PATH_BYTES || self.path.contains('\0') {
            return Err(told(Refusal::Unusable));
        }
        let allowed = access.decide(&self.path, operation, self.is_owner).map_err(|refusal| refusal.0)?;
        let place = Place::of(&allowed).map_err(told)?;
        Ok((allowed, place))
    }
}

/// Text out of a file. What a grant lets through is nobody's in the chat.
fn shown(text: String, allowed: &AllowedFile) -> ToolAnswer {
    let labels = if allowed.grant.is_some() { Label::File.into() } else { Labels::NONE };
    ToolAnswer { labels, ..ToolAnswer::done(text) }
}

/// The schema of a tool that takes these texts, all of them.
fn texts_schema(fields: &[(&str, &str)]) -> Value {
    let described = |(name, description): &(&str, &str)| {
        ((*name).to_owned(), json!({"type": "string", "description": description}))
    };
    let properties: Map<String, Value> = fields.iter().map(described).collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

/// A text that the schema has made sure of.
fn text_argument(arguments: &Map<String, Value>, name: &str) -> String {
    arguments.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
