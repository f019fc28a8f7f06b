//! No text of ours names a folder that exists on one developer's machine only.
//!
//! A line that must show such a path, as a rule about `~root` does, says `tidy-allow: machine-path`.

use super::walk::TextFile;
use crate::finding::Finding;

const WAIVER: &str = "tidy-allow: machine-path";

/// Taken apart so that this file passes its own rule.
const FOLDERS: &[&str] = &[concat!("/", "root/"), concat!("/", "work/")];
/// Every root has these; rules and attacks name them.
const EVERYBODYS: &[&str] = &[".ssh", ".nanobot", ".bashrc"];
/// Here the host itself is made up.
const MADE_UP: &str = "tests/support/escape/";
const HOMES: &str = concat!("/", "home/");

/// Homes of nobody in particular, for documents and tests.
const NOBODY: &[&str] = &["alice", "bob", "me", "nanobot", "nobody", "user", "you"];

pub(super) fn check(file: &TextFile) -> Vec<Finding> {
    if file.path.starts_with(MADE_UP) {
        return Vec::new();
    }
    (1..)
        .zip(file.text.lines())
        .filter(|(_, line)| !line.contains(WAIVER))
        .filter_map(|(number, line)| {
            let path = machine_path(line)?;
            Some(Finding::new(&file.path, number, format!("`{path}…` is a path of one machine")))
        })
        .collect()
}

fn machine_path(line: &str) -> Option<String> {
    let is_one_machines = |rest: &str| !EVERYBODYS.iter().any(|name| rest.starts_with(name));
    let folder = FOLDERS.iter().find(|folder| starts_of(line, folder).any(is_one_machines));
    folder.map(|folder| (*folder).to_owned()).or_else(|| {
        starts_of(line, HOMES).find_map(|rest| {
            let (name, _) = rest.split_once('/')?;
            let is_person = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase());
            (is_person && !NOBODY.contains(&name)).then(|| format!("{HOMES}{name}/"))
        })
    })
}

/// What follows `folder` wherever a path starts with it.
fn starts_of<'t>(line: &'t str, folder: &str) -> impl Iterator<Item = &'t str> {
    let is_inside_path = |c: char| c.is_alphanumeric() || "._-~}*".contains(c);
    line.match_indices(folder).filter_map(move |(start, folder)| {
        let (before, rest) = line.split_at(start);
        if before.ends_with(is_inside_path) { None } else { rest.strip_prefix(folder) }
    })
}
