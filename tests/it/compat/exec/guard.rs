//! What the guard in front of `exec` says to a command line.
//!
//! Where ours differs, the original must really say what is recorded, and another reading of the command line, made
//! here, has to say that ours should not.

mod original;
mod reading;

use std::collections::BTreeMap;
use std::path::Path;

use nanobot_tools::{Ground, Guard, GuardSettings};
use serde_json::Value;

use self::original::Original;
use self::reading::Reading;
use super::super::cases::{Tally, rows};
use super::tree::placed;
use super::{FOLDER, text, texts};

/// Where the tree lay, in shape: outside of everything that a box has, too. The guard looks at no disk.
const ROOT: &str = "/where/it/was/recorded";

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Dangerous,
    NotListed,
    Traversal,
    Outside,
}

#[test]
fn recorded_commands_meet_the_same_guard() {
    let mut tally = Tally::new("exec guard");
    // Each takes its time to make, and many rows share one.
    let mut guards = BTreeMap::new();
    for row in rows(FOLDER, "guard.jsonl") {
        let row = placed(&row, ROOT);
        let options = &row["options"];
        let (guard, original) = guards.entry(options.to_string()).or_insert_with(|| {
            let settings = settings(options);
            (Guard::new(&settings).unwrap(), Original::new(&settings))
        });
        let ours = guard.judge(text(&row, "command"), &ground(&row)).err();
        let ours = ours.map(|objection| format!("Error: {objection}"));
        if ours.as_deref() == row["reason"].as_str() {
            tally.agree();
        } else if let Some(rule) = rule(&row, ours.as_deref()).filter(|_| is_recorded_right(original, &row)) {
            tally.by_rule(rule);
        } else {
            tally.other(format!("{row}\nours {ours:?}"));
        }
    }
    tally.finish();
}

fn settings(options: &Value) -> GuardSettings {
    let list = |key: &str| texts(&options[key]).into_iter().map(str::to_owned).collect::<Vec<_>>();
    GuardSettings {
        restrict_to_workspace: options["restrict_to_workspace"] == true,
        deny: options["deny_patterns"].is_array().then(|| list("deny_patterns")),
        allow: list("allow_patterns"),
    }
}

fn is_recorded_right(original: &Original, row: &Value) -> bool {
    let said = original.judge(text(row, "command"), text(row, "cwd"), &grants(row));
    row["reason"].as_str() == said.map(|objection| format!("Error: {objection}")).as_deref()
}

fn ground(row: &Value) -> Ground {
    Ground::new(Path::new(text(row, "cwd")), None, grants(row))
}

/// The places of the grants that count.
fn grants(row: &Value) -> Vec<&str> {
    let are_active = row["grants_active"] == true;
    if are_active { texts(&row["options"]["grant_container_prefixes"]) } else { Vec::new() }
}

fn rule(row: &Value, ours: Option<&str>) -> Option<&'static str> {
    let (theirs, ours) = (row["reason"].as_str().map(why), ours.map(why));
    let reading = Reading::of(text(row, "command"));
    let paths = || reading.paths(text(row, "cwd"), &grants(row));
    match (theirs, ours) {
        (Some(Why::Dangerous), _) if reading.names_format() && !reading.destroys() => {
            Some("format_is_a_program")
        }
        (Some(Why::Dangerous), _) if reading.only_talks() => Some("mere_talk_passes"),
        (_, Some(Why::Dangerous)) if reading.destroys() => Some("spellings_are_parsed"),
        (Some(Why::Traversal | Why::Outside), None) if paths().lead_out => None,
        (Some(Why::Traversal | Why::Outside), None) if paths().are_of_the_box => {
            Some("container_paths_accepted")
        }
        (Some(Why::Traversal | Why::Outside), None) => Some("paths_are_parsed"),
        (_, Some(Why::Traversal | Why::Outside)) if paths().lead_out => Some("paths_are_parsed"),
        _ => None,
    }
}

fn why(reason: &str) -> Why {
    let kinds = [
        ("(dangerous pattern detected)", Why::Dangerous),
        ("(not in allowlist)", Why::NotListed),
        ("(path traversal detected)", Why::Traversal),
        ("(path outside working dir)", Why::Outside),
    ];
    let kind = kinds.iter().find(|(words, _)| reason.ends_with(words));
    kind.unwrap_or_else(|| panic!("{reason} is no reason of a guard")).1
}
