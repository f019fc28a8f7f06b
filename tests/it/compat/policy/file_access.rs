//! Which paths file tools may touch: grants, their order and mounts, and one decision for each path.

use std::path::Path;

use nanobot_policy::file_access::{FileRules, Operation};
use nanobot_policy::{Document, LexicalPlaces};
use serde_json::{Value, json};

use super::super::cases::{Tally, rows};
use super::FOLDER;
use super::world::text;

/// Where the recorded workspace lay, in shape: five names deep and called `ws`, which the order of grants and the
/// names of refused paths depend on. It need not exist: nothing here looks at a disk.
const WORKSPACE: &str = "/where/it/was/recorded/ws";
const PARENT: &str = "/where/it/was/recorded";

#[test]
fn recorded_file_access_agrees() {
    let mut tally = Tally::new("policy file access");
    for row in rows(FOLDER, "file_access.jsonl") {
        let row = placed(&row);
        let ours = answer(&row);
        if ours == row["expect"] {
            tally.agree();
        } else if row["kind"] == "path" && is_from_the_workspace(&row, &ours) {
            tally.by_rule("relative_paths_from_the_workspace");
        } else {
            tally.other(format!("{row}\nours {ours}"));
        }
    }
    tally.finish();
}

/// Whether the path is relative, which the original resolves in the folder in which it was started, and ours is decided
/// as the same path below the workspace.
fn is_from_the_workspace(row: &Value, ours: &Value) -> bool {
    let path = text(row, "path");
    let mut absolute = row.clone();
    absolute["path"] = json!(format!("{WORKSPACE}/{path}"));
    !path.starts_with(['/', '~']) && answer(&absolute)["resolved"] == ours["resolved"]
}

fn answer(row: &Value) -> Value {
    let places = LexicalPlaces { home: Some("/home/oracle-user".into()) };
    let document = Document::parse(row["policy_inline"].to_string().as_bytes(), &places).expect("a policy");
    let file_access = document.policy().file_access.as_ref();
    let rules = FileRules::compile(file_access, Path::new(WORKSPACE), &places);
    if row["kind"] == "resolver" {
        let mounts = rules.mounts();
        let mounts: Vec<_> =
            mounts.iter().map(|mount| (&mount.host, &mount.container, mount.is_read_only)).collect();
        return json!({
            "has_grants": rules.has_grants(),
            "owner_only": rules.owner_only(),
            "mounts": mounts,
            "grant_order": rules.grant_order().collect::<Vec<_>>(),
        });
    }
    let operation = match text(row, "operation") {
        "read" => Operation::Read,
        "write" => Operation::Write,
        "list" => Operation::List,
        other => panic!("{other} is no operation"),
    };
    match rules.decide(text(row, "path"), operation, row["grants_active"] == true, &places) {
        Ok(allowed) => json!({"allowed": true, "resolved": allowed.path}),
        Err(refusal) => json!({"allowed": false, "error": refusal.to_string()}),
    }
}

/// The row with the workspace in it.
fn placed(row: &Value) -> Value {
    let row = row.to_string();
    let row = row.replace("{{WORKSPACE}}", WORKSPACE).replace("{{WORKSPACE_PARENT}}", PARENT);
    serde_json::from_str(&row.replace("{{WSNAME}}", "ws")).expect("JSON")
}
