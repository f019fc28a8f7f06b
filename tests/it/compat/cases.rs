//! Where recorded cases lie, and how agreement is counted.
//!
//! The committed ones are below `tests/fixtures/compat`, large files packed as `NAME.gz`. `NANOBOT_CASES`
//! points the same tests at another folder of the same shape.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of one kind (`sessions`, `config`, `orchestrator`).
pub(crate) fn folder(kind: &str) -> PathBuf {
    let root = match std::env::var_os("NANOBOT_CASES") {
        Some(other) => PathBuf::from(other),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compat"),
    };
    let folder = root.join(kind);
    assert!(folder.is_dir(), "NOT RUN: there are no recorded cases in {}", folder.display());
    folder
}

/// All JSON values of one file, one after the other: lines, or one document.
pub(crate) fn rows(kind: &str, file: &str) -> Vec<Value> {
    let text = text(&folder(kind).join(file));
    let rows: Vec<Value> = serde_json::Deserializer::from_str(&text)
        .into_iter()
        .map(|row| row.unwrap_or_else(|error| panic!("{kind}/{file}: {error}")))
        .collect();
    assert!(!rows.is_empty(), "{kind}/{file} holds no case");
    rows
}

fn text(path: &Path) -> String {
    let packed = path.with_file_name(format!("{}.gz", path.file_name().unwrap().to_string_lossy()));
    if path.exists() {
        return std::fs::read_to_string(path).unwrap();
    }
    let file = std::fs::File::open(&packed).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// Counts how the cases of one kind came out.
pub(crate) struct Tally {
    name: String,
    agree: usize,
    rules: BTreeMap<&'static str, usize>,
    others: Vec<String>,
}

impl Tally {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), agree: 0, rules: BTreeMap::new(), others: Vec::new() }
    }

    /// The same answer.
    pub(crate) fn agree(&mut self) {
        self.agree += 1;
    }

    /// A wanted difference.
    ///
    /// # Panics
    /// When `docs/compatibility.md` does not list the rule.
    pub(crate) fn by_rule(&mut self, rule: &'static str) {
        const LISTED: &str = include_str!("../../../docs/compatibility.md");
        assert!(LISTED.contains(&format!("`{rule}`")), "docs/compatibility.md does not list `{rule}`");
        *self.rules.entry(rule).or_default() += 1;
    }

    /// Any other difference; the text says which case and what differs.
    pub(crate) fn other(&mut self, what: String) {
        self.others.push(what);
    }

    /// Prints the count.
    ///
    /// # Panics
    /// When there was any other difference, or no case at all.
    pub(crate) fn finish(self) {
        let rules: Vec<String> =
            self.rules.iter().map(|(rule, count)| format!(", {count} by rule {rule}")).collect();
        let line = format!("{}: {} agree{}", self.name, self.agree, rules.concat());
        println!("{line}, {} other", self.others.len());
        let shown = self.others.iter().take(5).map(String::as_str).collect::<Vec<_>>().join("\n\n");
        assert!(self.others.is_empty(), "{line}, {} other:\n{shown}", self.others.len());
        assert!(self.agree + self.rules.len() > 0, "{}: no case was met", self.name);
    }
}
