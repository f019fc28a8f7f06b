//! A disk that fails, or on which the process dies, at a chosen write.

use std::fs::Metadata;
use std::io;
use std::panic::panic_any;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::disk::{Disk, RealDisk};

/// What the process died of, so that a test tells it from a broken promise.
#[derive(Debug)]
pub(super) struct Killed;

/// What happens at the chosen write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The process dies.
    Killed,
    /// The disk is full, this once.
    Full,
    /// The disk is full from then on.
    FullForGood,
}

/// How much of the chosen write is done by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Nothing,
    /// Half of the bytes, where bytes are written; else nothing.
    Half,
    All,
}

pub(super) const ALL_DONE: [Done; 3] = [Done::Nothing, Done::Half, Done::All];

#[derive(Debug)]
pub(super) struct DyingDisk {
    left: AtomicUsize,
    fate: Fate,
    done: Done,
}

impl DyingDisk {
    /// Strikes at the write of this number, from 0 on.
    pub(super) fn at(number: usize, done: Done, fate: Fate) -> Self {
        Self { left: AtomicUsize::new(number + 1), fate, done }
    }

    /// Whether that write was reached.
    pub(super) fn has_struck(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    fn write(&self, content: &[u8], run: impl Fn(&[u8]) -> io::Result<()>) -> io::Result<()> {
        match self.left.load(Ordering::Relaxed) {
            0 if self.fate == Fate::FullForGood => return Err(io::ErrorKind::StorageFull.into()),
            0 => return run(content),
            left => self.left.store(left - 1, Ordering::Relaxed),
        }
        if !self.has_struck() {
            return run(content);
        }
        match self.done {
            Done::Half if !content.is_empty() => run(&content[..content.len() / 2])?,
            Done::All => run(content)?,
            Done::Nothing | Done::Half => {}
        }
        match self.fate {
            Fate::Killed => panic_any(Killed),
            Fate::Full | Fate::FullForGood => Err(io::ErrorKind::StorageFull.into()),
        }
    }
}

impl Disk for DyingDisk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.write(b"", |_| RealDisk.create_folder(folder))
    }

    fn create(&self, path: &Path, content: &[u8], like: Option<&Metadata>) -> io::Result<()> {
        self.write(content, |content| RealDisk.create(path, content, like))
    }

    fn append(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.write(content, |content| RealDisk.append(path, content))
    }

    fn cut(&self, path: &Path, len: u64) -> io::Result<()> {
        self.write(b"", |_| RealDisk.cut(path, len))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.write(b"", |_| RealDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.write(b"", |_| RealDisk.remove(path))
    }
}
