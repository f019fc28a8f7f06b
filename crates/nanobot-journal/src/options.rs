//! What can be chosen about a journal, and its limits.

use std::path::PathBuf;
use std::time::Duration;

use nanobot_core::stand_in::VolatileJournal;

/// How a journal is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JournalOptions {
    /// The file. Its folder is created with mode 0700 if it is not there, the file with mode 0600; SQLite puts a
    /// `-wal` and a `-shm` file beside it.
    pub path: PathBuf,
    /// How long the words of closed turns are kept.
    pub keep_words: Duration,
    /// So many outcomes are kept, and every one that is younger than `keep_words`.
    pub max_outcomes: u64,
    /// When the file holds more bytes than this, words of the oldest closed turns go before their time.
    pub max_bytes: u64,
    /// Whether a commit waits for the disk.
    #[cfg(any(test, feature = "fault-points"))]
    pub synchronous: Synchronous,
    pub(crate) limits: Limits,
    /// Tests fill the file by this: so many pages, and there is no more space.
    #[cfg(test)]
    pub(crate) max_pages: Option<u32>,
}

impl JournalOptions {
    /// Words are kept for 30 days: as long as somebody may ask why a turn went as it did.
    pub const KEEP_WORDS: Duration = Duration::from_hours(30 * 24);

    /// Outcomes that are kept. A few hundred bytes each, so about 150 MB, and years of a busy account.
    pub const MAX_OUTCOMES: u64 = 500_000;

    /// Bytes that the file may hold: 1 GiB.
    pub const MAX_BYTES: u64 = 1 << 30;

    /// A journal in this file, with the defaults.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            keep_words: Self::KEEP_WORDS,
            max_outcomes: Self::MAX_OUTCOMES,
            max_bytes: Self::MAX_BYTES,
            #[cfg(any(test, feature = "fault-points"))]
            synchronous: Synchronous::Full,
            limits: Limits::default(),
            #[cfg(test)]
            max_pages: None,
        }
    }
}

/// Whether a commit waits for the disk.
#[cfg(any(test, feature = "fault-points"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// It does: what is answered survives a power cut.
    Full,
    /// It does not. Only for runs that look for the harm of it.
    Off,
}

/// How much may wait. What would pass a limit is refused; parked deliveries push out the oldest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Messages without outcome.
    pub(crate) open: usize,
    /// Deliveries that wait or are parked.
    pub(crate) queued: usize,
    /// Deliveries that are parked.
    pub(crate) parked: usize,
    /// Session appends whose file is not on the disk.
    pub(crate) lines: usize,
    /// Those of one session.
    pub(crate) lines_per_session: usize,
}

impl Default for Limits {
    /// Those of the volatile journal, where it has one: a turn is refused by both or by none.
    fn default() -> Self {
        Self {
            open: crate::MAX_OPEN_TURNS,
            queued: VolatileJournal::MAX_OUTBOX_ROWS,
            parked: VolatileJournal::MAX_PARKED_ROWS,
            lines: VolatileJournal::MAX_PENDING_APPENDS,
            lines_per_session: VolatileJournal::MAX_PENDING_APPENDS_PER_SESSION,
        }
    }
}
