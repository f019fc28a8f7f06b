//! Rules for crates: descriptions, lints, examples.
//!
//! Reads manifests as lines of sections and keys, in the plain form that ours are written in.

use std::collections::BTreeMap;

use super::walk::TextFile;
use crate::finding::Finding;

/// Fewer words describe nothing.
const MIN_DESCRIPTION_WORDS: usize = 3;

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in
        files.iter().filter(|file| file.name() == "Cargo.toml" && has_section(&file.text, "package"))
    {
        findings.extend(description(manifest));
        findings.extend(lints(manifest));
        findings.extend(example(manifest, files));
    }
    findings.extend(example_names(files));
    findings
}

fn description(manifest: &TextFile) -> Option<Finding> {
    let (line, value) = value(&manifest.text, "package", "description").unwrap_or((1, ""));
    let is_short = value.split_whitespace().count() < MIN_DESCRIPTION_WORDS;
    is_short.then(|| Finding::new(&manifest.path, line, "the description must say what the package is for"))
}

fn lints(manifest: &TextFile) -> Option<Finding> {
    let shared = value(&manifest.text, "lints", "workspace").is_some_and(|(_, value)| value == "true");
    (!shared).then(|| Finding::new(&manifest.path, 1, "must say `[lints] workspace = true`"))
}

/// Library crates are what others embed: each shows how.
fn example(manifest: &TextFile, files: &[TextFile]) -> Option<Finding> {
    let folder = manifest.folder();
    let is_library =
        folder.starts_with("crates/") && files.iter().any(|file| file.path == format!("{folder}/src/lib.rs"));
    let has_example = files.iter().any(|file| example_name(file).is_some_and(|(of, _)| of == folder));
    (is_library && !has_example)
        .then(|| Finding::new(&manifest.path, 1, "a library crate must have a program in `examples/`"))
}

/// Cargo puts all examples into one folder, where one name would overwrite the other.
fn example_names(files: &[TextFile]) -> Vec<Finding> {
    let mut first_of: BTreeMap<&str, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for file in files {
        let Some((_, name)) = example_name(file) else { continue };
        if let Some(first) = first_of.get(name) {
            findings.push(Finding::new(&file.path, 1, format!("{first} has the same name")));
        } else {
            first_of.insert(name, &file.path);
        }
    }
    findings
}

/// For `FOLDER/examples/NAME.rs` and `FOLDER/examples/NAME/main.rs`: the two names.
fn example_name(file: &TextFile) -> Option<(&str, &str)> {
    let (folder, program) = file.path.split_once("/examples/")?;
    let name = program.strip_suffix("/main.rs").or_else(|| program.strip_suffix(".rs"))?;
    (!name.contains('/')).then_some((folder, name))
}

fn has_section(manifest: &str, section: &str) -> bool {
    manifest.lines().any(|line| line.trim() == format!("[{section}]"))
}

/// The line number and the unquoted value of `key` in `[section]`.
fn value<'m>(manifest: &'m str, section: &str, key: &str) -> Option<(usize, &'m str)> {
    let lines = (1..).zip(manifest.lines().map(str::trim));
    let lines = lines.skip_while(|(_, line)| *line != format!("[{section}]")).skip(1);
    lines.take_while(|(_, line)| !line.starts_with('[')).find_map(|(number, line)| {
        let (found, value) = line.split_once('=')?;
        (found.trim() == key).then(|| (number, value.trim().trim_matches('"')))
    })
}
