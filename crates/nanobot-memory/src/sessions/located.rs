//! Which file holds a session's words, by the word of the files themselves.
//!
//! A file that names its owner in its first line is that session's alone. One that does not (the original's)
//! may be read by every key to which the original would give its name; none of ours is ever written into it
//! before it names its owner. What is found is an open file together with its first line, and is read through
//! that handle: a file gets an owner only by being replaced, so what is said later never shows up in it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nanobot_core::ids::SessionKey;

use super::folders::Folders;
use super::head::{self, Head};
use super::names::{candidates, file_name};
use crate::disk::{found, open_file};

/// Where a session's lines are, or may go.
pub(crate) enum Located {
    /// In this file.
    At(Counting),
    /// Nowhere yet; this name is free.
    Free(String),
    /// Nowhere, and others have every name that it could use.
    Nowhere,
}

/// The file that counts among those of one name.
pub(crate) struct Counting {
    /// Its name.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Whether that is in the folder that is written.
    pub(crate) is_main: bool,
    /// Itself.
    pub(crate) file: File,
    /// Its first line.
    pub(crate) head: Head,
}

/// Finds the file of a session: one that names it as its owner, else the original's file of that name, if that
/// names nobody.
pub(crate) fn locate(folders: &Folders, key: &SessionKey) -> io::Result<Located> {
    let plain = file_name(key.as_str());
    let (mut unowned, mut free) = (None, None);
    for name in candidates(key) {
        let Some(counting) = counting(folders, &name)? else {
            free = free.or(Some(name));
            continue;
        };
        match &counting.head.owner {
            Some(owner) if owner == key.as_str() => return Ok(Located::At(counting)),
            None if name == plain => unowned = Some(counting),
            Some(_) | None => {}
        }
    }
    Ok(unowned.map(Located::At).or(free.map(Located::Free)).unwrap_or(Located::Nowhere))
}

/// The file of a name that counts: one that names its owner before one that does not, then the folder that is
/// written before the other one. Of two that name nobody, the newer one.
///
/// Times are compared between files that nobody has written to here, and only until one of them has an owner;
/// so a wrong clock can choose the wrong copy once, but hides no word of ours.
pub(crate) fn counting(folders: &Folders, name: &str) -> io::Result<Option<Counting>> {
    let open = |path: PathBuf, is_main| -> io::Result<Option<Counting>> {
        let Some(file) = found(open_file(&path))? else { return Ok(None) };
        let head = head::read(&file)?;
        Ok(Some(Counting { name: name.to_owned(), path, is_main, file, head }))
    };
    let main = open(folders.main(name), true)?;
    if main.as_ref().is_some_and(|main| main.head.owner.is_some()) {
        return Ok(main);
    }
    let former = open(folders.former(name), false)?;
    Ok(match (main, former) {
        (Some(main), Some(former)) => {
            let former_counts =
                former.head.owner.is_some() || modified(&former.file)? > modified(&main.file)?;
            Some(if former_counts { former } else { main })
        }
        (main, former) => main.or(former),
    })
}

/// The first line of the file at a path; none when there is no file.
pub(crate) fn head_at(path: &Path) -> io::Result<Option<Head>> {
    found(open_file(path).and_then(|file| head::read(&file)))
}

fn modified(file: &File) -> io::Result<SystemTime> {
    file.metadata()?.modified()
}
