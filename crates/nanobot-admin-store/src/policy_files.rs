//! The policy document on disk, with the backups and the log of its changes, where the original keeps them.
//!
//! `<folder>/policy.json`, and below `<folder>/policy/audit/` the log `policy_changes.jsonl`, its chain
//! `policy_chain.jsonl`, `backups/<id>.json`, a lock, and while a change is under way its intent. This file waits for
//! the lock and runs the work on a blocking thread; `act.rs` makes a change, `settle.rs` puts right what a crash left.
//! What a document means is the policy engine's business.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ports::{
    ChainHead, ChangeRow, ChangeTime, PolicyChange, PolicyFile, PolicyStore, StoreError, StoreErrorKind,
};

use crate::chain::{self, Link};
use crate::disk::{self, Disk, RealDisk, found};
use crate::error::ChainError;
use crate::lock::{self, Wait};
use crate::rows;

mod act;
mod intent;
mod layout;
mod settle;

use act::Act;
use intent::Intent;
pub(crate) use layout::{Layout, MAX_CHAIN_BYTES};
pub use layout::{MAX_CHANGE_LOG_BYTES, MAX_POLICY_BYTES};

const LOADING: &str = "loading the policy document";
const CHANGING: &str = "changing the policy document";
const RECOVERING: &str = "recovering the policy files";
const LISTING: &str = "reading the log of policy changes";
const FETCHING: &str = "reading the backup of a policy change";

/// A policy document with what belongs to it. Clones lead to the same files; other writers, in this process or
/// another, are kept out by an advisory lock (`flock`) while a change is made.
#[derive(Debug, Clone)]
pub struct PolicyFiles {
    layout: Arc<Layout>,
    disk: Arc<dyn Disk>,
    wait: Wait,
}

impl PolicyFiles {
    /// The document at this absolute path, usually `<home>/policy.json`. It may be a symbolic link: then what it
    /// leads to is replaced and the link stays; the log is beside the link. Touches nothing yet.
    pub fn new(document: impl Into<PathBuf>) -> Self {
        Self { layout: Arc::new(Layout::new(document)), disk: Arc::new(RealDisk), wait: Wait::USUAL }
    }

    /// The folder of the log and its chain, as [`verify`](crate::verify()) takes it.
    pub fn audit_folder(&self) -> PathBuf {
        self.layout.audit()
    }

    /// Runs work that changes files, alone.
    async fn alone<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Act<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (layout, disk) = (Arc::clone(&self.layout), Arc::clone(&self.disk));
        let prepare = move || {
            disk.create_folder(&layout.audit())?;
            lock::open(&layout.lock())
        };
        let lock = lock::exclusive(self.wait, doing, prepare).await?;
        let (layout, disk) = (Arc::clone(&self.layout), Arc::clone(&self.disk));
        // Work that has begun ends, also when nobody waits for it any more; the lock is held until then.
        blocking(doing, move || {
            let _lock: File = lock;
            work(&Act { layout: &layout, disk: disk.as_ref() })
        })
        .await
    }

    /// Runs work that reads.
    async fn reading<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Layout) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let layout = Arc::clone(&self.layout);
        blocking(doing, move || work(&layout)).await
    }
}

#[async_trait]
impl PolicyStore for PolicyFiles {
    async fn changed(&self) -> Result<Option<ChangeTime>, StoreError> {
        let looked = |layout: &Layout| found(fs::metadata(layout.document()));
        let metadata = self
            .reading(LOADING, move |layout| looked(layout).map_err(|error| StoreError::io(LOADING, error)));
        Ok(metadata.await?.map(|metadata| change_time(&metadata)))
    }

    async fn load(&self) -> Result<Option<PolicyFile>, StoreError> {
        self.reading(LOADING, |layout| {
            let read = disk::read(layout.document(), MAX_POLICY_BYTES);
            let read = read.map_err(|error| reading_failed(LOADING, error))?;
            Ok(read.map(|(bytes, metadata)| PolicyFile { bytes, changed: change_time(&metadata) }))
        })
        .await
    }

    async fn change(&self, change: &PolicyChange) -> Result<ChainHead, StoreError> {
        let change = change.clone();
        self.alone(CHANGING, move |act| act.change(&change)).await
    }

    async fn recover(&self, head: Option<&ChainHead>) -> Result<Option<ChainHead>, StoreError> {
        let known = head.cloned();
        let there = self.reading(RECOVERING, |layout| Ok(layout.audit().is_dir())).await?;
        let links = if there {
            self.alone(RECOVERING, |act| {
                act.settle().map_err(|error| StoreError::io(RECOVERING, error))?;
                Linked::read(act.layout, RECOVERING).map(|linked| linked.links)
            })
            .await?
        } else {
            Vec::new()
        };
        if let Some(known) = known {
            chain::agrees(&links, &known).map_err(|error| corrupt(RECOVERING, error))?;
        }
        Ok(links.last().map(Link::head))
    }

    async fn history(&self, limit: usize) -> Result<Vec<ChangeRow>, StoreError> {
        self.reading(LISTING, move |layout| {
            let log = content(&layout.log(), MAX_CHANGE_LOG_BYTES, LISTING)?;
            Ok(log.rsplit(|byte| *byte == b'\n').filter_map(rows::read).take(limit).collect())
        })
        .await
    }

    async fn backup(&self, change: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if !rows::is_id(change) {
            return Ok(None);
        }
        let change = change.to_owned();
        self.reading(FETCHING, move |layout| {
            let read = disk::read(&layout.backup(&change), MAX_POLICY_BYTES);
            let read = read.map_err(|error| reading_failed(FETCHING, error))?;
            Ok(read.map(|(bytes, _)| bytes))
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(StoreError::backend(doing, error)),
    }
}

fn change_time(metadata: &fs::Metadata) -> ChangeTime {
    ChangeTime(i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()))
}

/// The log and the chain as they are.
struct Linked {
    log: Vec<u8>,
    chain_len: u64,
    links: Vec<Link>,
}

impl Linked {
    /// Reads both, and looks whether each link follows from the one before and the log has a row for each. Whether
    /// the rows still are what they were is `verify`'s business: one that was changed stops nobody.
    fn read(layout: &Layout, doing: &str) -> Result<Self, StoreError> {
        let chain = content(&layout.chain(), MAX_CHAIN_BYTES, doing)?;
        let links = chain::read_whole(&chain).map_err(|error| corrupt(doing, error))?;
        let log = content(&layout.log(), MAX_CHANGE_LOG_BYTES, doing)?;
        let (rows, known) = (chain::lines(&log).count() as u64, links.len() as u64);
        if rows < known {
            return Err(corrupt(doing, ChainError::LogCut { rows, links: known }));
        }
        Ok(Self { log, chain_len: chain.len() as u64, links })
    }
}

/// The content of a file; nothing when it is not there.
pub(crate) fn content(path: &Path, limit: u64, doing: &str) -> Result<Vec<u8>, StoreError> {
    let read = disk::read(path, limit).map_err(|error| reading_failed(doing, error))?;
    Ok(read.map(|(bytes, _)| bytes).unwrap_or_default())
}

fn reading_failed(doing: &str, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => StoreError::new(StoreErrorKind::Limit, doing),
        _ => StoreError::io(doing, error),
    }
}

fn corrupt(doing: &str, source: ChainError) -> StoreError {
    StoreError { kind: StoreErrorKind::Corrupt, doing: doing.to_owned(), source: Some(Box::new(source)) }
}

#[cfg(test)]
mod tests;
