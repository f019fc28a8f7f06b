//! Which paths file tools may touch, on a real tree with links: the decision, and what the tools then do.

use std::path::Path;
use std::sync::Arc;

use nanobot_core::ports::{FileAccess, FileOperation, ToolExecutor as _, ToolOutcome};
use nanobot_core::testing::event;
use nanobot_core::testing::models::call;
use nanobot_core::testing::tools::context;
use nanobot_tools::{Toolbox, file_tools};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::super::cases::{Tally, rows};
use super::tree::{CONTENT, Tree};
use super::{FOLDER, text};

/// What the tool for writing writes.
const WRITTEN: &str = "written";

#[test]
fn recorded_file_access_agrees_and_the_tools_keep_to_it() {
    let runtime = Runtime::new().unwrap();
    let mut tally = Tally::new("exec file access");
    for row in rows(FOLDER, "file_access.jsonl") {
        let tree = Tree::new();
        let row = tree.placed(&row);
        let files = tree.rules(&row["file_access"], text(&row, "workspace")).unwrap();
        let ours = decision(&files, &row, text(&row, "path"));
        let rule = if ours == row["result"] { None } else { rule(&files, &row, &ours) };
        if let Some(wrong) = runtime.block_on(misbehaviour(&tree, Arc::new(files), &row, &ours)) {
            tally.other(format!("{row}\nthe tool: {wrong}"));
        } else if ours == row["result"] {
            tally.agree();
        } else if let Some(rule) = rule {
            tally.by_rule(rule);
        } else {
            tally.other(format!("{row}\nours {ours}"));
        }
    }
    tally.finish();
}

fn decision(files: &dyn FileAccess, row: &Value, path: &str) -> Value {
    let operation = match text(row, "op") {
        "read" => FileOperation::Read,
        "write" => FileOperation::Write,
        "list" => FileOperation::List,
        other => panic!("{other} is no operation"),
    };
    match files.decide(path, operation, row["grants_active"] == true) {
        Ok(allowed) => json!({"ok": allowed.path}),
        Err(refusal) => json!({"denied": refusal.0, "type": "PermissionError"}),
    }
}

fn rule(files: &dyn FileAccess, row: &Value, ours: &Value) -> Option<&'static str> {
    let path = text(row, "path");
    // Without that part of a policy the original has no rules at all, and its tools go anywhere.
    if row["file_access"].is_null() {
        return (row["result"] == "no_resolver").then_some("file_rules_are_always_there");
    }
    let from_workspace = files.workspace().join(path);
    let is_relative = !path.starts_with(['/', '~']);
    (is_relative && decision(files, row, from_workspace.to_str()?)["ok"] == ours["ok"])
        .then_some("relative_paths_from_the_workspace")
}

/// How a tool differs from the decision about its path; none when it keeps to it.
async fn misbehaviour(
    tree: &Tree,
    files: Arc<dyn FileAccess>,
    row: &Value,
    decided: &Value,
) -> Option<String> {
    let before = tree.files();
    let toolbox = Toolbox::new(file_tools(&files)).unwrap();
    let path = text(row, "path");
    let (tool, arguments) = match text(row, "op") {
        "read" => ("read_file", json!({"path": path})),
        "write" => ("write_file", json!({"path": path, "content": WRITTEN})),
        "list" => ("list_dir", json!({"path": path})),
        other => panic!("{other} is no operation"),
    };
    let mut context = context(&event::cli("x").build());
    context.is_owner = row["grants_active"] == true;
    let outcome = toolbox.execute(&call("c1", tool, arguments), &context).await;
    let mut expected = before;
    let is_right = match decided["ok"].as_str() {
        None => outcome.failed && outcome.content == format!("Error: {}", text(decided, "denied")),
        Some(allowed) if tool == "write_file" && !Path::new(allowed).is_dir() => {
            expected.insert(allowed.into(), WRITTEN.into());
            !outcome.failed
        }
        Some(allowed) => is_answer(tool, Path::new(allowed), path, &outcome),
    };
    if !is_right {
        return Some(outcome.content);
    }
    (tree.files() != expected).then(|| "other files have changed than were to be".to_owned())
}

/// Whether an answer about a path that may be touched says what is there.
fn is_answer(tool: &str, allowed: &Path, asked: &str, outcome: &ToolOutcome) -> bool {
    let expected = match tool {
        "read_file" if allowed.is_file() => return !outcome.failed && outcome.content == CONTENT,
        "list_dir" if allowed.is_dir() => return !outcome.failed,
        "list_dir" if allowed.exists() => "Not a directory",
        "list_dir" => "Directory not found",
        _ if allowed.exists() => "Not a file",
        _ => "File not found",
    };
    outcome.failed && outcome.content == format!("Error: {expected}: {asked}")
}
