//! The chain that links the rows of the log of changes: one line per row, each with a hash over all rows before it.
//!
//! The hash of row n is SHA-256 over the hash of row n-1 (64 zeros before the first), the number n in decimal digits
//! and the SHA-256 of the row's bytes without their line end, all of it as text, hashes in lower-case hex; for a row
//! that was adopted the word `adopted` follows. A person can so recompute it with `sha256sum`.
//!
//! It reads and makes lines and knows no file. What differs between a log and its chain is `verify.rs`'s business.

use nanobot_core::ports::ChainHead;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::ChainError;
use crate::hex;
use crate::rows::id_of;

/// The version of the lines that this code writes.
const LINE_VERSION: u32 = 1;

/// What stands before the first hash.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Whether we wrote a row, or found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// We wrote the row and its link in one act.
    Ours,
    /// The row was there without a link: the original wrote it, before us or in between.
    Adopted,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The row's number, from 1 on; blank lines of the log count.
    pub(crate) row: u64,
    /// The row's id, if it had one. Not covered by the hash itself, but the row it is in is.
    pub(crate) id: Option<String>,
    /// The hash of the row's bytes.
    pub(crate) sha256: String,
    /// The hash over all rows up to this one.
    pub(crate) hash: String,
    pub(crate) origin: Origin,
}

/// A link as it is stored. Fields are added, never changed.
#[derive(Serialize, Deserialize)]
struct Line {
    v: u32,
    row: u64,
    id: Option<String>,
    sha256: String,
    hash: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    adopted: bool,
}

impl Link {
    /// The link of a row behind this one.
    pub(crate) fn of(row: &[u8], before: Option<&Self>, origin: Origin) -> Self {
        let number = before.map_or(1, |link| link.row.saturating_add(1));
        let sha256 = hex::sha256(row);
        let hash = hash(before, number, &sha256, origin);
        Self { row: number, id: id_of(row), sha256, hash, origin }
    }

    /// Whether it follows from the one before.
    pub(crate) fn follows(&self, before: Option<&Self>) -> bool {
        self.row == before.map_or(1, |link| link.row.saturating_add(1))
            && self.hash == hash(before, self.row, &self.sha256, self.origin)
    }

    /// The head of a chain that ends here.
    pub(crate) fn head(&self) -> ChainHead {
        ChainHead { rows: self.row, hash: self.hash.clone() }
    }

    /// Its line, with the line end.
    pub(crate) fn line(&self) -> Result<String, serde_json::Error> {
        let Self { row, id, sha256, hash, origin } = self.clone();
        let line = Line { v: LINE_VERSION, row, id, sha256, hash, adopted: origin == Origin::Adopted };
        Ok(serde_json::to_string(&line)? + "\n")
    }

    fn read(line: &[u8]) -> Option<Self> {
        let Line { v, row, id, sha256, hash, adopted } = serde_json::from_slice(line).ok()?;
        let origin = if adopted { Origin::Adopted } else { Origin::Ours };
        (v == LINE_VERSION).then_some(Self { row, id, sha256, hash, origin })
    }
}

fn hash(before: Option<&Link>, number: u64, sha256: &str, origin: Origin) -> String {
    let before = before.map_or(NO_HASH, |link| &link.hash);
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(number.to_string());
    hasher.update(sha256);
    if origin == Origin::Adopted {
        hasher.update("adopted");
    }
    hex::of(&hasher.finalize())
}

/// The links of a chain file, line by line; none for a line that cannot be read.
pub(crate) fn read_lines(bytes: &[u8]) -> Vec<Option<Link>> {
    lines(bytes).map(Link::read).collect()
}

/// The links of a chain file in which each follows from the one before.
///
/// # Errors
/// When one does not, or cannot be read.
pub(crate) fn read_whole(bytes: &[u8]) -> Result<Vec<Link>, ChainError> {
    let mut links: Vec<Link> = Vec::new();
    for (number, link) in (1..).zip(read_lines(bytes)) {
        let link = link.ok_or(ChainError::Unreadable(number))?;
        if !link.follows(links.last()) {
            return Err(ChainError::Broken(number));
        }
        links.push(link);
    }
    if bytes.last().is_some_and(|last| *last != b'\n') {
        return Err(ChainError::Unreadable(links.len() as u64));
    }
    Ok(links)
}

