//! The recorded routes of the original, by way of `model resolve`: one run for each configuration, as a script would
//! do it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::super::cases::{Tally, rows};
use super::FOLDER;
use crate::programs::harness::Home;

/// Our field, and the original's.
const FIELDS: [(&str, &str); 8] = [
    ("route", "route_key"),
    ("profile", "profile_name"),
    ("kind", "kind"),
    ("model", "model"),
    ("provider", "provider"),
    ("max_tokens", "max_tokens"),
    ("temperature", "temperature"),
    ("timeout_ms", "timeout_ms"),
];

#[test]
fn recorded_routes_agree_on_the_command_line() {
    let mut tally = Tally::new("model routes");
    let configs = rows(FOLDER, "resolution_configs.json").remove(0);
    let mut by_config: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows(FOLDER, "resolution.jsonl").into_iter().filter(|row| row["type"] == "route") {
        by_config.entry(row["config"].as_str().expect("a name").to_owned()).or_default().push(row);
    }
    for (name, rows) in by_config {
        let file = tempfile::NamedTempFile::with_suffix(".json").expect("a file");
        fs::write(file.path(), configs[&name].to_string()).expect("the file");
        for (row, ours) in rows.iter().zip(resolved(file.path(), &rows)) {
            judge(&mut tally, row, &ours);
        }
    }
    tally.finish();
}

fn resolved(config: &Path, rows: &[Value]) -> Vec<Value> {
    let lines = rows
        .iter()
        .enumerate()
        .map(|(id, row)| format!("{}\n", json!({"id": id, "task": row["task"], "channel": row["channel"]})));
    let args = ["--config", config.to_str().expect("UTF-8"), "model", "resolve"];
    let ran = Home::empty().cli_with_input(&args, lines.collect::<String>().as_bytes()).exits(65);
    let said: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let ids: Vec<usize> = said.iter().filter_map(|line| line["id"].as_u64()?.try_into().ok()).collect();
    assert_eq!(ids, (0..rows.len()).collect::<Vec<_>>(), "{}", ran.stderr);
    said
}

fn judge(tally: &mut Tally, row: &Value, ours: &Value) {
    let recorded = &row["result"];
    let agrees = match recorded["error"].as_str() {
        Some(error) => ours["error"]["message"] == error,
        None => FIELDS.iter().all(|(own, field)| ours[own] == recorded[field]),
    };
    let chain_begins = recorded["error"].is_string() || ours["chain"][0] == recorded["model"];
    if agrees && chain_begins {
        tally.agree();
    } else {
        tally.other(format!("{row}: {ours}"));
    }
}
