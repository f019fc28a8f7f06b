//! The end of a session file: the last messages, read backwards, so that a long file costs no more than a
//! short one. It reads only; who may see the file is decided before.

use std::fs::File;
use std::io;

use nanobot_core::ports::HistoryMessage;
use serde_json::{Map, Value};

use super::line::{self, Line};
use super::split::{MAX_LINE_BYTES, is_line_end};

/// How much of a file's end is looked at for history, at most (8 MiB). Messages before that are not found,
/// however many were asked for; nor is a last message that is longer than that.
///
/// A message from a chat has at most 65,536 characters. One of them takes 1 byte in a file if it is ASCII (2 as
/// quote, backslash or line end), 6 if it is another one of the Basic Multilingual Plane (`\u00fc`), 12 if it is
/// beyond (an emoji: two of these). With 200 bytes around it, the longest message takes 131,272 bytes at most of
/// the first sort, 393,416 of the second and 786,632 of the third. So a window holds 63, 21 and 10 of them: more
/// than the 50 that a prompt takes of plain text, fewer if each message is as long as can be and none is English.
/// Of messages of up to 13,964 characters, 50 fit in whatever they say.
pub const MAX_HISTORY_WINDOW: u64 = 8 * 1024 * 1024;

/// How much is read at first; fifty usual messages fit in.
const FIRST_WINDOW: u64 = 64 * 1024;

/// The last `limit` complete messages, oldest first.
pub(crate) fn last_messages(file: &File, limit: usize) -> io::Result<Vec<HistoryMessage>> {
    last(file, limit, MAX_HISTORY_WINDOW, |message| line::history_message(&message).ok())
}

/// The timestamp of the last message that we wrote, as stored, if it lies within the last 64 KiB.
pub(crate) fn last_own_timestamp(file: &File) -> io::Result<Option<String>> {
    let mut found = last(file, 1, FIRST_WINDOW, |message| own_timestamp(&message).map(str::to_owned))?;
    Ok(found.pop())
}

/// The timestamp of a message, when it is one of ours.
pub(crate) fn own_timestamp(message: &Map<String, Value>) -> Option<&str> {
    message.get(line::LABEL_KEY)?;
    message.get("timestamp")?.as_str()
}

fn last<T>(
    file: &File,
    limit: usize,
    most: u64,
    pick: impl Fn(Map<String, Value>) -> Option<T>,
) -> io::Result<Vec<T>> {
    let len = file.metadata()?.len();
    let mut window = FIRST_WINDOW.min(most);
    loop {
        let start = len.saturating_sub(window);
        let bytes = read_from(file, start, len)?;
        let mut found: Vec<T> = whole_lines(&bytes, start)
            .rsplit(|byte| is_line_end(*byte))
            .filter(|line| line.len() <= MAX_LINE_BYTES)
            .filter_map(|line| match line::decode(line) {
                Ok(Line::Message(message)) => pick(message),
                Ok(Line::Blank | Line::Metadata(_)) | Err(_) => None,
            })
            .take(limit)
            .collect();
        if found.len() == limit || start == 0 || window >= most {
            found.reverse();
            return Ok(found);
        }
        window = (window * 4).min(most);
    }
}

/// What lies between two places of the file. Shorter if the file was cut in the meantime.
pub(crate) fn read_from(file: &File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    use std::io::{Read, Seek, SeekFrom};

    let mut reader = file;
    reader.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    reader.take(end - start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Drops the piece of a line that a window begins with, and the byte order mark of a file.
fn whole_lines(bytes: &[u8], start: u64) -> &[u8] {
    if start == 0 {
        return line::without_mark(bytes);
    }
    match bytes.iter().position(|byte| is_line_end(*byte)) {
        Some(at) => bytes.get(at..).unwrap_or_default(),
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use nanobot_core::Label;
    use nanobot_core::intent::{SessionLine, SessionRole};
    use nanobot_core::time::civil;

    use super::*;

    fn file_of(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    #[test]
    fn the_last_messages_come_oldest_first_from_a_file_of_many_windows() {
        let mut content = Vec::new();
        for n in 0..20_000 {
            write!(content, "{{\"role\": \"user\", \"content\": \"{n}\"}}\r\n").unwrap();
        }
        content.extend_from_slice(b"{\"role\": \"user\", \"con");
        let file = file_of(&content);
        for limit in [0, 1, 50, 15_000, 20_000, 30_000] {
            let found = last_messages(&file, limit).unwrap();
            assert_eq!(found.len(), limit.min(20_000));
            assert_eq!(found.last().map(|m| m.content.as_str()), (limit > 0).then_some("19999"));
        }
    }

    #[test]
    fn a_message_longer_than_the_first_window_is_found() {
        let long = "x".repeat(300_000);
        let file = file_of(format!("{{\"role\": \"user\", \"content\": \"{long}\"}}\nnoise\n").as_bytes());
        assert_eq!(last_messages(&file, 50).unwrap().first().map(|m| m.content.len()), Some(300_000));
    }

    #[test]
    fn a_window_holds_as_many_of_the_longest_messages_as_it_says() {
        for (c, expected) in [('x', 120), ('\n', 63), ('ü', 21), ('🎉', 10)] {
            let longest = SessionLine {
                role: SessionRole::Assistant,
                content: String::from(c).repeat(65_536),
                at: civil::date(2026, 2, 22).at(12, 0, 10, 123_456_000),
                labels: Label::Owner.into(),
            };
            let file = file_of(line::message_line(&longest).repeat(120).as_bytes());
            let found = last_messages(&file, 120).unwrap();
            assert_eq!(found.len(), expected, "{c:?}");
            assert!(found.iter().all(|message| message.content == longest.content));
        }
    }

    #[test]
    fn only_lines_of_ours_have_an_own_timestamp() {
        let file = file_of(
            b"{\"role\": \"user\", \"content\": \"x\", \"timestamp\": \"2026-01-01T00:00:00\", \"nanobot_label\": \"\"}\n\
              {\"role\": \"user\", \"content\": \"x\", \"timestamp\": \"2027-01-01T00:00:00\"}\n",
        );
        assert_eq!(last_own_timestamp(&file).unwrap().as_deref(), Some("2026-01-01T00:00:00"));
        assert_eq!(last_own_timestamp(&file_of(b"")).unwrap(), None);
    }
}
