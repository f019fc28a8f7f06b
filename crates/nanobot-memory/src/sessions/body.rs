//! What stands behind the first line of a session file: its length, its end, and pieces of it. Places in it are
//! counted from the end of the first line, as `head.rs` finds it, so they hold across every new first line. It reads
//! and writes nothing else.

use std::fs::File;
use std::io;

use nanobot_core::ports::SessionEnd;

use super::tail::read_from;

/// The body of an open file, as long as it was when it was looked at.
pub(crate) struct Body<'a> {
    file: &'a File,
    start: u64,
    len: u64,
}

impl<'a> Body<'a> {
    /// The body that begins at this byte of the file.
    pub(crate) fn of(file: &'a File, start: u64) -> io::Result<Self> {
        let len = file.metadata()?.len().saturating_sub(start);
        Ok(Self { file, start, len })
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Where it ends, and whether amid a line.
    pub(crate) fn end(&self) -> io::Result<SessionEnd> {
        let last = self.read(self.len.saturating_sub(1), 1)?;
        Ok(SessionEnd { offset: self.len, torn: !last.is_empty() && last != b"\n" })
    }

    /// At most `count` bytes from a place on; fewer where it ends before.
    pub(crate) fn read(&self, from: u64, count: u64) -> io::Result<Vec<u8>> {
        let from = from.min(self.len);
        let to = from.saturating_add(count).min(self.len);
        read_from(self.file, self.start + from, self.start + to)
    }
}
