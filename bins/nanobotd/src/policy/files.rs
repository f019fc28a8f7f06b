//! Which files the tools may touch, by the policy that is in force right now.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nanobot_core::ports::{AllowedFile, FileAccess, FileGrant, FileOperation, FileRefusal};
use nanobot_policy::file_access::{Mount, Operation};

use super::live::LivePolicy;
use super::places::ThisMachine;

/// The file rules in force.
pub(crate) struct LiveFiles {
    policy: Arc<LivePolicy>,
    places: ThisMachine,
}

impl LiveFiles {
    pub(crate) fn new(policy: Arc<LivePolicy>, places: ThisMachine) -> Self {
        Self { policy, places }
    }
}

impl FileAccess for LiveFiles {
    fn workspace(&self) -> PathBuf {
        self.policy.get().files.workspace().to_owned()
    }

    fn decide(
        &self,
        path: &str,
        operation: FileOperation,
        is_owner: bool,
    ) -> Result<AllowedFile, FileRefusal> {
        let operation = match operation {
            FileOperation::Read => Operation::Read,
            FileOperation::Write => Operation::Write,
            FileOperation::List => Operation::List,
        };
        let policy = self.policy.get();
        let are_active = policy.files.grants_are_active(is_owner);
        match policy.files.decide(path, operation, are_active, &self.places) {
            Ok(allowed) => Ok(AllowedFile {
                root: allowed.root.to_owned(),
                grant: allowed.grant.map(str::to_owned),
                path: allowed.path,
            }),
            Err(refusal) => Err(FileRefusal(refusal.to_string())),
        }
    }

    fn grants(&self, is_owner: bool) -> Vec<FileGrant> {
        let policy = self.policy.get();
        if !policy.files.grants_are_active(is_owner) {
            return Vec::new();
        }
        policy.files.mounts().into_iter().map(as_granted).collect()
    }

    fn is_blocked(&self, path: &Path) -> bool {
        self.policy.get().files.is_blocked(path)
    }

    fn blocks_anything(&self) -> bool {
        self.policy.get().files.blocks_anything()
    }
}

/// A grant as the sandbox takes it.
pub(super) fn as_granted(mount: Mount) -> FileGrant {
    FileGrant {
        id: mount.id,
        path: mount.host,
        container: mount.container,
        is_read_only: mount.is_read_only,
        is_recursive: mount.is_recursive,
    }
}
