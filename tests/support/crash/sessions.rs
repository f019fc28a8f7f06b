//! What stands in the session files: the ids of messages and answers, in order.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::record::id_in;

/// One line of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// `user` or `assistant`.
    pub(super) role: String,
    /// The message that it is, or answers.
    pub(super) id: Option<String>,
}

/// The lines of a session, its first line left out; none when there is no file.
pub(super) fn read(folder: &Path, session: &str) -> Result<Vec<Line>> {
    let path = folder.join(format!("{}.jsonl", session.replace(':', "_")));
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("reading the session file of {session}")),
    };
    text.lines()
        .skip(1)
        .map(line)
        .collect::<Result<_>>()
        .with_context(|| format!("the session file of {session}"))
}

fn line(text: &str) -> Result<Line> {
    let line: Value = serde_json::from_str(text).context("a line that is no JSON")?;
    let word = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
    Ok(Line { role: word("role").to_owned(), id: id_in(word("content")).map(str::to_owned) })
}
