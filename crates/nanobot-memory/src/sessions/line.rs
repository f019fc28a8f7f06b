//! One line of a session file: what it can be, and how ours are written. Pure.
//!
//! It decodes each line by itself, so a broken one costs no other. Which metadata counts, and how many
//! messages, is decided by its readers.

use nanobot_core::ids::SessionKey;
use nanobot_core::intent::SessionLine;
use nanobot_core::ports::{HistoryMessage, HistoryRole};
use nanobot_core::time::{civil, iso_local};
use nanobot_core::{Label, Labels};
use serde_json::{Map, Value};

use super::names::strip;
use super::python_time::is_iso_time;
use crate::error::LineError;
use crate::python_json::{self, encode_str};

/// Our key in each message line: where its words came from.
pub(crate) const LABEL_KEY: &str = "nanobot_label";

/// Our key in the metadata object (beside it, where it is no object): the session that the file belongs to.
pub(crate) const OWNER_KEY: &str = "nanobot_key";

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line that could be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line {
    /// White space or nothing.
    Blank,
    /// About the session.
    Metadata(Map<String, Value>),
    /// A message, complete or not.
    Message(Map<String, Value>),
}

/// The file's bytes without a byte order mark at their beginning.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// Reads one line.
pub(crate) fn decode(bytes: &[u8]) -> Result<Line, LineError> {
    let text = strip(std::str::from_utf8(bytes).map_err(|_| LineError::NotUtf8)?);
    if text.is_empty() {
        return Ok(Line::Blank);
    }
    match python_json::parse(text) {
        Ok(Value::Object(map)) if map.get("_type").and_then(Value::as_str) == Some("metadata") => {
            Ok(Line::Metadata(map))
        }
        Ok(Value::Object(map)) => Ok(Line::Message(map)),
        Ok(_) => Err(LineError::NotAnObject),
        Err(error) => Err(LineError::NotJson { column: error.column() }),
    }
}

/// The beginning of the session as a metadata line states it; none when it states nothing.
///
/// # Errors
/// When it is stated in a form that the original cannot read.
pub(crate) fn created_at(metadata: &Map<String, Value>) -> Result<Option<&str>, LineError> {
    match metadata.get("created_at") {
        None | Some(Value::Null | Value::Bool(false)) => Ok(None),
        Some(Value::Number(number)) if number.as_f64() == Some(0.0) => Ok(None),
        Some(Value::Array(items)) if items.is_empty() => Ok(None),
        Some(Value::Object(map)) if map.is_empty() => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if is_iso_time(text) => Ok(Some(text)),
        Some(_) => Err(LineError::BadCreatedAt),
    }
}

/// The role and content of a message, as they stand there.
pub(crate) fn role_and_content(message: &Map<String, Value>) -> Result<(&Value, &Value), LineError> {
    let role = message.get("role").ok_or(LineError::NoRole)?;
    let content = message.get("content").ok_or(LineError::NoContent)?;
    Ok((role, content))
}

/// A message as the prompt needs it.
pub(crate) fn history_message(message: &Map<String, Value>) -> Result<HistoryMessage, LineError> {
    let (role, content) = role_and_content(message)?;
    Ok(HistoryMessage { role: history_role(role), content: words(content), labels: labels(message) })
}

/// A role that no model knows counts as a person's: the least that a line can claim.
fn history_role(role: &Value) -> HistoryRole {
    match role.as_str() {
        Some("assistant") => HistoryRole::Assistant,
        Some("system") => HistoryRole::System,
        Some("tool") => HistoryRole::Tool,
        _ => HistoryRole::User,
    }
}

/// The text of a content: itself, or its text parts one after the other.
fn words(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part.as_str().or_else(|| part.get("text")?.as_str())).collect()
        }
        _ => String::new(),
    }
}

/// Where the words came from. A label that cannot be read is a stranger's.
fn labels(message: &Map<String, Value>) -> Option<Labels> {
    message.get(LABEL_KEY).map(|label| match label.as_str() {
        Some(text) => Labels::parse(text),
        None => Label::Stranger.into(),
    })
}

/// Writes a message line, its end included.
pub(crate) fn message_line(line: &SessionLine) -> String {
    format!(
        "{{\"role\": {}, \"content\": {}, \"timestamp\": {}, \"{LABEL_KEY}\": {}}}\n",
        encode_str(line.role.name()),
        encode_str(&line.content),
        encode_str(&iso_local(line.at)),
        encode_str(&line.labels.to_string()),
    )
}

/// Writes the first line of a new session, its end included.
pub(crate) fn first_line(owner: &SessionKey, created: civil::DateTime, updated: &str) -> String {
    format!(
        "{{\"_type\": \"metadata\", \"created_at\": {}, \"updated_at\": {}, \"metadata\": {{\"{OWNER_KEY}\": {}}}}}\n",
        encode_str(&iso_local(created)),
        encode_str(updated),
        encode_str(owner.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn content_of_any_shape_has_words_or_none() {
        assert_eq!(words(&json!("plain")), "plain");
        assert_eq!(words(&json!(["a", {"type": "text", "text": "b"}, {"type": "image_url"}, 7])), "ab");
        assert_eq!(words(&json!(null)), "");
        assert_eq!(words(&json!({"text": "no list"})), "");
    }

    #[test]
    fn an_unreadable_label_is_a_strangers() {
        let message = |label: Value| json!({"role": "bot", "content": "x", "nanobot_label": label});
        let of = |value: Value| history_message(value.as_object().unwrap()).unwrap();
        assert_eq!(of(message(json!("owner+web"))).labels, Some(Labels::parse("owner+web")));
        assert_eq!(of(message(json!(""))).labels, Some(Labels::NONE));
        assert_eq!(of(message(json!(7))).labels, Some(Label::Stranger.into()));
        assert_eq!(of(json!({"role": "bot", "content": "x"})).labels, None);
        assert_eq!(of(message(json!(""))).role, HistoryRole::User);
    }

    #[test]
    fn lines_are_written_as_the_original_writes_them() {
        let at = civil::date(2026, 2, 22).at(12, 0, 10, 0);
        let line = SessionLine {
            role: nanobot_core::intent::SessionRole::User,
            content: "appended ✓\n".to_owned(),
            at,
            labels: Label::Owner.into(),
        };
        assert_eq!(
            message_line(&line),
            "{\"role\": \"user\", \"content\": \"appended \\u2713\\n\", \"timestamp\": \"2026-02-22T12:00:10\", \"nanobot_label\": \"owner\"}\n"
        );
        let owner = SessionKey::new("cli:default").unwrap();
        assert_eq!(
            first_line(&owner, at, "2026-02-22T12:00:11"),
            "{\"_type\": \"metadata\", \"created_at\": \"2026-02-22T12:00:10\", \"updated_at\": \"2026-02-22T12:00:11\", \"metadata\": {\"nanobot_key\": \"cli:default\"}}\n"
        );
    }
}
