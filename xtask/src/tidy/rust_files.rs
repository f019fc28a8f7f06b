//! Rules for every Rust file: header, length, name, and nothing left undone.
//!
//! Style is rustfmt's and clippy's business.

use super::source::{Line, Source};
use crate::finding::Finding;

/// Without test modules; files of tests are not counted.
const MAX_LINES: usize = 500;

/// Placeholders that compile.
const STUBS: &[&str] = &["todo!", "unimplemented!", "dbg!"];

/// Marks of things left undone; the first is fine with the number of an issue.
const MARKS: &[&str] = &["TODO", "FIXME", "XXX"];

pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let whole_file = [header(source), length(source), name(source)];
    let per_line =
        source.numbered().flat_map(|(number, line)| undone(line).map(move |message| (number, message)));
    whole_file
        .into_iter()
        .flatten()
        .chain(per_line)
        .map(|(line, message)| Finding::new(source.path, line, message))
        .collect()
}

fn header(source: &Source<'_>) -> Option<(usize, String)> {
    let first = source.text.lines().find(|line| !line.starts_with("#!")).unwrap_or_default();
    let says_something = first.strip_prefix("//!").is_some_and(|text| !text.trim().is_empty());
    (!says_something).then(|| (1, "the file must open with `//!` and what it is for".to_owned()))
}

fn length(source: &Source<'_>) -> Option<(usize, String)> {
    let mut counted = source.numbered().filter(|(_, line)| !line.is_test);
    let (first_over, _) = counted.by_ref().nth(MAX_LINES)?;
    let lines = MAX_LINES + 1 + counted.count();
    Some((first_over, format!("{lines} lines without tests, {MAX_LINES} are allowed: split the file")))
}

fn name(source: &Source<'_>) -> Option<(usize, String)> {
    let folder = source.path.strip_suffix("/mod.rs")?;
    Some((1, format!("no mod.rs: name the file {folder}.rs")))
}

fn undone(line: &Line) -> impl Iterator<Item = String> {
    let stub = STUBS.iter().find(|stub| has_word(&line.code, stub));
    let mark = MARKS.iter().find(|mark| has_bare_mark(&line.comment, mark));
    [
        stub.map(|stub| format!("{stub} must not be committed")),
        line.code.contains("#[ignore").then(|| "no ignored tests: run it or remove it".to_owned()),
        mark.map(|mark| format!("{mark} without an issue: write `TODO(#12)`, or do it")),
    ]
    .into_iter()
    .flatten()
}

fn has_bare_mark(comment: &str, mark: &str) -> bool {
    let numbered = |rest: &str| {
        let number = rest.strip_prefix("(#").and_then(|rest| rest.split_once(')'));
        number.is_some_and(|(number, _)| number.parse::<u32>().is_ok())
    };
    words(comment, mark).any(|rest| mark != "TODO" || !numbered(rest))
}

fn has_word(text: &str, word: &str) -> bool {
    words(text, word).next().is_some()
}

/// What follows `word` wherever it stands by itself and not inside a longer word.
fn words<'t>(text: &'t str, word: &str) -> impl Iterator<Item = &'t str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).filter_map(move |(start, found)| {
        let (before, rest) = text.split_at(start);
        let after = rest.strip_prefix(found)?;
        (!before.ends_with(is_part) && !after.starts_with(is_part)).then_some(after)
    })
}
