//! The audit log: one JSON row per act of administration, in `audit/admin.jsonl`.
//!
//! The contract: a row is on disk before its act takes effect, and an act whose row could not be written must
//! not happen. Rows are only ever added. Nothing is deleted: a full file is put aside under the time of the
//! act that no longer fitted. Rows carry no message text and no secrets, since acts have none.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::Offset;
use nanobot_core::ports::{AdminAct, AuditLog, StoreError, StoreErrorKind};
use nanobot_core::time::WallTime;
use rustix::fs::{CWD, RenameFlags};
use serde::Serialize;

/// Size beyond which a log is put aside and a new one begun (16 MiB).
pub const MAX_LOG_BYTES: u64 = 16 * 1024 * 1024;

/// Longest row, in bytes, its end included (16 KiB). An act that needs more is refused with
/// [`Limit`](StoreErrorKind::Limit).
pub const MAX_ROW_BYTES: usize = 16 * 1024;

/// The version of the rows that this code writes.
const ROW_VERSION: u32 = 1;

/// How many logs may be put aside within one second.
const MAX_ASIDE_PER_SECOND: u32 = 100;

const DOING: &str = "writing the audit log";

/// An audit log in one file. Clones share their lock; two processes may write to the same file, since a row
/// is one write at its end.
#[derive(Debug, Clone)]
pub struct AdminLog {
    log: Arc<Log>,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    max_bytes: u64,
    writing: Mutex<()>,
}

/// A row as it is stored. Fields are added, never changed.
#[derive(Serialize)]
struct Row<'a> {
    v: u32,
    at: String,
    actor: &'a str,
    via: &'a str,
    action: &'a str,
    target: &'a str,
    result: &'a str,
}

impl AdminLog {
    /// The log at this path, usually `<home>/audit/admin.jsonl`. Touches nothing yet; the first row creates the
    /// folder (0700) and the file (0600).
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::with_limit(path, MAX_LOG_BYTES)
    }

    fn with_limit(path: impl Into<PathBuf>, max_bytes: u64) -> Self {
        Self { log: Arc::new(Log { path: path.into(), max_bytes, writing: Mutex::new(()) }) }
    }
}

#[async_trait]
impl AuditLog for AdminLog {
    async fn record(&self, act: &AdminAct, at: &WallTime) -> Result<(), StoreError> {
        let row = row(act, at.instant)?;
        let (log, instant) = (Arc::clone(&self.log), at.instant);
        match tokio::task::spawn_blocking(move || log.write(&row, instant)).await {
            Ok(written) => written.map_err(|error| StoreError::io(DOING, error)),
            Err(error) => Err(StoreError::backend(DOING, error)),
        }
    }
}

fn row(act: &AdminAct, at: Timestamp) -> Result<String, StoreError> {
    let AdminAct { actor, via, action, target, result } = act;
    let row = Row { v: ROW_VERSION, at: at.to_string(), actor, via, action, target, result };
    let mut text = serde_json::to_string(&row).map_err(|error| StoreError::backend(DOING, error))?;
    text.push('\n');
    if text.len() > MAX_ROW_BYTES {
        return Err(StoreError::new(StoreErrorKind::Limit, DOING));
    }
    Ok(text)
}

impl Log {
    fn write(&self, row: &str, at: Timestamp) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut file = self.open()?;
        if file.metadata()?.len() > self.max_bytes {
            self.put_aside(at)?;
            file = self.open()?;
        }
        let len = file.metadata()?.len();
        // A row that a crash tore off stays by itself.
        let separator = if ends_with_line_end(&mut file)? { "" } else { "\n" };
        let text = format!("{separator}{row}");
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        // The act will not happen, so no row may say that it did; unless another process wrote behind it.
        if written.is_err() && file.metadata()?.len() <= len + text.len() as u64 {
            file.set_len(len)?;
        }
        written?;
        if len == 0 {
            // A new file lasts once its folder is on disk too.
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)
    }

    /// Renames the full log to `admin-<UTC time>.jsonl`, or `admin-<UTC time>-2.jsonl` and so on.
    fn put_aside(&self, at: Timestamp) -> io::Result<()> {
        let stamp = Offset::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ").to_string();
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let extension = self.path.extension().unwrap_or_default().to_string_lossy();
        for number in 1..=MAX_ASIDE_PER_SECOND {
            let suffix = if number == 1 { String::new() } else { format!("-{number}") };
            let aside = self.path.with_file_name(format!("{stem}-{stamp}{suffix}.{extension}"));
            match rustix::fs::renameat_with(CWD, &self.path, CWD, &aside, RenameFlags::NOREPLACE) {
                Err(rustix::io::Errno::EXIST) => {}
                // Another process that writes to the same log was faster.
                Ok(()) | Err(rustix::io::Errno::NOENT) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

fn ends_with_line_end(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests;
