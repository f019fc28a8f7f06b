//! Which row of a log belongs to which link of its chain, and what that says of those that do not fit.
//!
//! It finds the least that explains the difference: two rows that changed places, a row that moved, one that was
//! changed, removed or added. It looks at hashes, not into rows.

use std::collections::HashMap;

use crate::chain::Link;
use crate::{hex, rows};

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The hash of its bytes.
    pub(super) sha256: String,
    /// The id that it claims.
    pub(super) id: Option<String>,
}

impl Row {
    pub(super) fn of(line: &[u8]) -> Self {
        Self { sha256: hex::sha256(line), id: rows::id_of(line) }
    }
}

/// One row or link that does not fit. Numbers are indexes: into the links, or into the lines of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// The row of this link has other bytes.
    Changed(usize),
    /// The row of this link is not there.
    Removed(usize),
    /// The rows of these links stand in each other's place.
    Swapped(usize, usize),
    /// The row of this link stands at this line.
    Moved(usize, usize),
    /// This line has no link.
    Added(usize),
}

/// What does not fit.
#[derive(Debug, Default)]
pub(super) struct Alignment {
    pub(super) findings: Vec<Finding>,
    /// How many rows stand behind the last link.
    pub(super) unlinked: u64,
}

/// Compares rows with links.
pub(super) fn align(rows: &[Row], links: &[Option<Link>]) -> Alignment {
    let mut found = Alignment::default();
    let owner = owners(rows, links);
    // In each other's place: both are at home then, so that nothing else is said of them.
    let at_home: Vec<Option<usize>> = owner
        .iter()
        .enumerate()
        .map(|(line, link)| {
            let with = (*link)?;
            if with != line && owner.get(with).copied().flatten() == Some(line) {
                found.findings.push(Finding::Swapped(line, with));
                return Some(line);
            }
            Some(with)
        })
        .collect();
    let stays = longest_rising(&at_home);
    let mut has_row = vec![false; links.len()];
    for link in at_home.iter().flatten() {
        if let Some(mark) = has_row.get_mut(*link) {
            *mark = true;
        }
    }
    let mut gap = Gap::default();
    for (line, link) in at_home.iter().enumerate() {
        match link {
            Some(link) if stays.get(line) == Some(&true) => {
                gap.close(Some(*link), links, &has_row, &mut found);
            }
            Some(link) => found.findings.push(Finding::Moved(*link, line)),
            None => gap.strangers.push(line),
        }
    }
    gap.close(None, links, &has_row, &mut found);
    found
}

/// For each line the link that has its hash. Equal rows get their links in order, each one its own.
fn owners(rows: &[Row], links: &[Option<Link>]) -> Vec<Option<usize>> {
    let mut by_hash: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, link) in links.iter().enumerate().rev() {
        if let Some(link) = link {
            by_hash.entry(&link.sha256).or_default().push(index);
        }
    }
    rows.iter().map(|row| by_hash.get_mut(row.sha256.as_str()).and_then(Vec::pop)).collect()
}

/// Marks the lines of a longest sequence whose links rise: those stayed where they were, the others moved.
fn longest_rising(links: &[Option<usize>]) -> Vec<bool> {
    // For each length the line that ends the best sequence of that length; for each line the one before it.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; links.len()];
    for (line, link) in links.iter().enumerate() {
        let Some(link) = *link else { continue };
        let length = ends.partition_point(|(end, _)| *end < link);
        if let (Some(slot), Some(shorter)) = (before.get_mut(line), length.checked_sub(1)) {
            *slot = ends.get(shorter).map(|(_, line)| *line);
        }
        match ends.get_mut(length) {
            Some(end) => *end = (link, line),
            None => ends.push((link, line)),
        }
    }
    let mut stays = vec![false; links.len()];
    let mut at = ends.last().map(|(_, line)| *line);
    while let Some(line) = at {
        if let Some(mark) = stays.get_mut(line) {
            *mark = true;
        }
        at = before.get(line).copied().flatten();
    }
    stays
}

/// What lies between two rows that stayed where they were.
#[derive(Default)]
struct Gap {
    /// The first link that is not yet accounted for.
    from: usize,
    /// Lines without a link.
    strangers: Vec<usize>,
}

impl Gap {
    /// Pairs the links of the gap that have no row with the lines that have no link: those were changed. What is
    /// left over was removed, or added; behind the last link it is only not linked yet.
    fn close(
        &mut self,
        until: Option<usize>,
        links: &[Option<Link>],
        has_row: &[bool],
        found: &mut Alignment,
    ) {
        let end = until.unwrap_or(links.len());
        let mut strangers = std::mem::take(&mut self.strangers).into_iter();
        for link in self.from..end {
            // A row that moved away is named where it went.
            if has_row.get(link) == Some(&true) {
                continue;
            }
            let is_readable = links.get(link).is_some_and(Option::is_some);
            match (strangers.next(), is_readable) {
                (Some(_), true) => found.findings.push(Finding::Changed(link)),
                (None, true) => found.findings.push(Finding::Removed(link)),
                // Its line in the chain is what is wrong.
                (_, false) => {}
            }
        }
        match until {
            Some(link) => {
                found.findings.extend(strangers.map(Finding::Added));
                self.from = link + 1;
            }
            None => found.unlinked = strangers.len() as u64,
        }
    }
}
