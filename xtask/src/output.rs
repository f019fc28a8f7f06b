//! What a command says on stdout.
//!
//! A reader that leaves early (`cargo xtask help | head`) is no failure and ends nothing: the exit code still says
//! how the work went.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};

/// Writes `text` to stdout as it is.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to stdout"),
    }
}
