//! Any bytes as a path into a folder full of traps: links out of it, links in circles, and folders that are swapped
//! for links between the decision and the opening.
//!
//! This one touches files: those of a folder that the caller made for it and takes away again.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use nanobot_core::ports::{AllowedFile, FileAccess, FileOperation};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{Broken, Shape, must};
use crate::beneath::{Place, Refusal};

/// A path that is as long as this is refused before anybody looks at it (`PATH_MAX`).
const TOO_LONG: usize = 4_096;

/// What is swapped for a link to the outside between decision and opening; the first: nothing.
const SWAPS: [Option<&str>; 6] =
    [None, Some("ws"), Some("ws/sub"), Some("ws/sub/deep"), Some("ws/notes"), Some("docs")];

/// A workspace with traps, and beside it folders that may be granted and one that nobody may see.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Makes it in an empty folder.
    ///
    /// # Errors
    /// When the file system does not let us.
    pub fn make(folder: &Path) -> io::Result<Self> {
        let root = folder.canonicalize()?;
        let at = |name: &str| root.join(name);
        for inner in
            ["ws/sub/deep", "ws/private", "docs/deep", "docs/private", "drop/inner", "outside", "traps"]
        {
            fs::create_dir_all(at(inner))?;
        }
        for file in ["ws/notes", "ws/sub/page", "ws/sub/deep/page", "ws/.env", "ws/private/key", "docs/page"]
        {
            fs::write(at(file), "inside")?;
        }
        for file in
            ["docs/deep/page", "docs/a.key", "docs/private/key", "drop/note", "drop/inner/note", "single"]
        {
            fs::write(at(file), "granted")?;
        }
        fs::write(at("outside/secret"), "outside")?;
        for (link, target) in [
            ("ws/out", "../outside"),
            ("ws/file-out", "../outside/secret"),
            ("ws/up", ".."),
            ("ws/sub/up", "../.."),
            ("ws/round", "round"),
            ("ws/ping", "pong/x"),
            ("ws/pong", "ping/y"),
            ("ws/in", "sub/deep"),
            ("ws/nowhere", "not/there"),
            ("ws/root", "/"),
            ("ws/process", "/proc/self/root"),
            ("ws/to-docs", "../docs"),
            ("docs/out", "../outside"),
            ("docs/to-drop", "../drop"),
            ("drop/back", "../ws"),
        ] {
            symlink(target, at(link))?;
        }
        symlink(at("outside"), at("ws/absolute"))?;
        for number in 0..SWAPS.len() {
            symlink(at("outside"), at("traps").join(number.to_string()))?;
        }
        Ok(Self { root })
    }

    /// A place in it (`ws`, `docs`, `drop`, `single`).
    pub fn place(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Reads the first byte as what is wanted, by whom, and what is swapped meanwhile; the others as the path, with
    /// `$R` for the folder of the tree. What is opened is what was allowed, and the outside stays as it is.
    ///
    /// # Errors
    /// When something does not hold.
    pub fn check(&self, access: &dyn FileAccess, bytes: &[u8]) -> Result<Shape, Broken> {
        let (first, path) = bytes.split_first().map_or((0, bytes), |(first, path)| (*first, path));
        let operation = match first & 3 {
            0 => FileOperation::Read,
            1 => FileOperation::List,
            _ => FileOperation::Write,
        };
        let is_owner = first & 4 != 0;
        let swap = SWAPS.get(usize::from(first >> 3) % SWAPS.len()).copied().flatten();
        let path = String::from_utf8_lossy(path).replace("$R", &self.root.to_string_lossy());
        if path.len() >= TOO_LONG || path.contains('\0') {
            return Ok("no path".to_owned());
        }
        let Ok(allowed) = access.decide(&path, operation, is_owner) else {
            return Ok("refused".to_owned());
        };
        self.may_be_allowed(access, &allowed, operation, is_owner)?;
        let made = first_missing(&allowed.path);
        self.swap(swap)?;
        let opened = opened(&allowed, operation);
        self.swap(swap)?;
        if let Some(made) = made.filter(|made| made.exists()) {
            fs::remove_dir_all(made).map_err(broken)?;
        }
        self.outside_is_untouched()?;
        let how = if swap.is_some() { "swapped" } else { "still" };
        match opened {
            Ok(opened) => {
                must(opened == allowed.path, "something else was opened than was allowed")?;
                Ok(format!("opened: {operation:?}, {how}, by grant {}", allowed.grant.is_some()))
            }
            Err(Refusal::Failed(errno)) => Err(broken(errno)),
            Err(refusal) => Ok(format!("not opened: {refusal:?}, {how}")),
        }
    }

    /// What the decision says of itself.
    fn may_be_allowed(
        &self,
        access: &dyn FileAccess,
        allowed: &AllowedFile,
        operation: FileOperation,
        is_owner: bool,
    ) -> Result<(), Broken> {
        let AllowedFile { path, root, grant } = allowed;
        let is_plain = |step| matches!(step, Component::RootDir | Component::Normal(_));
        must(path.components().all(is_plain), "a path with dots was allowed")?;
        must(path.starts_with(root), "a path outside of its root was allowed")?;
        must(!path.starts_with(self.place("outside")), "the outside was allowed")?;
        must(!access.is_blocked(path), "a blocked path was allowed")?;
        let grants = access.grants(is_owner);
        match grant {
            None => must(*root == access.workspace(), "the root of no grant is not the workspace"),
            Some(id) => {
                let grant = grants.iter().find(|grant| grant.id == *id && grant.path == *root);
                let is_right = grant.is_some_and(|grant| {
                    let reaches = grant.is_recursive || path == root || path.parent() == Some(root);
                    reaches && (operation != FileOperation::Write || !grant.is_read_only)
                });
                must(is_right, "a grant lets through what it does not grant")
            }
        }
    }

    /// Exchanges a place with a link; once more brings it back.
    fn swap(&self, name: Option<&str>) -> Result<(), Broken> {
        let Some(number) = name.and_then(|name| SWAPS.iter().position(|swap| *swap == Some(name))) else {
            return Ok(());
        };
        let (place, trap) =
            (self.place(name.unwrap_or_default()), self.place("traps").join(number.to_string()));
        renameat_with(CWD, place, CWD, trap, RenameFlags::EXCHANGE).map_err(broken)
    }

    fn outside_is_untouched(&self) -> Result<(), Broken> {
        let mut names = fs::read_dir(self.place("outside")).map_err(broken)?;
        let only = names.next().transpose().map_err(broken)?.map(|entry| entry.file_name());
        must(only.is_some_and(|name| name == "secret") && names.next().is_none(), "the outside was changed")
    }
}

/// Opens as the tools do, and says what it is that is open.
fn opened(allowed: &AllowedFile, operation: FileOperation) -> Result<PathBuf, Refusal> {
    let place = Place::of(allowed)?;
    match operation {
        FileOperation::Read | FileOperation::List => named(place.open_for_reading()?.handle),
        FileOperation::Write => {
            let (folder, name) = place.make_parent()?;
            Ok(named(folder)?.join(name))
        }
    }
}

/// Where the thing behind a handle lies.
fn named(handle: impl AsFd) -> Result<PathBuf, Refusal> {
    Ok(fs::read_link(format!("/proc/self/fd/{}", handle.as_fd().as_raw_fd()))?)
}

/// The outermost step of a path that is not there: what is made for it ends up below.
fn first_missing(path: &Path) -> Option<PathBuf> {
    let missing = path.ancestors().take_while(|step| step.symlink_metadata().is_err());
    missing.last().map(Path::to_owned)
}

fn broken(error: impl std::fmt::Display) -> Broken {
    Broken(format!("the file system failed: {error}"))
}
