//! What a crash left of a change: finished when it was prepared in full, else taken back.
//!
//! Every step may be interrupted and begun again. Whether log, chain and journal belong together is not looked at
//! here.

use std::io;
use std::path::Path;

use super::act::Act;
use super::layout::{MAX_CHANGE_LOG_BYTES, MAX_POLICY_BYTES};
use super::{Intent, Layout};
use crate::{disk, hex, rows};

impl Act<'_> {
    /// Makes whole or takes back what is half done. Does nothing when nothing is.
    pub(super) fn settle(&self) -> io::Result<()> {
        if let Some(intent) = Intent::load(&self.layout.committed())? {
            self.finish(&intent)?;
        }
        self.take_back()
    }

    /// Takes back a change that did not take effect, if there is one.
    pub(super) fn take_back(&self) -> io::Result<()> {
        let Self { layout, disk } = self;
        if let Some(intent) = Intent::load(&layout.committed())?
            && Layout::prepared(&layout.target(), &intent.id).try_exists()?
        {
            disk.rename(&layout.committed(), &layout.pending())?;
        }
        if let Some(intent) = Intent::load(&layout.pending())? {
            disk.cut(&layout.chain(), intent.chain_len)?;
            self.take_row_out(&intent)?;
            disk.remove(&layout.backup(&intent.id))?;
            disk.remove(&Layout::prepared(&layout.target(), &intent.id))?;
            disk.remove(&layout.pending())?;
        }
        disk.remove(&layout.new_pending())?;
        disk.remove(&layout.new_log())
    }

    /// Exchanges the document for the prepared one, unless that was done before the crash. When somebody else wrote
    /// the document in the meantime, theirs stands, and the change is left to be taken back.
    fn finish(&self, intent: &Intent) -> io::Result<()> {
        let target = self.layout.target();
        let prepared = Layout::prepared(&target, &intent.id);
        if prepared.try_exists()? {
            let now = hash_of(&target)?;
            let is_ours = now == intent.before || now.as_ref() == Some(&intent.after);
            if !is_ours || hash_of(&prepared)?.as_ref() != Some(&intent.after) {
                return Ok(());
            }
            self.disk.rename(&prepared, &target)?;
        }
        self.disk.remove(&self.layout.committed())
    }

    fn take_row_out(&self, intent: &Intent) -> io::Result<()> {
        let path = self.layout.log();
        let Some((log, like)) = disk::read(&path, MAX_CHANGE_LOG_BYTES)? else { return Ok(()) };
        match without_row(&log, intent) {
            Remedy::Nothing => Ok(()),
            Remedy::Cut => self.disk.cut(&path, intent.log_len),
            Remedy::Replace(log) => {
                self.disk.create(&self.layout.new_log(), &log, Some(&like))?;
                self.disk.rename(&self.layout.new_log(), &path)
            }
        }
    }
}

/// How a row comes out of a log.
#[derive(Debug, PartialEq, Eq)]
enum Remedy {
    /// It is not there.
    Nothing,
    /// It is the last thing there, perhaps torn.
    Cut,
    /// Somebody added rows behind it: this is the log without it.
    Replace(Vec<u8>),
}

/// Takes a row out of a log to which others may have added since: after a crash the original may have run for a
/// while, which knows nothing of intents.
fn without_row(log: &[u8], intent: &Intent) -> Remedy {
    let place = usize::try_from(intent.log_len).unwrap_or(usize::MAX);
    let Some((before, behind)) = log.split_at_checked(place) else { return Remedy::Nothing };
    let ours = intent.row.as_bytes();
    if behind.is_empty() {
        return Remedy::Nothing;
    }
    if ours.starts_with(behind) {
        return Remedy::Cut;
    }
    let Some(foreign) = foreign(behind, ours) else { return Remedy::Nothing };
    let separator: &[u8] = if ours.starts_with(b"\n") { b"\n" } else { b"" };
    Remedy::Replace([before, separator, foreign].concat())
}

/// What stands behind our row, or behind the piece of it that was written. None when not even a piece was: two rows
/// begin alike, so that a piece is one only when a whole row of somebody else follows it.
fn foreign<'a>(behind: &'a [u8], ours: &[u8]) -> Option<&'a [u8]> {
    if let Some(rest) = behind.strip_prefix(ours) {
        return Some(rest);
    }
    let common = behind.iter().zip(ours).take_while(|(there, our)| there == our).count();
    (1..=common).rev().filter_map(|place| behind.get(place..)).find(|rest| {
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        line.starts_with(b"{") && rows::id_of(line).is_some()
    })
}

fn hash_of(path: &Path) -> io::Result<Option<String>> {
    Ok(disk::read(path, MAX_POLICY_BYTES)?.map(|(bytes, _)| hex::sha256(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"{"id":"00000000000000000000000000000001","x":"{y}"}"#;
    const THEIRS: &str = r#"{"id":"0000000000000000000000000000000a","x":1}"#;

    fn left(behind: &str, separator: &str) -> Remedy {
        let before = if separator.is_empty() { "first\n" } else { "first" };
        let intent = Intent::new("", format!("{separator}{OURS}\n"), before.len() as u64, 0);
        without_row(format!("{before}{behind}").as_bytes(), &intent)
    }

    #[test]
    fn a_row_at_the_end_is_cut_off_also_a_torn_one() {
        for end in 1..=OURS.len() {
            assert_eq!(left(OURS.split_at(end).0, ""), Remedy::Cut);
        }
        assert_eq!(left(&format!("{OURS}\n"), ""), Remedy::Cut);
        assert_eq!(left("\n", "\n"), Remedy::Cut, "of which there is only the end of the torn row before");
        assert_eq!(left("", ""), Remedy::Nothing);
    }

    #[test]
    fn rows_that_others_added_stay_whole() {
        let whole = |separator: &str| Remedy::Replace(format!("first{separator}{THEIRS}\n").into_bytes());
        assert_eq!(left(&format!("{OURS}\n{THEIRS}\n"), ""), whole("\n"));
        assert_eq!(
            left(&format!("\n{OURS}\n{THEIRS}\n"), "\n"),
            whole("\n"),
            "the torn row before stays by itself"
        );
        assert_eq!(left(&format!("{THEIRS}\n"), ""), Remedy::Nothing, "ours was never there");
        for end in 1..OURS.len() {
            assert_eq!(
                left(&format!("{}{THEIRS}\n", OURS.split_at(end).0), ""),
                whole("\n"),
                "a piece of {end} bytes"
            );
        }
        assert_eq!(left("an operator's note\n", ""), Remedy::Nothing);
    }

    #[test]
    fn a_log_that_was_cut_before_the_place_stays_as_it_is() {
        assert_eq!(without_row(b"fir", &Intent::new("", format!("{OURS}\n"), 6, 0)), Remedy::Nothing);
    }
}
