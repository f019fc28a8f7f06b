//! The record of effects that the campaign reads: outside the home, written by nobody else.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// A file that only grows, by whole lines.
#[derive(Debug)]
pub(crate) struct Ledger(File);

impl Ledger {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map(Self)
    }

    /// Adds a line in one write, so that a kill leaves all of it or nothing.
    pub(crate) fn note(&self, words: &[&str]) -> io::Result<()> {
        let mut file = &self.0;
        file.write_all(format!("{}\n", words.join(" ")).as_bytes())
    }
}
