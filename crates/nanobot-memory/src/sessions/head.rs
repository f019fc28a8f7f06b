//! The first line of a session file, its metadata: what it says, and how it is brought up to date while
//! every byte after it stays as it is.
//!
//! The members that we do not change keep their text: no number is rounded and no escape is rewritten.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use nanobot_core::ids::SessionKey;
use serde_json::Value;

use super::line::{self, Line, OWNER_KEY};
use super::names::strip;
use super::split::{Found, Lines, MAX_LINE_BYTES};
use crate::disk;
use crate::python_json::{self, Member, encode_str, members};

const BYTE_ORDER_MARK_LEN: u64 = 3;

/// The first line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Head {
    /// Its text, when it is metadata.
    metadata: Option<String>,
    /// The session that the file says it belongs to.
    pub(crate) owner: Option<String>,
    /// When the session began, as stored: text, whatever its form.
    pub(crate) created_at: Option<String>,
    /// When it was last used, as stored.
    pub(crate) updated_at: Option<String>,
    /// The timestamp of the first message, when the file begins with one.
    first_timestamp: Option<String>,
    /// Whether it is metadata that has its line end.
    pub(crate) is_ended: bool,
    /// Where the part begins that is never rewritten: behind a byte order mark, blank lines and metadata. Without
    /// metadata, behind the first two. So that part is the same before and behind a rewrite.
    pub(crate) rest: u64,
}

/// Reads the first line of an open file. A file that begins with something else has an empty head.
pub(crate) fn read(file: &File) -> io::Result<Head> {
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0))?;
    let mut mark = Vec::new();
    reader.by_ref().take(BYTE_ORDER_MARK_LEN).read_to_end(&mut mark)?;
    let skipped =
        if mark.is_empty() || !line::without_mark(&mark).is_empty() { 0 } else { BYTE_ORDER_MARK_LEN };
    reader.seek(SeekFrom::Start(skipped))?;
    let mut lines = Lines::new(reader);
    let mut buffer = Vec::new();
    loop {
        let before = skipped + lines.consumed();
        let found = lines.next_into(&mut buffer)?;
        let read = if found == Found::Line { line::decode(&buffer).ok() } else { None };
        match read {
            Some(Line::Blank) => {}
            Some(Line::Metadata(map)) => {
                let text_of = |key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
                let inner = map.get("metadata").and_then(|inner| inner.get(OWNER_KEY));
                let owner = inner.and_then(Value::as_str).or(map.get(OWNER_KEY).and_then(Value::as_str));
                let rest = skipped + lines.consumed();
                return Ok(Head {
                    is_ended: rest - before > buffer.len() as u64,
                    metadata: String::from_utf8(buffer).ok(),
                    owner: owner.map(str::to_owned),
                    created_at: text_of("created_at"),
                    updated_at: text_of("updated_at"),
                    first_timestamp: None,
                    rest,
                });
            }
            Some(Line::Message(map)) => {
                let first_timestamp = map.get("timestamp").and_then(Value::as_str).map(str::to_owned);
                return Ok(Head { first_timestamp, rest: before, ..Head::default() });
            }
            None => return Ok(Head { rest: before, ..Head::default() }),
        }
    }
}

impl Head {
    /// The first line with a new `updated_at`, if there is one, its end included. `owner` is recorded in the
    /// metadata where that is an object, else beside it.
    fn refreshed(&self, owner: Option<&SessionKey>, updated_at: Option<&str>) -> String {
        let updated_at = updated_at.map(encode_str);
        let old = self.metadata.as_deref().and_then(|text| members(strip(text))).unwrap_or_default();
        let stored = |key: &str| old.iter().find(|member| member.key == key).map(|member| member.value);
        let mut line = String::from("{\"_type\": \"metadata\"");
        let mut put = |key: &str, value: &str| {
            line.push_str(", ");
            line.push_str(&encode_str(key));
            line.push_str(": ");
            line.push_str(value);
        };
        if let Some(created_at) = self.created(stored("created_at"), updated_at.as_deref()) {
            put("created_at", &created_at);
        }
        if let Some(updated_at) = updated_at.as_deref().or(stored("updated_at")) {
            put("updated_at", updated_at);
        }
        let metadata = stored("metadata").unwrap_or("{}");
        let recorded = owner.and_then(|owner| with_owner(metadata, owner));
        put("metadata", recorded.as_deref().unwrap_or(metadata));
        for Member { key, value } in &old {
            let is_old_owner = key == OWNER_KEY && owner.is_some();
            if !is_old_owner && !matches!(key.as_str(), "_type" | "created_at" | "updated_at" | "metadata") {
                put(key, value);
            }
        }
        if let Some(owner) = owner.filter(|_| recorded.is_none()) {
            put(OWNER_KEY, &encode_str(owner.as_str()));
        }
        line.push_str("}\n");
        line
    }

    /// What to write as the beginning: what stands there, unless the original could not read it. Else the first
    /// message's time, else the time of the update.
    fn created(&self, stored: Option<&str>, updated_at: Option<&str>) -> Option<String> {
        let reading = |value: Value| {
            let member = [("created_at".to_owned(), value)].into_iter().collect();
            line::created_at(&member).map(|text| text.map(encode_str))
        };
        let first = || reading(self.first_timestamp.clone().into()).ok().flatten();
        match stored {
            Some(stored) if reading(python_json::parse(stored).unwrap_or_default()).is_ok() => {
                Some(stored.to_owned())
            }
            None if self.metadata.is_some() => None,
            Some(_) | None => first().or(updated_at.map(str::to_owned)),
        }
    }
}

