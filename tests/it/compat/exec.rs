//! Commands and files: what the guard says, what a box shows, which shells live, and what file tools may touch.

mod file_access;
mod gates;
mod guard;
mod isolation;
mod lifecycle;
mod tree;

use std::collections::BTreeSet;

use serde_json::Value;

const FOLDER: &str = "exec";

fn text<'r>(row: &'r Value, key: &str) -> &'r str {
    row[key].as_str().unwrap_or_else(|| panic!("no text {key} in {row}"))
}

fn number(row: &Value, key: &str) -> u64 {
    row[key].as_u64().unwrap_or_else(|| panic!("no number {key} in {row}"))
}

/// The texts of a list; of anything else none.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn text_set(list: &Value) -> BTreeSet<&str> {
    texts(list).into_iter().collect()
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}
