//! What a change is about to do, written down before it does it: enough to finish it or to take it back.
//!
//! It does neither; `settle.rs` does.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::audit::MAX_ROW_BYTES;
use crate::disk;
use crate::rows::is_id;

/// The version of the intents that this code writes.
const INTENT_VERSION: u32 = 1;

/// Longest intent, in bytes. It holds one row, whose quotes and backslashes are doubled once more.
const MAX_INTENT_BYTES: u64 = 4 * MAX_ROW_BYTES as u64;

/// One change under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    v: u32,
    /// The change's id.
    pub(crate) id: String,
    /// What is added to the log, line ends included.
    pub(crate) row: String,
    /// How long the log is before, in bytes.
    pub(crate) log_len: u64,
    /// How long the chain is before, in bytes.
    pub(crate) chain_len: u64,
    /// Hash of the document before; none when there is no file.
    pub(crate) before: Option<String>,
    /// Hash of the new document.
    pub(crate) after: String,
}

impl Intent {
    pub(crate) fn new(id: &str, row: String, log_len: u64, chain_len: u64) -> Self {
        let (before, after) = (None, String::new());
        Self { v: INTENT_VERSION, id: id.to_owned(), row, log_len, chain_len, before, after }
    }

    /// The intent in a file; none when there is no such file.
    ///
    /// # Errors
    /// `InvalidData` when it cannot be read. It was written in one step, so somebody touched it; nobody can tell
    /// then what to finish.
    pub(crate) fn load(path: &Path) -> io::Result<Option<Self>> {
        let Some((bytes, _)) = disk::read(path, MAX_INTENT_BYTES)? else { return Ok(None) };
        let intent: Self = serde_json::from_slice(&bytes)?;
        // The id becomes part of paths.
        if intent.v == INTENT_VERSION && is_id(&intent.id) {
            Ok(Some(intent))
        } else {
            Err(io::ErrorKind::InvalidData.into())
        }
    }

    pub(crate) fn to_text(&self) -> io::Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}
