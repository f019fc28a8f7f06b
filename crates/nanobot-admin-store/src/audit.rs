//! The audit log: one JSON row per act of administration, in `audit/admin.jsonl`.
//!
//! The contract: a row is on disk before its act takes effect, and an act whose row could not be written must
//! not happen. Rows are only ever added; one that could not be written whole is taken back. Nothing is deleted: a full file is put aside under the time of the
//! act that no longer fitted. Rows carry no message text and no secrets, since acts have none.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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

/// How often a row finds another writer at work on the same log. Then it is refused with
/// [`Busy`](StoreErrorKind::Busy), and its act does not happen.
const MAX_LOOKS: u32 = 1000;

/// How long it waits between two looks: 5 s in all.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

const DOING: &str = "writing the audit log";

/// An audit log in one file. Clones share their lock; other writers of the same file, in this process or another,
/// are kept out by an advisory lock on it (`flock`) while a row is written, or taken back because it could not be
/// written whole.
#[derive(Debug, Clone)]
pub struct AdminLog {
    log: Arc<Log>,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    max_bytes: u64,
    max_looks: u32,
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
        Self::with_limits(path, MAX_LOG_BYTES, MAX_LOOKS)
    }

    fn with_limits(path: impl Into<PathBuf>, max_bytes: u64, max_looks: u32) -> Self {
        Self { log: Arc::new(Log { path: path.into(), max_bytes, max_looks, writing: Mutex::new(()) }) }
    }
}

#[async_trait]
impl AuditLog for AdminLog {
    async fn record(&self, act: &AdminAct, at: &WallTime) -> Result<(), StoreError> {
        let row = row(act, at.instant)?;
        let instant = at.instant;
        let row: Arc<str> = row.into();
        let mut looks = 1;
        loop {
            let (log, row) = (Arc::clone(&self.log), Arc::clone(&row));
            let written = tokio::task::spawn_blocking(move || log.write(&row, instant)).await;
            match written.map_err(|error| StoreError::backend(DOING, error))? {
                Err(error) if is_busy(&error) && looks < self.log.max_looks => {
                    looks += 1;
                    tokio::time::sleep(LOCK_PAUSE).await;
                }
                written => return written.map_err(|error| StoreError::io(DOING, error)),
            }
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
        let mut file = self.open_locked()?;
        if file.metadata()?.len() > self.max_bytes {
            self.put_aside(at)?;
            file = self.open_locked()?;
        }
        let is_new = file.metadata()?.len() == 0;
        add(&mut file, row, |file, text| file.write_all(text).and_then(|()| file.sync_data()))?;
        if is_new {
            // A new file lasts once its folder is on disk too.
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// The log, locked against every other writer until the handle is closed. `WouldBlock` when another one has
    /// it.
    fn open_locked(&self) -> io::Result<File> {
        let file = self.open()?;
        file.try_lock()?;
        // Whoever held the lock before may have put this file aside.
        if is_at(&file, &self.path)? { Ok(file) } else { Err(io::ErrorKind::WouldBlock.into()) }
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

/// Adds a row to a log that is locked. When that fails, what was written of it is taken back: the act will not
/// happen, so no row may say that it did. The lock makes sure that nothing of another writer stands behind it.
fn add(file: &mut File, row: &str, write: impl FnOnce(&mut File, &[u8]) -> io::Result<()>) -> io::Result<()> {
    let len = file.metadata()?.len();
    // A row that a crash tore off stays by itself.
    let separator = if ends_with_line_end(file)? { "" } else { "\n" };
    let written = write(file, format!("{separator}{row}").as_bytes());
    if written.is_err() {
        file.set_len(len)?;
    }
    written
}

fn is_busy(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// Whether a path leads to this very file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
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
