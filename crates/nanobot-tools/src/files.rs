//! The file tools that only read: `read_file` and `list_dir`, inside the workspace.

mod list_dir;
mod read_file;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::blocking::{BlockingPool, NoAnswer};
use crate::tool::{Tool, ToolAnswer};
use crate::workspace::WorkspaceFolder;

pub use list_dir::ListDir;
pub use read_file::ReadFile;

/// All file tools over one workspace. They share at most eight blocking calls at once, each of at most ten
/// seconds.
pub fn file_tools(workspace: &Arc<WorkspaceFolder>) -> Vec<Arc<dyn Tool>> {
    let pool = BlockingPool::new();
    vec![
        Arc::new(ReadFile::sharing(Arc::clone(workspace), pool.clone())),
        Arc::new(ListDir::sharing(Arc::clone(workspace), pool)),
    ]
}

/// The schema of a tool that takes one path.
fn path_schema(description: &str) -> Value {
    json!({
        "type": "object",
        "properties": {"path": {"type": "string", "description": description}},
        "required": ["path"],
    })
}

/// The path that the schema has made sure of.
fn path_argument(arguments: &Map<String, Value>) -> String {
    arguments.get("path").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Runs the blocking part of a tool in the pool and words its answer.
async fn answer(
    pool: &BlockingPool,
    tool: &str,
    work: impl FnOnce() -> Result<String, String> + Send + 'static,
) -> ToolAnswer {
    match pool.run(work).await {
        Ok(Ok(text)) => ToolAnswer::done(text),
        Ok(Err(why)) => ToolAnswer::failed(why),
        Err(none) => broken(tool, none),
    }
}

/// As the original words an exception inside a tool.
fn broken(tool: &str, none: NoAnswer) -> ToolAnswer {
    ToolAnswer { text: format!("Error executing {tool}: {none}"), ..ToolAnswer::failed("") }
}

#[cfg(test)]
mod tests;
