//! What a session file holds, for people and tests: the answer of `session inspect`. Pure, over the bytes of
//! one file; it writes nothing and knows no folder.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::line::{self, Line};
use super::split::{Found, Lines};
use crate::error::LineError;

/// How many messages of history are shown: as many as the original gives its model.
pub const SHOWN_HISTORY: usize = 50;

/// What a session file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionFile {
    /// How many messages, incomplete ones included.
    pub messages: usize,
    /// The metadata that counts: the last one in the file; an empty object when there is none.
    pub metadata: Value,
    /// When the session began: the last statement of it in the file, as stored.
    pub created_at: Option<String>,
    /// The last [`SHOWN_HISTORY`] complete messages, oldest first.
    pub history: Vec<HistoryEntry>,
    /// What could not be read, in the order of the file.
    pub problems: Vec<Problem>,
}

/// A message as it stands in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Who spoke; a text, unless somebody edited the file.
    pub role: Value,
    /// What was said; mostly a text, but null and lists occur.
    pub content: Value,
}

/// A line that could not be read, or not wholly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub error: LineError,
}

/// Reads a session file. It takes any bytes: what cannot be read becomes a [`Problem`], the rest counts.
pub fn inspect(bytes: &[u8]) -> SessionFile {
    let mut reading = Reading::default();
    let mut lines = Lines::new(line::without_mark(bytes));
    let mut buffer = Vec::new();
    let mut number = 0;
    loop {
        number += 1;
        let read = match lines.next_into(&mut buffer) {
            // A slice cannot fail to be read.
            Ok(Found::End) | Err(_) => break,
            Ok(Found::TooLong) => Err(LineError::TooLong),
            Ok(Found::Line) => line::decode(&buffer).and_then(|line| reading.take(line)),
        };
        if let Err(error) = read {
            reading.problems.push(Problem { line: number, error });
        }
    }
    reading.finish()
}

impl SessionFile {
    /// The line that `session inspect` prints for the file.
    pub fn to_json(&self, file: &str) -> Value {
        let history: Vec<Value> =
            self.history.iter().map(|entry| json!({"role": entry.role, "content": entry.content})).collect();
        let problems: Vec<Value> = self
            .problems
            .iter()
            .map(|problem| json!({"line": problem.line, "message": problem.error.to_string()}))
            .collect();
        json!({
            "file": file,
            "messages": self.messages,
            "metadata": self.metadata,
            "history": history,
            "problems": problems,
        })
    }
}

#[derive(Default)]
struct Reading {
    messages: usize,
    metadata: Option<Value>,
    created_at: Option<String>,
    history: VecDeque<HistoryEntry>,
    problems: Vec<Problem>,
}

impl Reading {
    fn take(&mut self, line: Line) -> Result<(), LineError> {
        match line {
            Line::Blank => Ok(()),
            Line::Metadata(mut map) => {
                let created = line::created_at(&map).map(|found| found.map(str::to_owned));
                self.metadata = map.remove("metadata").or(Some(Value::Object(Map::new())));
                if let Some(created) = created? {
                    self.created_at = Some(created);
                }
                Ok(())
            }
            Line::Message(mut map) => {
                self.messages += 1;
                line::role_and_content(&map)?;
                if self.history.len() == SHOWN_HISTORY {
                    self.history.pop_front();
                }
                let mut take = |key| map.remove(key).unwrap_or_default();
                self.history.push_back(HistoryEntry { role: take("role"), content: take("content") });
                Ok(())
            }
        }
    }

    fn finish(self) -> SessionFile {
        SessionFile {
            messages: self.messages,
            metadata: self.metadata.unwrap_or_else(|| Value::Object(Map::new())),
            created_at: self.created_at,
            history: self.history.into(),
            problems: self.problems,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_torn_or_foreign_line_costs_only_itself() {
        let file = inspect(
            b"\xef\xbb\xbf{\"_type\": \"metadata\", \"created_at\": \"2025-11-02T10:00:00\", \"metadata\": {\"k\": 1}}\r\n\
              {\"role\": \"user\", \"content\": \"one\"}\n\
              <<<garbage\n[1]\n\n{\"role\": \"user\", \"content\": \"Gr\xfc\xdf\"}\n\
              {\"content\": \"nobody\"}\n{\"role\": \"user\"}\n\
              {\"role\": \"assistant\", \"content\": null}\n{\"role\": \"user\", \"cont",
        );
        assert_eq!(
            file.to_json("x.jsonl"),
            json!({
                "file": "x.jsonl",
                "messages": 4,
                "metadata": {"k": 1},
                "history": [{"role": "user", "content": "one"}, {"role": "assistant", "content": null}],
                "problems": [
                    {"line": 3, "message": "the line is not valid JSON (at byte 1)"},
                    {"line": 4, "message": "the line is not a JSON object"},
                    {"line": 6, "message": "the line is not valid UTF-8"},
                    {"line": 7, "message": "the message has no role"},
                    {"line": 8, "message": "the message has no content"},
                    {"line": 10, "message": "the line is not valid JSON (at byte 22)"},
                ],
            })
        );
        assert_eq!(file.created_at.as_deref(), Some("2025-11-02T10:00:00"));
    }

    #[test]
    fn the_last_metadata_wins_and_an_unreadable_beginning_is_a_problem() {
        let file = inspect(
            b"{\"_type\": \"metadata\", \"created_at\": \"2025-11-02T10:00:00\", \"metadata\": {\"k\": 1}}\n\
              {\"_type\": \"metadata\", \"created_at\": \"gestern\", \"metadata\": null}\n",
        );
        assert_eq!(file.metadata, Value::Null);
        assert_eq!(file.created_at.as_deref(), Some("2025-11-02T10:00:00"));
        assert_eq!(file.problems, [Problem { line: 2, error: LineError::BadCreatedAt }]);
    }

    #[test]
    fn only_the_last_fifty_messages_are_shown() {
        let lines: Vec<String> =
            (0..120).map(|n| format!("{{\"role\": \"user\", \"content\": \"{n}\"}}")).collect();
        let file = inspect(lines.join("\n").as_bytes());
        assert_eq!((file.messages, file.history.len()), (120, SHOWN_HISTORY));
        assert_eq!(file.history.first().map(|entry| entry.content.clone()), Some(json!("70")));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_inspected(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = inspect(&bytes);
        }
    }
}
