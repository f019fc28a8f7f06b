//! Whether the log of policy changes still is what was written: row by row against its chain, and the chain against
//! the head that the journal keeps.
//!
//! What it cannot see. Whoever rewrites the log, the chain and the journal alike leaves no trace: nothing here is
//! signed, and all three lie on one machine. Without the journal's head, rows cut off the end of the log *and* of the
//! chain are not missed, and rows whose links were cut off look like rows that the original wrote. A row that the
//! original wrote is protected only from the moment at which it is adopted. It repairs nothing.

use std::fs::File;
use std::path::Path;

use nanobot_core::ports::{ChainHead, StoreError, StoreErrorKind};

use crate::chain::{self, Link, Origin};
use crate::lock::{self, Wait};
use crate::policy_files::{Layout, MAX_CHAIN_BYTES, MAX_CHANGE_LOG_BYTES, content};

mod align;

use align::{Alignment, Finding, Row, align};

const DOING: &str = "verifying the log of policy changes";

/// What came of a look at the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many rows the log has, blank lines included.
    pub rows: u64,
    /// How many of them the chain says were adopted: the original wrote them.
    pub adopted: u64,
    /// How many rows stand behind the last link. The next change adopts them.
    pub unlinked: u64,
    /// Whether a change is half done: its row or link may be there without the other. Recovery puts that right.
    pub unfinished: bool,
    /// The head of the chain, if there is one.
    pub head: Option<ChainHead>,
    /// What does not agree, in the order of the rows. At most as many as log and chain have lines.
    pub faults: Vec<VerifyFault>,
}

/// Something that was tampered with, or lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyFault {
    /// The number of the row, from 1 on. For an added row its line in the log, for all else its line in the chain.
    pub row: u64,
    /// The id of the change, as far as it is known.
    pub id: Option<String>,
    /// What is wrong with it.
    pub what: Difference,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// Its bytes are not those that were linked.
    #[error("the row was changed")]
    Changed,
    /// It is no longer in the log.
    #[error("the row was removed")]
    Removed,
    /// It and the row of this number stand in each other's place.
    #[error("the row was swapped with row {0}")]
    Swapped(u64),
    /// It stands in another place of the log.
    #[error("the row was moved to line {0} of the log")]
    Moved(u64),
    /// It stands among linked rows, and no link is for it.
    #[error("the row was added")]
    Added,
    /// Its line in the chain cannot be read.
    #[error("its link cannot be read")]
    LinkUnreadable,
    /// Its line in the chain does not follow from the one before.
    #[error("its link does not follow from the one before")]
    LinkBroken,
    /// The chain ends before it, and the journal knows of it.
    #[error("the chain ends before it, but the journal knows it")]
    Cut,
    /// The chain has another hash for it than the journal.
    #[error("the journal has another hash for it")]
    Disagrees,
}

/// Compares the log in an audit folder (`policy/audit` beside `policy.json`) with its chain, and the chain with the
/// head that the journal knows, if that is given. Waits up to five seconds for a change that is being made, and
/// writes nothing.
///
/// # Errors
/// When a file is there and cannot be read, or is beyond its limit; `Busy` when a change takes too long.
pub async fn verify(folder: &Path, head: Option<&ChainHead>) -> Result<Verification, StoreError> {
    let layout = Layout::of_audit(folder);
    let head = head.cloned();
    let path = layout.lock();
    let lock = match lock::exclusive(Wait::USUAL, DOING, move || File::open(&path)).await {
        Ok(lock) => Some(lock),
        // There is one as soon as there is a row of ours.
        Err(error) if error.kind == StoreErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let compared = tokio::task::spawn_blocking(move || {
        let _lock = lock;
        let chain = content(&layout.chain(), MAX_CHAIN_BYTES, DOING)?;
        let log = content(&layout.log(), MAX_CHANGE_LOG_BYTES, DOING)?;
        let mut verification = compare(&log, &chain, head.as_ref());
        verification.unfinished = layout.pending().exists() || layout.committed().exists();
        Ok(verification)
    });
    compared.await.map_err(|error| StoreError::backend(DOING, error))?
}

/// Compares the bytes of a log and of its chain.
fn compare(log: &[u8], chain: &[u8], head: Option<&ChainHead>) -> Verification {
    let rows: Vec<Row> = chain::lines(log).map(Row::of).collect();
    let links = chain::read_lines(chain);
    let Alignment { findings, unlinked } = align(&rows, &links);
    let mut faults: Vec<_> = findings.into_iter().map(|finding| fault(finding, &rows, &links)).collect();
    faults.extend(broken_links(&links));
    faults.extend(head.and_then(|head| differs_from(&links, head)));
    faults.sort_by_key(|fault| fault.row);
    Verification {
        rows: rows.len() as u64,
        adopted: links.iter().flatten().filter(|link| link.origin == Origin::Adopted).count() as u64,
        unlinked,
        unfinished: false,
        head: links.last().and_then(Option::as_ref).map(Link::head),
        faults,
    }
}

/// The lines of the chain that do not follow from the one before. Behind a line that cannot be read nobody can tell.
fn broken_links(links: &[Option<Link>]) -> Vec<VerifyFault> {
    let before = std::iter::once(None).chain(links.iter().map(Some));
    let broken = (1..).zip(links).zip(before).filter_map(|((row, link), before)| {
        let Some(link) = link else {
            return Some(VerifyFault { row, id: None, what: Difference::LinkUnreadable });
        };
        let follows = match before {
            None => link.follows(None),
            Some(Some(before)) => link.follows(Some(before)),
            Some(None) => true,
        };
        let is_sound = follows && link.row == row;
        (!is_sound).then(|| VerifyFault { row, id: link.id.clone(), what: Difference::LinkBroken })
    });
    broken.collect()
}

/// Where the chain says something else than the journal.
fn differs_from(links: &[Option<Link>], head: &ChainHead) -> Option<VerifyFault> {
    if head.rows == 0 {
        // Somebody took a log for good that begins anew.
        return None;
    }
    let index = usize::try_from(head.rows).ok().and_then(|rows| rows.checked_sub(1));
    let what = match index.and_then(|index| links.get(index)) {
        None => Difference::Cut,
        Some(Some(link)) if link.hash != head.hash => Difference::Disagrees,
        // One that cannot be read is named already.
        Some(_) => return None,
    };
    Some(VerifyFault { row: head.rows, id: None, what })
}

fn fault(finding: Finding, rows: &[Row], links: &[Option<Link>]) -> VerifyFault {
    let number = |index: usize| index as u64 + 1;
    let linked = |index: usize| links.get(index).and_then(Option::as_ref).and_then(|link| link.id.clone());
    let (row, id, what) = match finding {
        Finding::Changed(link) => (link, linked(link), Difference::Changed),
        Finding::Removed(link) => (link, linked(link), Difference::Removed),
        Finding::Swapped(link, with) => (link, linked(link), Difference::Swapped(number(with))),
        Finding::Moved(link, to) => (link, linked(link), Difference::Moved(number(to))),
        Finding::Added(at) => (at, rows.get(at).and_then(|row| row.id.clone()), Difference::Added),
    };
    VerifyFault { row: number(row), id, what }
}

#[cfg(test)]
mod tests;
