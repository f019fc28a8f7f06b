//! The texts of a call, taken out of its JSON value by value.

use serde_json::Value;

use super::sets::{Set, Sets};
use crate::failure::StageError;

/// Longest call that is looked at, all texts together, in bytes. A file that is written may be long.
pub(super) const LONGEST_CALL: usize = 1024 * 1024;
/// Values of one call; a person's has ten.
const MOST_VALUES: usize = 10_000;

/// A call with its texts.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) tool: &'a str,
    args: &'a Value,
    /// Every text with the key that it stands under; the texts of a list have the list's.
    pub(super) strings: Vec<(&'a str, &'a str)>,
}

/// Which texts of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// Each of them.
    All,
    /// What is written into a file: not what it replaces.
    Content,
}

impl<'a> Call<'a> {
    /// # Errors
    /// When it is longer than the stage looks at.
    pub(super) fn read(tool: &'a str, args: &'a Value) -> Result<Self, StageError> {
        let mut strings = Vec::new();
        let mut open = vec![("", args)];
        let (mut bytes, mut values) = (0_usize, 0_usize);
        while let Some((key, value)) = open.pop() {
            values += 1;
            match value {
                Value::String(text) => {
                    bytes = bytes.saturating_add(text.len());
                    strings.push((key, text.as_str()));
                }
                Value::Array(items) => open.extend(items.iter().rev().map(|item| (key, item))),
                Value::Object(entries) => {
                    open.extend(entries.iter().rev().map(|(key, value)| (key.as_str(), value)));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
            if bytes > LONGEST_CALL || values > MOST_VALUES {
                return Err(StageError::TooLong { limit: LONGEST_CALL });
            }
        }
        Ok(Self { tool, args, strings })
    }

    /// The command lines of a call of `exec`: every text that is neither for people nor the name of a place. A list is
    /// one command, word by word.
    pub(super) fn commands(&self, sets: &Sets) -> Vec<String> {
        let mut commands = Vec::new();
        let mut open = vec![("", self.args)];
        while let Some((key, value)) = open.pop() {
            if sets.has(Set::ProseKeys, key) || sets.has(Set::PathKeys, key) {
                continue;
            }
            match value {
                Value::String(text) => commands.push(text.clone()),
                Value::Array(items) => {
                    let words: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                    match words.as_deref() {
                        Some([only]) => commands.push((*only).to_owned()),
                        Some(words) => commands.push(quoted(words)),
                        None => open.extend(items.iter().rev().map(|item| (key, item))),
                    }
                }
                Value::Object(entries) => {
                    open.extend(entries.iter().rev().map(|(key, value)| (key.as_str(), value)));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        commands
    }

    pub(super) fn texts(&self, which: Texts) -> Vec<&'a str> {
        /// What an edit takes away, and where it does so.
        const NOT_WRITTEN: [&str; 4] = ["old_text", "old_string", "path", "file_path"];
        let is_wanted = |key: &str| which == Texts::All || !NOT_WRITTEN.contains(&key);
        self.strings.iter().filter(|(key, _)| is_wanted(key)).map(|(_, text)| *text).collect()
    }
}

/// Words as a command line that reads as exactly them; plain ones stay plain.
fn quoted(words: &[&str]) -> String {
    let is_plain = |word: &str| {
        !word.is_empty()
            && word.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_./:@%+=,~".contains(sign))
    };
    let words: Vec<String> =
        words
            .iter()
            .map(|word| {
                if is_plain(word) { (*word).to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
            })
            .collect();
    words.join(" ")
}