/// The lines of a file, without their ends. A last one without an end is one too.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

/// Whether what the journal knows of a chain is true of it. The journal may lag behind: its head is stored after an
/// act.
///
/// # Errors
/// When the journal knows more rows, or another hash at its place.
pub(crate) fn agrees(links: &[Link], known: &ChainHead) -> Result<(), ChainError> {
    if known.rows == 0 {
        // Somebody took a log for good that begins anew.
        return Ok(());
    }
    let place = known.rows.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    match place.and_then(|place| links.get(place)) {
        Some(link) if link.hash == known.hash => Ok(()),
        Some(_) => Err(ChainError::Disagrees(known.rows)),
        None => Err(ChainError::ChainCut { links: links.len() as u64, known: known.rows }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

    fn chain(rows: &[&str]) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for row in rows {
            let origin = if links.is_empty() { Origin::Adopted } else { Origin::Ours };
            links.push(Link::of(row.as_bytes(), links.last(), origin));
        }
        links
    }

    fn text(links: &[Link]) -> String {
        links.iter().map(|link| link.line().unwrap()).collect()
    }

    #[test]
    fn the_hash_can_be_recomputed_by_hand() {
        let links = chain(&[ROW, "x"]);
        let first = format!("{NO_HASH}1{}adopted", hex::sha256(ROW.as_bytes()));
        assert_eq!(links[0].hash, hex::sha256(first.as_bytes()));
        let second = format!("{}2{}", links[0].hash, hex::sha256(b"x"));
        assert_eq!(links[1].hash, hex::sha256(second.as_bytes()));
    }

    #[test]
    fn lines_keep_their_shape_and_read_back() {
        let links = chain(&[ROW, "x"]);
        let text = text(&links);
        assert_eq!(
            text.lines().next().unwrap(),
            concat!(
                r#"{"v":1,"row":1,"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","#,
                r#""sha256":"e3bc6bc8c21227c5175fec48526d8340a8aaa28844a42646b4eb67b0dac0be02","#,
                r#""hash":"a295ca96cbf1909d853606affd091cd52d19e8abb21a1aef350f685913eef60b","adopted":true}"#
            )
        );
        assert!(!text.lines().nth(1).unwrap().contains("adopted"));
        assert_eq!(read_whole(text.as_bytes()).unwrap(), links);
    }

    #[test]
    fn a_chain_that_was_touched_names_the_line() {
        let whole = text(&chain(&["a", "b", "c"]));
        let lines: Vec<&str> = whole.lines().collect();
        let without_mark = whole.replace(",\"adopted\":true", "");
        for (bytes, error) in [
            (without_mark, ChainError::Broken(1)),
            (format!("{}\n{}\n", lines[0], lines[2]), ChainError::Broken(2)),
            (format!("{}\n\n{}\n", lines[0], lines[1]), ChainError::Unreadable(2)),
            (whole.replace("\"v\":1,\"row\":2", "\"v\":2,\"row\":2"), ChainError::Unreadable(2)),
            (whole.trim_end().to_owned(), ChainError::Unreadable(3)),
        ] {
            assert_eq!(read_whole(bytes.as_bytes()).unwrap_err(), error, "{bytes}");
        }
    }

    #[test]
    fn the_journal_may_lag_but_not_lead_nor_disagree() {
        let links = chain(&["a", "b"]);
        for link in &links {
            agrees(&links, &link.head()).unwrap();
        }
        let known = links[1].head();
        assert_eq!(agrees(&links[..1], &known), Err(ChainError::ChainCut { links: 1, known: 2 }));
        let other = chain(&["a", "x"]);
        assert_eq!(agrees(&other, &known), Err(ChainError::Disagrees(2)));
    }
}
