//! What it takes that lines stand at their place in a file, whatever stands there. It decides and writes nothing;
//! reading is `body.rs`, writing is `store/placing.rs`.
//!
//! Who places lines may have died amid it, so the place may hold a part of them. And others may write into the file
//! (a person, the original): what they wrote stays, and the lines come behind it.

use std::io;

use nanobot_core::ports::{Found, SessionEnd};

use super::body::Body;
use super::split::is_line_end;

/// How much of a body's end is searched for lines that are not at their place (8 MiB). Lines are asked for again
/// only until they are known to be on the disk, and at most a thousand turns are written before that is waited for;
/// so this holds them as long as they take 8 KiB each. Beyond it, lines stand in the file twice, and are not lost.
pub(crate) const SEARCHED_BYTES: u64 = 8 * 1024 * 1024;

/// What is to be added at the end of a body, so that lines stand in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// What stands at their place.
    pub(crate) found: Found,
    /// What is missing; empty when nothing is.
    pub(crate) addition: Vec<u8>,
}

/// Plans for a text that is to stand at an offset. Reads at most the text's length there, and what is searched at
/// the end.
pub(crate) fn plan(body: &Body<'_>, text: &str, offset: u64) -> io::Result<Plan> {
    let before = offset.checked_sub(1).map(|before| body.read(before, 1)).transpose()?;
    let there = body.read(offset, text.len() as u64)?;
    let found = match before {
        _ if offset > body.len() => Found::Foreign,
        Some(before) => compare(before.first().copied(), &there, text),
        None => compare(None, &there, text),
    };
    let addition = match found {
        Found::Nothing | Found::Part | Found::All => {
            text.as_bytes().get(there.len()..).unwrap_or_default().to_vec()
        }
        Found::Foreign => {
            // One byte more shows whether the first line is whole.
            let from = body.len().saturating_sub(SEARCHED_BYTES + 1);
            separated(body.end()?, missing(&body.read(from, u64::MAX)?, from == 0, text))
        }
    };
    Ok(Plan { found, addition })
}

/// Compares a text with what stands at its offset: all there is, or as much as the text is long. `before` is the
/// byte before it; none at the beginning of the body.
fn compare(before: Option<u8>, there: &[u8], text: &str) -> Found {
    let begins_a_line = text.starts_with('\n') || before.is_none_or(is_line_end);
    if !begins_a_line || !text.as_bytes().starts_with(there) {
        Found::Foreign
    } else if there.len() == text.len() {
        Found::All
    } else if there.is_empty() {
        Found::Nothing
    } else {
        Found::Part
    }
}

/// What an ending of a body lacks of a text: the lines behind those that stand whole in it, in this order, whatever
/// stands between them. Of a last line that lacks its end only, that end. No two turns have the same lines, since
/// each carries its time to the microsecond.
fn missing<'a>(ending: &[u8], begins_a_line: bool, text: &'a str) -> &'a str {
    let mut missing = text.strip_prefix('\n').unwrap_or(text);
    let mut lines = ending.split_inclusive(|byte| is_line_end(*byte));
    if !begins_a_line {
        lines.next();
    }
    for line in lines {
        let Some((next, rest)) = missing.split_once('\n') else { break };
        let whole = line.strip_suffix(b"\n").or(line.strip_suffix(b"\r"));
        if whole == Some(next.as_bytes()) {
            missing = rest;
        } else if line == next.as_bytes() {
            return missing.strip_prefix(next).unwrap_or(missing);
        }
    }
    missing
}

