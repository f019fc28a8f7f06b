//! The file rules of a policy over a real folder full of traps: what the engine decides, and what the tools open then.
//!
//! Part of the seeded runs, and of the fuzz target, which takes this very file.

use std::path::{Path, PathBuf};

use nanobot_admin_store::RealPlaces;
use nanobot_core::ports::{AllowedFile, FileAccess, FileGrant, FileOperation, FileRefusal};
use nanobot_policy::file_access::{FileRules, Mount, Operation};
use nanobot_policy::{Document, NoSuchUser, Places};
use nanobot_tools::WorkspaceOnly;
use nanobot_tools::fuzzing::Tree;
use tempfile::TempDir;

thread_local! {
    /// Made once for a run: an input leaves it as it found it.
    static HOUSE: Result<House, String> = House::make();
}

/// The same path under the rules of a policy and in a workspace without one: what is opened was allowed.
///
/// # Errors
/// When it was not.
pub(crate) fn check(bytes: &[u8]) -> Result<String, String> {
    HOUSE.with(|house| {
        let House { tree, ruled, bare, .. } = house.as_ref().map_err(Clone::clone)?;
        tree.check(bare, bytes).map_err(|broken| format!("without a policy: {broken}"))?;
        tree.check(ruled, bytes).map_err(|broken| format!("under a policy: {broken}"))
    })
}

struct House {
    tree: Tree,
    ruled: Ruled,
    bare: WorkspaceOnly,
    /// Taken away at the end.
    _folder: TempDir,
}

impl House {
    fn make() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let tree = Tree::make(folder.path()).map_err(|error| error.to_string())?;
        let places = Disk(RealPlaces { home: Some(tree.place("docs")) });
        let at = |name: &str| tree.place(name).display().to_string();
        let policy = format!(
            r#"{{"fileAccess": {{
                "grants": [
                    {{"id": "docs", "path": "{}"}},
                    {{"id": "deep", "path": "{}", "mode": "read-write"}},
                    {{"id": "drop", "path": "{}", "mode": "read-write", "recursive": false}},
                    {{"id": "single", "path": "{}", "mode": "read-write"}}
                ],
                "blockedPaths": ["{}", "{}"],
                "blockedPatterns": [".env", "*.key"]
            }}}}"#,
            at("docs"),
            at("docs/deep"),
            at("drop"),
            at("single"),
            at("docs/private"),
            at("ws/private"),
        );
        let document = Document::parse(policy.as_bytes(), &places).map_err(|fault| fault.to_string())?;
        let rules = FileRules::compile(document.policy().file_access.as_ref(), &tree.place("ws"), &places);
        let bare = WorkspaceOnly::open(tree.place("ws")).map_err(|error| error.to_string())?;
        Ok(Self { tree, ruled: Ruled { rules, places }, bare, _folder: folder })
    }
}

/// The file system of this machine, as a policy asks about it.
struct Disk(RealPlaces);

impl Places for Disk {
    fn home(&self) -> Option<PathBuf> {
        self.0.home()
    }

    fn home_of(&self, user: &str) -> Result<PathBuf, NoSuchUser> {
        Err(NoSuchUser(user.to_owned()))
    }

    fn resolve(&self, path: &Path) -> PathBuf {
        self.0.resolve(path)
    }
}

/// Rules that never change, as the tools ask them.
struct Ruled {
    rules: FileRules,
    places: Disk,
}

impl FileAccess for Ruled {
    fn workspace(&self) -> PathBuf {
        self.rules.workspace().to_owned()
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
        let are_active = self.rules.grants_are_active(is_owner);
        let allowed = self.rules.decide(path, operation, are_active, &self.places);
        let allowed = allowed.map_err(|refusal| FileRefusal(refusal.to_string()))?;
        let (root, grant) = (allowed.root.to_owned(), allowed.grant.map(str::to_owned));
        Ok(AllowedFile { path: allowed.path, root, grant })
    }

    fn grants(&self, is_owner: bool) -> Vec<FileGrant> {
        let mounts = if self.rules.grants_are_active(is_owner) { self.rules.mounts() } else { Vec::new() };
        mounts.into_iter().map(granted).collect()
    }

    fn is_blocked(&self, path: &Path) -> bool {
        self.rules.is_blocked(path)
    }

    fn blocks_anything(&self) -> bool {
        self.rules.blocks_anything()
    }
}

fn granted(mount: Mount) -> FileGrant {
    FileGrant {
        id: mount.id,
        path: mount.host,
        container: mount.container,
        is_read_only: mount.is_read_only,
        is_recursive: mount.is_recursive,
    }
}
