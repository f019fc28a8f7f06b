//! Core and the pure engines read no clock, file, network, environment or random source.
//!
//! Reads text, so it holds before anything compiles and also for types that are only named. Who wants to can
//! hide from it behind a renamed module (`use std::io as x`); the method bans in the crate's own `clippy.toml`,
//! which know what a name stands for, are the second net.

use super::mentions::{Mention, mentions};
use super::source::Source;
use crate::finding::Finding;

/// Those that exist; `bans.rs` asks each for a `clippy.toml` of its own.
pub(super) const PURE_CRATES: &[&str] = &["nanobot-core", "nanobot-policy", "nanobot-security"];

const CLOCK: &str = "take a Clock";
const FILES: &str = "let an adapter read it behind a port";
const IDS: &str = "take an IdGenerator";
const OUTSIDE: &str = "reach the world through a port";

/// Found wherever these words follow each other in a path.
const BANNED: &[(&[&str], &str)] = &[
    (&["std", "env"], OUTSIDE),
    (&["std", "fs"], FILES),
    (&["std", "net"], OUTSIDE),
    (&["std", "os"], OUTSIDE),
    (&["std", "process"], OUTSIDE),
    (&["std", "time", "Instant"], CLOCK),
    (&["std", "time", "SystemTime"], CLOCK),
    (&["io", "stdin"], OUTSIDE),
    (&["io", "Stdin"], OUTSIDE),
    (&["io", "stdout"], OUTSIDE),
    (&["io", "Stdout"], OUTSIDE),
    (&["io", "stderr"], OUTSIDE),
    (&["io", "Stderr"], OUTSIDE),
    (&["tokio", "fs"], FILES),
    (&["tokio", "net"], OUTSIDE),
    (&["tokio", "process"], OUTSIDE),
    (&["tokio", "time"], CLOCK),
    (&["Instant", "now"], CLOCK),
    (&["SystemTime", "now"], CLOCK),
    (&["Timestamp", "now"], CLOCK),
    (&["Zoned", "now"], CLOCK),
    (&["thread", "sleep"], CLOCK),
    (&["Uuid", "new_v4"], IDS),
    (&["Uuid", "now_v7"], IDS),
    (&["RandomState"], "randomness comes in as data"),
];

/// Found at the start of a path.
const RANDOM_CRATES: &[&str] = &["rand", "fastrand", "getrandom"];

/// Alone, these words import a crate under another name, behind which nothing is found any more.
const NOT_RENAMED: &[&str] = &["std", "tokio"];

/// Methods of `std::path::Path` that read the disk.
const DISK_METHODS: &[&str] = &[
    "canonicalize",
    "exists",
    "is_dir",
    "is_file",
    "is_symlink",
    "metadata",
    "read_dir",
    "read_link",
    "symlink_metadata",
    "try_exists",
];

/// Findings of a file of a pure crate; none for other files.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    if !is_pure(source.path) {
        return Vec::new();
    }
    let lines = || source.numbered().filter(|(_, line)| !line.is_test);
    let paths = mentions(lines()).into_iter().filter_map(|mention| {
        let advice = advice(&mention)?;
        Some((mention.line, mention.path.join("::"), advice))
    });
    let methods = lines().filter_map(|(number, line)| {
        let method = DISK_METHODS.iter().find(|method| line.code.contains(&format!(".{method}(")))?;
        Some((number, (*method).to_owned(), FILES))
    });
    let mut findings: Vec<Finding> = paths
        .chain(methods)
        .map(|(line, what, advice)| {
            Finding::new(source.path, line, format!("`{what}` in a crate that does no I/O: {advice}"))
        })
        .collect();
    findings.sort();
    findings.dedup();
    findings
}

fn is_pure(path: &str) -> bool {
    let below_crates = path.strip_prefix("crates/").and_then(|path| path.split_once("/src/"));
    below_crates.is_some_and(|(name, _)| PURE_CRATES.contains(&name))
}

fn advice(mention: &Mention) -> Option<&'static str> {
    let path: Vec<&str> = mention.path.iter().map(String::as_str).collect();
    if let [first, _, ..] = path.as_slice()
        && RANDOM_CRATES.contains(first)
    {
        return Some("randomness comes in as data");
    }
    if let [word] = path.as_slice()
        && NOT_RENAMED.contains(word)
    {
        return Some("say it by its own name");
    }
    if let [.., "Path" | "PathBuf", method] = path.as_slice()
        && DISK_METHODS.contains(method)
    {
        return Some(FILES);
    }
    let names = |banned: &[&str]| (0..path.len()).any(|start| begins_with(path.iter().skip(start), banned));
    BANNED.iter().find(|(banned, _)| names(banned)).map(|&(_, advice)| advice)
}

/// A `*` after the first word stands for whatever was to come.
fn begins_with<'a>(path: impl Iterator<Item = &'a &'a str>, banned: &[&str]) -> bool {
    let mut path = path.copied();
    for (place, word) in banned.iter().enumerate() {
        match path.next() {
            Some("*") if place > 0 => return true,
            Some(found) if found == *word => {}
            _ => return false,
        }
    }
    true
}