/// The lines as they are added behind such an end. A torn line gets its end first, so that it stays by itself.
fn separated(end: SessionEnd, lines: &str) -> Vec<u8> {
    let is_apart = !end.torn || lines.is_empty() || lines.starts_with('\n');
    let separator = if is_apart { "" } else { "\n" };
    [separator, lines].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &str = "{one}\n{two}\n";

    fn planned(body: &[u8], text: &str, offset: u64) -> (Found, String) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"{head}\n").unwrap();
        file.write_all(body).unwrap();
        let Plan { found, addition } = plan(&Body::of(&file, 7).unwrap(), text, offset).unwrap();
        (found, String::from_utf8(addition).unwrap())
    }

    #[track_caller]
    fn assert_planned(body: &str, offset: u64, found: Found, addition: &str) {
        assert_eq!(planned(body.as_bytes(), TEXT, offset), (found, addition.to_owned()), "{body:?}");
    }

    #[test]
    fn at_their_place_only_what_is_missing_is_added() {
        assert_planned("", 0, Found::Nothing, TEXT);
        assert_planned("{zero}\r\n", 8, Found::Nothing, TEXT);
        for cut in 1..TEXT.len() {
            let (there, missing) = TEXT.split_at(cut);
            assert_planned(&format!("x\r{there}"), 2, Found::Part, missing);
        }
        assert_planned("x\n{one}\n{two}\n", 2, Found::All, "");
        assert_planned("x\n{one}\n{two}\nmore", 2, Found::All, "");
    }

    #[test]
    fn behind_what_others_wrote_only_missing_lines_are_added() {
        assert_planned("others\n", 0, Found::Foreign, TEXT);
        assert_planned("others", 0, Found::Foreign, "\n{one}\n{two}\n");
        assert_planned("short\n", 50, Found::Foreign, TEXT);
        assert_planned("others\n{one}\n{tw", 0, Found::Foreign, "\n{two}\n");
        assert_planned("{one}\n{twothers\n", 0, Found::Foreign, "{two}\n");
        assert_planned("{one}\nothers\n{two}\nothers", 0, Found::Foreign, "");
        assert_planned("x\n{one}\r\n{two}\r\n", 2, Found::Foreign, "");
        assert_planned("others\n{one}", 0, Found::Foreign, "\n{two}\n");
        assert_planned("others\n{one}\nothers\n{two}", 0, Found::Foreign, "\n");
        assert_planned("others{one}\n{two}\n", 0, Found::Foreign, TEXT);
        assert_planned("{two}\n{one}\n", 0, Found::Foreign, "{two}\n");
    }

    #[test]
    fn lines_never_go_on_amid_a_line_of_others() {
        assert_planned("torn", 4, Found::Foreign, "\n{one}\n{two}\n");
        assert_planned("torn{one}\n{two}\n", 4, Found::Foreign, TEXT);
        let behind_a_torn_line = |body: &[u8], offset| planned(body, &format!("\n{TEXT}"), offset);
        assert_eq!(behind_a_torn_line(b"torn", 4), (Found::Nothing, format!("\n{TEXT}")));
        assert_eq!(behind_a_torn_line(b"torn\n", 4), (Found::Part, TEXT.to_owned()));
        assert_eq!(behind_a_torn_line(b"torn\n{one}\n{two}\n", 4), (Found::All, String::new()));
        assert_eq!(behind_a_torn_line(b"no longer torn\n", 4), (Found::Foreign, TEXT.to_owned()));
        assert_eq!(
            behind_a_torn_line(b"other{one}\n{two}\n{one}\n{two}\n", 4),
            (Found::Foreign, String::new())
        );
    }

    #[test]
    fn lines_are_searched_as_far_as_it_says() {
        let searched = usize::try_from(SEARCHED_BYTES).unwrap();
        let body = |behind: usize| {
            let mut body = vec![b'x'; 100];
            body.push(b'\n');
            body.extend_from_slice(TEXT.as_bytes());
            body.resize(body.len() + behind, b'\n');
            body
        };
        let within = body(searched - TEXT.len());
        assert_eq!(planned(&within, TEXT, 0), (Found::Foreign, String::new()));
        let beyond = body(searched - TEXT.len() + 1);
        assert_eq!(planned(&beyond, TEXT, 0), (Found::Foreign, TEXT.to_owned()));
    }
}
