//! What the list of sessions says about one file, and its order. Reads whole files, one line at a time.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use nanobot_core::ids::SessionKey;
use nanobot_core::ports::SessionSummary;
use serde_json::{Map, Value};

use super::head::{self, Head};
use super::line::{self, Line};
use super::names::guess_key;
use super::split::{Found, Lines};
use super::tail;

/// One line of the list; none when no key can be made of the file's name and nobody `claimed` it. A file that cannot be read is
/// listed as empty, so that it does not hide the others.
pub(crate) fn summary(path: &Path, file: String, claimed: Option<SessionKey>) -> Option<SessionSummary> {
    let head = File::open(path).and_then(|file| head::read(&file)).unwrap_or_default();
    let (mut messages, mut last_own) = (0, None);
    // What was counted before an error still counts.
    let _ = each_message(path, |message| {
        messages += 1;
        if let Some(at) = tail::own_timestamp(message) {
            last_own = Some(at.to_owned());
        }
    });
    let Head { owner, created_at, updated_at, .. } = head;
    let stated = || owner.and_then(|owner| SessionKey::new(owner).ok());
    let session = claimed.or_else(stated).or_else(|| guess_key(&file))?;
    // Between two refreshes the last line knows better than the first.
    let updated_at = updated_at.max(last_own);
    Some(SessionSummary { session, file, created_at, updated_at, messages })
}

/// Most recently used first, files that do not say it last, equals by file name.
pub(crate) fn sort(summaries: &mut [SessionSummary]) {
    summaries.sort_by(|a, b| b.updated_at.cmp(&a.updated_at).then_with(|| a.file.cmp(&b.file)));
}

/// How many messages a file holds, incomplete ones included.
pub(crate) fn count_messages(path: &Path) -> io::Result<usize> {
    let mut messages = 0;
    each_message(path, |_| messages += 1)?;
    Ok(messages)
}

fn each_message(path: &Path, mut take: impl FnMut(&Map<String, Value>)) -> io::Result<()> {
    let mut lines = Lines::new(BufReader::new(File::open(path)?));
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
