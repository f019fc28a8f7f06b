//! Which file of a policy lies where, and how large each may be.
//!
//! It opens none of them.

use std::path::{Path, PathBuf};

use crate::disk::folder_of;
use crate::places::RealPlaces;
use crate::rows::backup_name;

/// Longest policy document and backup, in bytes: ten times what ten thousand chats need.
pub const MAX_POLICY_BYTES: u64 = 64 * 1024 * 1024;

/// Longest log of policy changes, in bytes: some hundred thousand changes. A change that would go beyond is refused
/// with `Limit`; then put the log and its chain aside together.
pub const MAX_CHANGE_LOG_BYTES: u64 = 64 * 1024 * 1024;

/// Longest chain, in bytes. A link takes a little less than 256 bytes, a row rarely so few; blank lines are what
/// could make the chain longer than its log.
pub(crate) const MAX_CHAIN_BYTES: u64 = 64 * 1024 * 1024;

/// Where the files are.
#[derive(Debug)]
pub(crate) struct Layout {
    document: PathBuf,
    audit: PathBuf,
}

impl Layout {
    pub(crate) fn new(document: impl Into<PathBuf>) -> Self {
        let document = document.into();
        let audit = folder_of(&document).join("policy").join("audit");
        Self { document, audit }
    }

    /// The layout of an audit folder alone. It has no document.
    pub(crate) fn of_audit(audit: &Path) -> Self {
        Self { document: PathBuf::new(), audit: audit.to_owned() }
    }

    /// The document as it is named.
    pub(crate) fn document(&self) -> &Path {
        &self.document
    }

    /// The document itself, behind links.
    pub(crate) fn target(&self) -> PathBuf {
        if self.document.is_symlink() {
            RealPlaces::default().resolve(&self.document)
        } else {
            self.document.clone()
        }
    }

    /// Where the new document of a change is prepared, beside the old one. The original's own temporary file has
    /// another name, so that it never takes ours for its own.
    pub(crate) fn prepared(target: &Path, id: &str) -> PathBuf {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{id}.tmp"));
        target.with_file_name(name)
    }

    pub(crate) fn audit(&self) -> PathBuf {
        self.audit.clone()
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.audit.join("policy_changes.jsonl")
    }

    /// Where the log is put together anew when a row has to come out of its middle.
    pub(crate) fn new_log(&self) -> PathBuf {
        self.audit.join("policy_changes.jsonl.tmp")
    }

    pub(crate) fn chain(&self) -> PathBuf {
        self.audit.join("policy_chain.jsonl")
    }

    pub(crate) fn backups(&self) -> PathBuf {
        self.audit.join("backups")
    }

    pub(crate) fn backup(&self, id: &str) -> PathBuf {
        self.backups().join(backup_name(id))
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.audit.join("policy.lock")
    }

    /// The intent of a change that is being prepared.
    pub(crate) fn pending(&self) -> PathBuf {
        self.audit.join("pending.json")
    }

    pub(crate) fn new_pending(&self) -> PathBuf {
        self.audit.join("pending.json.tmp")
    }

    /// The intent of a change that is prepared: from this name on it takes effect.
    pub(crate) fn committed(&self) -> PathBuf {
        self.audit.join("committed.json")
    }
}
