//! What the list of sessions says about one file, and its order. Reads whole files, one line at a time.

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};

use nanobot_core::ids::SessionKey;
use nanobot_core::ports::SessionSummary;
use serde_json::{Map, Value};

use super::head::Head;
use super::line::{self, Line};
use super::located::Counting;
use super::names::guess_key;
use super::split::{Found, Lines};
use super::tail;

/// One line of the list; none when the file does not say whose it is and no key can be made of its name. A
/// file that cannot be read to its end is listed with what was counted, so that it does not hide the others.
pub(crate) fn summary(counting: Counting) -> Option<SessionSummary> {
    let Counting { name, file, head, .. } = counting;
    let (mut messages, mut last_own) = (0, None);
    // What was counted before an error still counts.
    let _ = each_message(&file, |message| {
        messages += 1;
        if let Some(at) = tail::own_timestamp(message) {
            last_own = Some(at.to_owned());
        }
    });
    let Head { owner, created_at, updated_at, .. } = head;
    let session = owner.and_then(|owner| SessionKey::new(owner).ok()).or_else(|| guess_key(&name))?;
    // Between two refreshes the last line knows better than the first.
    let updated_at = updated_at.max(last_own);
    Some(SessionSummary { session, file: name, created_at, updated_at, messages })
}

/// The line of a file that cannot be read at all: as if it were empty.
pub(crate) fn unreadable(file: String) -> Option<SessionSummary> {
    let session = guess_key(&file)?;
    Some(SessionSummary { session, file, created_at: None, updated_at: None, messages: 0 })
}

/// Most recently used first, files that do not say it last, equals by file name.
pub(crate) fn sort(summaries: &mut [SessionSummary]) {
    summaries.sort_by(|a, b| b.updated_at.cmp(&a.updated_at).then_with(|| a.file.cmp(&b.file)));
}

/// How many messages a file holds, incomplete ones included.
pub(crate) fn count_messages(file: &File) -> io::Result<usize> {
    let mut messages = 0;
    each_message(file, |_| messages += 1)?;
    Ok(messages)
}

fn each_message(file: &File, mut take: impl FnMut(&Map<String, Value>)) -> io::Result<()> {
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0))?;
    let mut lines = Lines::new(reader);
    let mut buffer = Vec::new();
    let mut first = true;
    loop {
        match lines.next_into(&mut buffer)? {
            Found::End => return Ok(()),
            Found::TooLong => {}
            Found::Line => {
                let bytes = if first { line::without_mark(&buffer) } else { &buffer };
                if let Ok(Line::Message(message)) = line::decode(bytes) {
                    take(&message);
                }
            }
        }
        first = false;
    }
}
