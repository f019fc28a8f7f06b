//! What the tests of this crate share: file rules that a test writes down.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use nanobot_core::ports::{AllowedFile, FileAccess, FileGrant, FileOperation, FileRefusal};

/// Rules of a workspace: paths and file names that are blocked, and grants, of which an owner sees all.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    workspace: PathBuf,
    blocked: Vec<PathBuf>,
    names: Vec<String>,
    grants: Mutex<Vec<FileGrant>>,
}

impl Rules {
    pub(crate) fn at(workspace: impl Into<PathBuf>) -> Self {
        Self { workspace: workspace.into(), ..Self::default() }
    }

    /// This path and everything below it.
    pub(crate) fn blocking(mut self, path: impl Into<PathBuf>) -> Self {
        self.blocked.push(path.into());
        self
    }

    /// Everything of this name.
    pub(crate) fn blocking_name(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self
    }

    /// A grant of the owner's, shown below `/grants` under its id.
    pub(crate) fn granting(self, id: &str, path: impl Into<PathBuf>, is_read_only: bool) -> Self {
        self.grant(FileGrant {
            id: id.to_owned(),
            path: path.into(),
            container: format!("/grants/{id}"),
            is_read_only,
            is_recursive: true,
        });
        self
    }

    pub(crate) fn grant(&self, grant: FileGrant) {
        self.grants.lock().unwrap().push(grant);
    }

    pub(crate) fn revoke_all(&self) {
        self.grants.lock().unwrap().clear();
    }
}

impl FileAccess for Rules {
    fn workspace(&self) -> PathBuf {
        self.workspace.clone()
    }

    fn decide(&self, path: &str, _: FileOperation, _: bool) -> Result<AllowedFile, FileRefusal> {
        Err(FileRefusal(format!("{path} is not asked for by the sandbox")))
    }

    fn grants(&self, is_owner: bool) -> Vec<FileGrant> {
        if is_owner { self.grants.lock().unwrap().clone() } else { Vec::new() }
    }

    fn is_blocked(&self, path: &Path) -> bool {
        let name = path.file_name().map(|name| name.to_string_lossy());
        self.blocked.iter().any(|blocked| path.starts_with(blocked))
            || name.is_some_and(|name| self.names.iter().any(|blocked| *blocked == name))
    }

    fn blocks_anything(&self) -> bool {
        !self.blocked.is_empty() || !self.names.is_empty()
    }
}
