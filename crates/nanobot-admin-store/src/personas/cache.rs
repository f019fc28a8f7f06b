//! Which persona texts are in memory, and whether they still are what the disk has.
//!
//! It reads no file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many texts are kept: more than chats have different personas, and with the longest ones 64 MiB.
pub(super) const MAX_TEXTS: usize = 64;

/// What tells that a file changed: its modification time (seconds, nanoseconds), its size, and which file it is.
/// The time of the last change of any kind is among them, since nobody can set that back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: (i64, i64),
    changed: (i64, i64),
    size: u64,
    file: (u64, u64),
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            size: metadata.size(),
            file: (metadata.dev(), metadata.ino()),
        }
    }
}

/// Texts by path, the one that was used last at the end.
#[derive(Debug, Default)]
pub(super) struct Cache {
    texts: Vec<(PathBuf, Stamp, Arc<str>)>,
}

impl Cache {
    /// The text of a file, if it is still the one that was read.
    pub(super) fn get(&mut self, path: &Path, stamp: Stamp) -> Option<Arc<str>> {
        let place = self.texts.iter().position(|(known, ..)| known == path)?;
        let entry = self.texts.remove(place);
        let text = (entry.1 == stamp).then(|| Arc::clone(&entry.2))?;
        self.texts.push(entry);
        Some(text)
    }

    /// Keeps a text. The one that was not used for longest makes room.
    pub(super) fn put(&mut self, path: PathBuf, stamp: Stamp, text: Arc<str>) {
        self.texts.retain(|(known, ..)| *known != path);
        if self.texts.len() >= MAX_TEXTS {
            self.texts.remove(0);
        }
        self.texts.push((path, stamp, text));
    }

    #[cfg(test)]
    pub(super) fn paths(&self) -> Vec<&Path> {
        self.texts.iter().map(|(path, ..)| path.as_path()).collect()
    }
}
