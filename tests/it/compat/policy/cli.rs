//! The recorded cases once more, by way of the program: one run for each policy file, as a script would do it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::cases::{Tally, folder, rows};
use super::FOLDER;
use super::document::names_unknown_home;
use crate::programs::harness::Home;

#[test]
fn recorded_decisions_agree_on_the_command_line() {
    batches("policy eval", "eval", "cases.jsonl");
}

#[test]
fn recorded_tool_access_agrees_on_the_command_line() {
    batches("policy tool-access", "tool-access", "tool_access.jsonl");
}

#[test]
fn recorded_invalid_files_are_judged_alike_on_the_command_line() {
    let place = Place::new();
    let mut tally = Tally::new("policy check");
    let mut by_channels: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows(FOLDER, "invalid.jsonl") {
        by_channels.entry(channels(&row)).or_default().push(row);
    }
    for (channels, rows) in by_channels {
        let files: Vec<String> = rows.iter().map(|row| place.file("invalid", &row["file"])).collect();
        let mut args = vec!["policy", "check", "--jsonl", "--apply-channels", &channels];
        args.extend(place.options());
        args.extend(files.iter().map(String::as_str));
        let ran = place.home.cli(&args);
        assert_eq!(ran.stdout.lines().count(), rows.len(), "{}", ran.stderr);
        for (row, line) in rows.iter().zip(ran.stdout.lines()) {
            let ours: Value = serde_json::from_str(line).expect("JSON");
            judge_file(&mut tally, &place, row, &ours);
        }
    }
    tally.finish();
}

fn judge_file(tally: &mut Tally, place: &Place, row: &Value, ours: &Value) {
    let expect = &row["expect"];
    let paths = |errors: &Value| -> Vec<Value> {
        errors.as_array().into_iter().flatten().map(|error| error["path"].clone()).collect()
    };
    let is_schema = expect["stage"] == "schema";
    let hash = &expect["policy_hash"];
    // A document that cannot be written has a note in place of its hash, and ours has none.
    let hash_agrees = match hash.as_str() {
        Some(text) if text.starts_with("error:") => ours["policy_hash"].is_null(),
        Some(_) => ours["policy_hash"] == *hash,
        None => true,
    };
    let agrees = ours["accepted"] == expect["accepted"]
        && ours["stage"] == expect["stage"]
        && (!is_schema || paths(&ours["errors"]) == paths(&expect["errors"]))
        && hash_agrees;
    let text = fs::read(place.file("invalid", &row["file"])).expect("a file");
    if agrees {
        tally.agree();
    } else if names_unknown_home(&String::from_utf8_lossy(&text)) && ours["accepted"] == false {
        tally.by_rule("unknown_home_is_a_fault");
    } else {
        tally.other(format!("{}\nours     {ours}\nrecorded {expect}", row["file"]));
    }
}

/// Runs a batch command over all rows of a file, policy by policy, and compares line by line.
fn batches(name: &str, command: &str, file: &str) {
    let place = Place::new();
    let mut tally = Tally::new(name);
    let mut by_policy: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    // Without a policy there is nothing to name on the command line.
    for row in rows(FOLDER, file).into_iter().filter(|row| row["policy"].is_string()) {
        by_policy.entry(place.file("policies", &row["policy"])).or_default().push(row);
    }
    for (policy, rows) in by_policy {
        let mut args = vec!["policy", command, "--policy", &policy];
        args.extend(place.options());
        let input: Vec<String> = rows.iter().map(asked).collect();
        let ran = place.home.cli_with_input(&args, input.join("\n").as_bytes()).exits(0);
        assert_eq!(ran.stdout.lines().count(), rows.len(), "{}", ran.stderr);
        for (row, line) in rows.iter().zip(ran.stdout.lines()) {
            let mut ours: Value = serde_json::from_str(&place.recorded(line, &policy)).expect("JSON");
            assert_eq!(ours["id"], row["id"], "in the order of the lines");
            ours.as_object_mut().expect("an object").remove("id");
            if ours == row["expect"] {
                tally.agree();
            } else {
                tally.other(format!("{}\nours     {ours}\nrecorded {}", row["id"], row["expect"]));
            }
        }
    }
    tally.finish();
}

/// A line of input: what is asked, without what was answered.
fn asked(row: &Value) -> String {
    let mut line = json!({"id": row["id"], "event": row["event"], "apply_channels": row["apply_channels"]});
    if row["tool"].is_string() {
        line["tool"] = row["tool"].clone();
    }
    line.to_string()
}

fn channels(row: &Value) -> String {
    let names = row["apply_channels"].as_array().expect("channels").iter();
    names.map(|name| name.as_str().expect("a text")).collect::<Vec<_>>().join(",")
}

/// The recorded files with their placeholders filled, and the options that say so.
struct Place {
    home: Home,
    files: tempfile::TempDir,
    workspace: PathBuf,
    known_tools: String,
    user_home: String,
}

impl Place {
    fn new() -> Self {
        let meta = &rows(FOLDER, "meta.json")[0];
        let tools = meta["known_tools"].as_array().expect("tools").iter();
        let place = Self {
            home: Home::empty(),
            files: tempfile::tempdir().expect("a folder"),
            workspace: folder(FOLDER).join("workspace").canonicalize().expect("a workspace"),
            known_tools: tools.map(|tool| tool.as_str().expect("a text")).collect::<Vec<_>>().join(","),
            user_home: meta["home"].as_str().expect("a home").to_owned(),
        };
        for kind in ["policies", "invalid"] {
            let to = place.files.path().join(kind);
            fs::create_dir(&to).expect("a folder");
            for entry in fs::read_dir(folder(FOLDER).join(kind)).expect("files") {
                let entry = entry.expect("an entry");
                let bytes = fs::read(entry.path()).expect("a file");
                fs::write(to.join(entry.file_name()), place.placed(bytes)).expect("it is written");
            }
        }
        place
    }

    fn file(&self, kind: &str, name: &Value) -> String {
        let path = self.files.path().join(kind).join(name.as_str().expect("a name"));
        path.display().to_string()
    }

    fn options(&self) -> [&str; 6] {
        let workspace = self.workspace.to_str().expect("UTF-8");
        ["--workspace", workspace, "--known-tools", &self.known_tools, "--user-home", &self.user_home]
    }

    /// What is no UTF-8 stays as it is.
    fn placed(&self, bytes: Vec<u8>) -> Vec<u8> {
        let parent = self.workspace.parent().and_then(Path::to_str).expect("a parent");
        let name = self.workspace.file_name().and_then(|name| name.to_str()).expect("a name");
        match String::from_utf8(bytes) {
            Err(error) => error.into_bytes(),
            Ok(text) => text
                .replace("{{WORKSPACE}}", self.workspace.to_str().expect("UTF-8"))
                .replace("{{WORKSPACE_PARENT}}", parent)
                .replace("{{WSNAME}}", name)
                .into_bytes(),
        }
    }

    /// An answer with what the recording put in place of paths.
    fn recorded(&self, line: &str, policy: &str) -> String {
        line.replace(policy, "{{POLICY_PATH}}")
            .replace(self.workspace.to_str().expect("UTF-8"), "{{WORKSPACE}}")
    }
}
