//! The folders, files and links that recorded rows speak of, made anew, and the policy's file rules over them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nanobot_config::{Config, Environment, Home, LoadRequest, load};
use nanobot_core::ports::{AllowedFile, FileAccess, FileGrant, FileOperation, FileRefusal};
use nanobot_policy::file_access::{FileRules, Operation};
use nanobot_policy::{Document, Fault};
use nanobotd::ThisMachine;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::cases::rows;
use super::{FOLDER, text, texts};

/// What stands in every file.
pub(super) const CONTENT: &str = "as it was";

/// How recorded rows name the folder in which the tree lies.
const ROOT: &str = "$ROOT";

/// A tree in a folder of its own, gone when the test is over.
pub(super) struct Tree {
    _folder: TempDir,
    root: PathBuf,
    home: PathBuf,
}

impl Tree {
    pub(super) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("cases").tempdir().unwrap();
        // A link on the way would be one that the recording had not.
        let root = folder.path().canonicalize().unwrap();
        let setup = &rows(FOLDER, "setup.json")[0];
        for path in texts(&setup["dirs"]) {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        for path in texts(&setup["files"]) {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, CONTENT).unwrap();
        }
        for (link, target) in setup["symlinks"].as_object().unwrap() {
            symlink(root.join(target.as_str().unwrap()), root.join(link)).unwrap();
        }
        let home = PathBuf::from(text(setup, "home").replace(ROOT, root.to_str().unwrap()));
        Self { _folder: folder, root, home }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A home with these settings of the original's in it, and what they come to.
    pub(super) fn settings(&self, settings: &Value) -> (Home, Config) {
        let root = self.root.join("settings");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("config.json"), settings.to_string()).unwrap();
        let home = Home::at(root, Some(self.home.clone()));
        let loaded = load(&LoadRequest::new(home.clone(), Environment::default())).unwrap();
        (home, loaded.config)
    }

    /// The row with the tree in it.
    pub(super) fn placed(&self, row: &Value) -> Value {
        placed(row, self.root.to_str().unwrap())
    }

    /// Every file with its content, by path.
    pub(super) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut waiting = vec![self.root.clone()];
        let mut files = BTreeMap::new();
        while let Some(path) = waiting.pop() {
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if kind.is_file() {
                let content = fs::read(&path).unwrap();
                files.insert(path, content);
            }
        }
        files
    }

    /// The rules of a policy with this part, as the daemon makes them.
    pub(super) fn rules(&self, file_access: &Value, workspace: &str) -> Result<PolicyFiles, Fault> {
        let places = ThisMachine::new(Some(self.home.clone()));
        let mut policy = json!({});
        if !file_access.is_null() {
            policy["fileAccess"] = file_access.clone();
        }
        let document = Document::parse(policy.to_string().as_bytes(), &places)?;
        let file_access = document.policy().file_access.as_ref();
        let rules = FileRules::compile(file_access, Path::new(workspace), &places);
        Ok(PolicyFiles { rules, places })
    }
}

/// The row with this folder as the one in which the tree lies.
pub(super) fn placed(row: &Value, root: &str) -> Value {
    serde_json::from_str(&row.to_string().replace(ROOT, root)).unwrap()
}

/// The file rules of one policy. Whether the grants count is said by a row itself, so here they count for an owner and
/// for nobody else.
pub(super) struct PolicyFiles {
    rules: FileRules,
    places: ThisMachine,
}

impl FileAccess for PolicyFiles {
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
        match self.rules.decide(path, operation, is_owner, &self.places) {
            Ok(allowed) => Ok(AllowedFile {
                root: allowed.root.to_owned(),
                grant: allowed.grant.map(str::to_owned),
                path: allowed.path,
            }),
            Err(refusal) => Err(FileRefusal(refusal.to_string())),
        }
    }

    fn grants(&self, is_owner: bool) -> Vec<FileGrant> {
        let mounts = if is_owner { self.rules.mounts() } else { Vec::new() };
        mounts
            .into_iter()
            .map(|mount| FileGrant {
                id: mount.id,
                path: mount.host,
                container: mount.container,
                is_read_only: mount.is_read_only,
                is_recursive: mount.is_recursive,
            })
            .collect()
    }

    fn is_blocked(&self, path: &Path) -> bool {
        self.rules.is_blocked(path)
    }

    fn blocks_anything(&self) -> bool {
        self.rules.blocks_anything()
    }
}
