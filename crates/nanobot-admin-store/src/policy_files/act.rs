//! One change of the policy, as one act over several files.
//!
//! In this order: the intent, the backup, the row, its link, the new document beside the old one; then the intent is
//! renamed to "committed", which is the moment from which on the change counts; then the new document takes the
//! place of the old one, and the intent goes. Each write is on the disk before the next one begins. A change that
//! fails before that moment is taken back at once; what a crash leaves is `settle.rs`'s business.

use std::fs::Metadata;
use std::io;
use std::path::PathBuf;

use nanobot_core::ports::{ChainHead, PolicyChange, StoreError, StoreErrorKind};

use super::layout::{MAX_CHANGE_LOG_BYTES, MAX_POLICY_BYTES};
use super::{CHANGING, Intent, Layout, Linked, MAX_CHAIN_BYTES, corrupt};
use crate::audit::MAX_ROW_BYTES;
use crate::chain::{self, Link, Origin};
use crate::disk::{self, Disk, folder_of};
use crate::error::ChangeError;
use crate::{hex, rows};

/// Work on the files of a policy, by whoever holds the lock.
pub(crate) struct Act<'a> {
    pub(super) layout: &'a Layout,
    pub(super) disk: &'a dyn Disk,
}

/// All that a change will write.
struct Plan {
    intent: Intent,
    links: String,
    head: ChainHead,
    target: PathBuf,
    prepared: PathBuf,
    /// What the file system says of the document that is replaced.
    like: Option<Metadata>,
}

impl Act<'_> {
    /// Makes a change, or leaves everything as it was.
    pub(crate) fn change(&self, change: &PolicyChange) -> Result<ChainHead, StoreError> {
        self.settle().map_err(failed)?;
        let plan = self.plan(change)?;
        let done = self.prepare(&plan, change).and_then(|()| self.take_effect(&plan));
        if let Err(error) = done {
            // What cannot be taken back now is taken back by the next change or recovery: the intent is still there.
            let _ = self.take_back();
            return Err(failed(error));
        }
        Ok(plan.head)
    }

    /// Decides what to write. Writes nothing.
    fn plan(&self, change: &PolicyChange) -> Result<Plan, StoreError> {
        let id = &change.row.id;
        if !rows::is_id(id) {
            return Err(refused(StoreErrorKind::Backend, ChangeError::BadId));
        }
        let target = self.layout.target();
        let (before, like) = disk::read(&target, MAX_POLICY_BYTES).map_err(failed)?.unzip();
        if before != change.seen {
            return Err(refused(StoreErrorKind::Busy, ChangeError::Overtaken));
        }
        if self.layout.backup(id).try_exists().map_err(failed)? {
            return Err(refused(StoreErrorKind::Backend, ChangeError::KnownId));
        }
        let Linked { log, chain_len, links: mut known } = Linked::read(self.layout, CHANGING)?;
        if let Some(head) = &change.known {
            // Otherwise the head of this change would cover up what somebody cut off before it.
            chain::agrees(&known, head).map_err(|error| corrupt(CHANGING, error))?;
        }
        let row = rows::write(&change.row).map_err(|error| StoreError::backend(CHANGING, error))?;
        let old = known.len();
        for unlinked in chain::lines(&log).skip(old) {
            known.push(Link::of(unlinked, known.last(), Origin::Adopted));
        }
        let ours = Link::of(row.as_bytes(), known.last(), Origin::Ours);
        let head = ours.head();
        known.push(ours);
        let links = known.iter().skip(old).map(line).collect::<Result<String, _>>()?;
        // A row that somebody left without an end stays by itself.
        let separator = if log.last().is_none_or(|last| *last == b'\n') { "" } else { "\n" };
        let row = format!("{separator}{row}\n");
        let sizes = [
            (row.len() as u64, MAX_ROW_BYTES as u64),
            (log.len() as u64 + row.len() as u64, MAX_CHANGE_LOG_BYTES),
            (chain_len + links.len() as u64, MAX_CHAIN_BYTES),
            (change.text.len() as u64, MAX_POLICY_BYTES),
            (change.backup.len() as u64, MAX_POLICY_BYTES),
        ];
        if sizes.iter().any(|(size, limit)| size > limit) {
            return Err(StoreError::new(StoreErrorKind::Limit, CHANGING));
        }
        let mut intent = Intent::new(id, row, log.len() as u64, chain_len);
        intent.before = before.as_deref().map(hex::sha256);
        intent.after = hex::sha256(change.text.as_bytes());
        let prepared = Layout::prepared(&target, id);
        Ok(Plan { intent, links, head, target, prepared, like })
    }

    fn prepare(&self, plan: &Plan, change: &PolicyChange) -> io::Result<()> {
        let Self { layout, disk } = self;
        disk.create_folder(&layout.backups())?;
        disk.create_folder(folder_of(&plan.target))?;
        disk.create(&layout.new_pending(), plan.intent.to_text()?.as_bytes(), None)?;
        disk.rename(&layout.new_pending(), &layout.pending())?;
        disk.create(&layout.backup(&plan.intent.id), change.backup.as_bytes(), None)?;
        disk.append(&layout.log(), plan.intent.row.as_bytes())?;
        disk.append(&layout.chain(), plan.links.as_bytes())?;
        disk.create(&plan.prepared, change.text.as_bytes(), plan.like.as_ref())?;
        disk.rename(&layout.pending(), &layout.committed())
    }

    fn take_effect(&self, plan: &Plan) -> io::Result<()> {
        if let Err(error) = self.disk.rename(&plan.prepared, &plan.target) {
            // When only the wait for the disk failed, the document is exchanged, and the intent, which is on the
            // disk, sees to it that it stays so.
            return if plan.prepared.try_exists()? { Err(error) } else { Ok(()) };
        }
        // If it stays, the next change or recovery finds the act done and removes it.
        let _ = self.disk.remove(&self.layout.committed());
        Ok(())
    }
}

fn line(link: &Link) -> Result<String, StoreError> {
    link.line().map_err(|error| StoreError::backend(CHANGING, error))
}

fn refused(kind: StoreErrorKind, source: ChangeError) -> StoreError {
    StoreError { kind, doing: CHANGING.to_owned(), source: Some(Box::new(source)) }
}

fn failed(error: io::Error) -> StoreError {
    StoreError::io(CHANGING, error)
}