/// The metadata object's text, with the owner in it; none when it is no object. Null becomes one, since it says
/// nothing.
fn with_owner(stored: &str, owner: &SessionKey) -> Option<String> {
    let object = if stored == "null" { "{}" } else { stored };
    let mut written: Vec<String> = members(object)?
        .iter()
        .filter(|member| member.key != OWNER_KEY)
        .map(|member| format!("{}: {}", encode_str(&member.key), member.value))
        .collect();
    written.push(format!("{}: {}", encode_str(OWNER_KEY), encode_str(owner.as_str())));
    Some(format!("{{{}}}", written.join(", ")))
}

/// What follows the first line of a rewritten file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Every byte as it was.
    Kept,
    /// Nothing: the messages are forgotten.
    Dropped,
}

/// Writes `to` in one step: the first line of `from` brought up to date, and what follows it. Both may be the
/// same file.
pub(crate) fn rewrite(
    from: &Path,
    to: &Path,
    owner: Option<&SessionKey>,
    updated_at: Option<&str>,
    rest: Rest,
) -> io::Result<()> {
    let mut old = disk::open_file(from)?;
    let head = read(&old)?;
    let first = head.refreshed(owner, updated_at);
    if first.len() > MAX_LINE_BYTES {
        // It could not be read back, and would count as a message.
        return Err(io::Error::other("the first line would be longer than a line may be"));
    }
    disk::replace(to, |new| {
        io::Write::write_all(new, first.as_bytes())?;
        if rest == Rest::Kept {
            old.seek(SeekFrom::Start(head.rest))?;
            io::copy(&mut old, new)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-02-22T12:00:00";

    fn rewritten(content: &[u8], owner: Option<&str>) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.jsonl");
        std::fs::write(&path, content).unwrap();
        let owner = owner.map(|key| SessionKey::new(key).unwrap());
        rewrite(&path, &path, owner.as_ref(), Some(NOW), Rest::Kept).unwrap();
        std::fs::read(&path).unwrap()
    }

    #[track_caller]
    fn assert_rewritten(content: &[u8], owner: Option<&str>, expected: &[u8]) {
        let found = rewritten(content, owner);
        assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(expected));
        assert_eq!(rewritten(&found, owner), found, "a second refresh changes nothing");
    }

    #[test]
    fn only_the_update_time_and_the_owner_change() {
        assert_rewritten(
            b"{\"_type\": \"metadata\", \"created_at\": \"2025-11-02T10:00:00\", \"updated_at\": \"x\", \"metadata\": {\"n\": 1.50, \"big\": 123456789012345678901234567890}, \"more\": NaN}\n{\"torn\r\n\xff",
            Some("a:b"),
            b"{\"_type\": \"metadata\", \"created_at\": \"2025-11-02T10:00:00\", \"updated_at\": \"2026-02-22T12:00:00\", \"metadata\": {\"n\": 1.50, \"big\": 123456789012345678901234567890, \"nanobot_key\": \"a:b\"}, \"more\": NaN}\n{\"torn\r\n\xff",
        );
    }

    #[test]
    fn a_file_without_metadata_gets_a_first_line() {
        assert_rewritten(
            b"\xef\xbb\xbf\n\n{\"role\": \"user\", \"content\": \"x\", \"timestamp\": \"2025-11-02T10:01:00\"}",
            None,
            b"{\"_type\": \"metadata\", \"created_at\": \"2025-11-02T10:01:00\", \"updated_at\": \"2026-02-22T12:00:00\", \"metadata\": {}}\n{\"role\": \"user\", \"content\": \"x\", \"timestamp\": \"2025-11-02T10:01:00\"}",
        );
        assert_rewritten(
            b"garbage",
            None,
            b"{\"_type\": \"metadata\", \"created_at\": \"2026-02-22T12:00:00\", \"updated_at\": \"2026-02-22T12:00:00\", \"metadata\": {}}\ngarbage",
        );
    }

    #[test]
    fn a_beginning_that_the_original_cannot_read_is_replaced() {
        assert_rewritten(
            b"\r\n{\"_type\": \"metadata\", \"created_at\": \"gestern\", \"metadata\": null}\r\n",
            Some("a:b"),
            b"{\"_type\": \"metadata\", \"created_at\": \"2026-02-22T12:00:00\", \"updated_at\": \"2026-02-22T12:00:00\", \"metadata\": {\"nanobot_key\": \"a:b\"}}\n",
        );
    }

    #[test]
    fn metadata_that_is_no_object_stays_and_the_owner_stands_beside_it() {
        let expected =
            b"{\"_type\": \"metadata\", \"updated_at\": \"2026-02-22T12:00:00\", \"metadata\": [1], \"nanobot_key\": \"a:b\"}\n";
        assert_rewritten(b"{\"_type\": \"metadata\", \"metadata\": [1]}\n", Some("a:b"), expected);
        assert_rewritten(expected, None, expected);
    }
}
