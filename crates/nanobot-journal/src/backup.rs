//! The copy of a journal that stays beside it when it is brought to a newer version: its name, its file, and when it
//! goes again. What is copied into it is not known here. Blocking.
//!
//! There is one at most. It holds words, so it goes when a session is forgotten, and after a week.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::Offset;
use nanobot_core::time::{Timestamp, civil};

use crate::file::folder_of;

/// A backup is kept so long: who wants to go back to the older program knows it within a week.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// The instant in a name, UTC.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// What stands beside a journal.
struct Found {
    path: PathBuf,
    state: State,
}

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It was never finished, or is in the making.
    Part,
    /// It was finished at this time.
    Made(Timestamp),
}

/// An empty private file, to become the backup. What an earlier attempt left is removed first.
///
/// # Errors
/// When a file cannot be removed or made.
pub(crate) fn begin(journal: &Path, version: i64) -> io::Result<PathBuf> {
    for unfinished in find(journal)?.into_iter().filter(|found| found.state == State::Part) {
        fs::remove_file(unfinished.path)?;
    }
    let part = beside(journal, &format!(".v{version}.part"));
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    Ok(part)
}

/// Gives the finished file its name, once it is on the disk, and removes earlier backups. The instant in the name is
/// the file system's, of the last write.
///
/// # Errors
/// When it cannot be synced or named, or an earlier one not removed.
pub(crate) fn keep(part: &Path, journal: &Path, version: i64) -> io::Result<PathBuf> {
    let file = File::open(part)?;
    file.sync_all()?;
    let made = Timestamp::try_from(file.metadata()?.modified()?).map_err(io::Error::other)?;
    let name = beside(journal, &format!(".v{version}-{}.bak", made.strftime(TIME)));
    fs::rename(part, &name)?;
    sync_folder(journal)?;
    for earlier in find(journal)?.into_iter().filter(|found| found.path != name) {
        fs::remove_file(earlier.path)?;
    }
    Ok(name)
}

/// Removes all backups, finished or not.
///
/// # Errors
/// When one cannot be removed.
pub(crate) fn remove(journal: &Path) -> io::Result<()> {
    remove_those(journal, |_| true)
}

/// Removes a backup whose time has come, and one that was never finished.
///
/// # Errors
/// When one cannot be removed.
pub(crate) fn remove_old(journal: &Path, now: Timestamp) -> io::Result<()> {
    let oldest = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    remove_those(journal, |found| match found.state {
        State::Part => true,
        State::Made(made) => made < oldest,
    })
}

fn remove_those(journal: &Path, is_due: impl Fn(&Found) -> bool) -> io::Result<()> {
    let due: Vec<Found> = find(journal)?.into_iter().filter(is_due).collect();
    if due.is_empty() {
        return Ok(());
    }
    due.into_iter().try_for_each(|found| fs::remove_file(found.path))?;
    sync_folder(journal)
}

/// A name that begins with the journal's.
fn beside(journal: &Path, end: &str) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Everything beside the journal that has a name of ours. A copy that a person made and named otherwise is theirs.
fn find(journal: &Path) -> io::Result<Vec<Found>> {
    let Some(name) = journal.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder_of(journal))? {
        let entry = entry?;
        let entry_name = entry.file_name();
        let end = entry_name.to_str().and_then(|entry| entry.strip_prefix(name));
        if let Some(state) = end.and_then(read_name) {
            found.push(Found { path: entry.path(), state });
        }
    }
    Ok(found)
}

/// What the end of a name says; none if it is none of ours.
fn read_name(end: &str) -> Option<State> {
    let end = end.strip_prefix(".v")?;
    let (version, state) = if let Some(version) = end.strip_suffix(".part") {
        (version, State::Part)
    } else {
        let (version, made) = end.strip_suffix(".bak")?.split_once('-')?;
        let made = civil::DateTime::strptime(TIME, made).ok()?;
        (version, State::Made(Offset::UTC.to_timestamp(made).ok()?))
    };
    version.parse::<u32>().ok().map(|_| state)
}

fn sync_folder(journal: &Path) -> io::Result<()> {
    File::open(folder_of(journal))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in a folder after this was done to the journal in it.
    fn after(names: &[&str], act: impl Fn(&Path)) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        act(&folder.path().join("journal.db"));
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Files that are none of our backups.
    const OTHERS: [&str; 7] = [
        "journal.db",
        "journal.db-wal",
        "journal.db.bak",
        "journal.db.v1-mine.bak",
        "journal.db.v1.bak",
        "journal.db.vx-20260222T120000Z.bak",
        "other.db.v1-20260222T120000Z.bak",
    ];

    #[test]
    fn only_what_is_named_as_a_backup_is_removed() {
        let ours = [
            "journal.db.v1-20260222T120000Z.bak",
            "journal.db.v12-19990101T000000Z.bak",
            "journal.db.v1.part",
        ];
        let all: Vec<&str> = OTHERS.into_iter().chain(ours).collect();
        assert_eq!(after(&all, |journal| remove(journal).unwrap()), OTHERS);
    }

    #[test]
    fn a_backup_goes_after_a_week_and_an_unfinished_one_at_once() {
        let names = ["journal.db.v1-20260222T120000Z.bak", "journal.db.v1.part"];
        let at = |now: &'static str| {
            after(&names, move |journal| remove_old(journal, now.parse().unwrap()).unwrap())
        };
        assert_eq!(at("2026-03-01T12:00:00Z"), ["journal.db.v1-20260222T120000Z.bak"]);
        assert_eq!(at("2026-03-01T12:00:01Z"), [""; 0]);
    }

    #[test]
    fn a_new_backup_takes_the_place_of_the_earlier_ones() {
        let earlier = ["journal.db.v1-20260222T120000Z.bak", "journal.db.v2.part"];
        let kept = after(&earlier, |journal| {
            let part = begin(journal, 3).unwrap();
            fs::write(&part, "words").unwrap();
            let kept = keep(&part, journal, 3).unwrap();
            assert_eq!(fs::read_to_string(kept).unwrap(), "words");
        });
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert!(kept[0].starts_with("journal.db.v3-"), "{kept:?}");
    }
}
