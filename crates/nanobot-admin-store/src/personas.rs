//! Persona texts as files below a workspace, read again only when they changed.
//!
//! It finds and reads them, and refuses what lies outside. Which persona a chat has is the policy's business, what a
//! text says nobody's here: it is handed on as it is.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use nanobot_core::ports::{PersonaSource, StoreError, StoreErrorKind};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::disk::{found, read_open};
use crate::error::PersonaError;
use crate::places::RealPlaces;

mod cache;

use cache::{Cache, Stamp};

/// Longest persona file, in bytes. A larger one is refused with [`Limit`](StoreErrorKind::Limit): it would be part of
/// every prompt of its chats.
pub const MAX_PERSONA_BYTES: u64 = 1024 * 1024;

/// Where the original once kept personas. A name below it that leads nowhere is looked for in [`PERSONAS`].
const LEGACY: &str = "memory/personas";
const PERSONAS: &str = "personas";

const DOING: &str = "reading a persona file";

/// Personas of one workspace. Clones share what they have read.
#[derive(Debug, Clone)]
pub struct PersonaFiles {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    workspace: PathBuf,
    places: RealPlaces,
    cache: Mutex<Cache>,
}

impl PersonaFiles {
    /// Personas below this absolute path, which may be a link. Touches nothing yet.
    pub fn new(workspace: impl Into<PathBuf>, places: RealPlaces) -> Self {
        let cache = Mutex::new(Cache::default());
        Self { inner: Arc::new(Inner { workspace: workspace.into(), places, cache }) }
    }
}

#[async_trait]
impl PersonaSource for PersonaFiles {
    async fn persona(&self, file: &str) -> Result<Option<String>, StoreError> {
        if file.is_empty() {
            return Ok(None);
        }
        let (inner, file) = (Arc::clone(&self.inner), file.to_owned());
        match tokio::task::spawn_blocking(move || inner.persona(&file)).await {
            Ok(read) => read,
            Err(error) => Err(StoreError::backend(DOING, error)),
        }
    }
}

impl Inner {
    fn persona(&self, written: &str) -> Result<Option<String>, StoreError> {
        let Some(path) = self.find(written)? else { return Ok(None) };
        let opened = found(open_without_links(&path)).map_err(|error| StoreError::io(DOING, error))?;
        let Some(file) = opened else { return Ok(None) };
        let stamp = Stamp::of(&file.metadata().map_err(|error| StoreError::io(DOING, error))?);
        if let Some(text) = self.lock().get(&path, stamp) {
            return Ok(Some(text.to_string()));
        }
        let (bytes, _) = read_open(&file, MAX_PERSONA_BYTES).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => StoreError::new(StoreErrorKind::Limit, DOING),
            _ => StoreError::io(DOING, error),
        })?;
        let text = String::from_utf8(bytes).map_err(|error| StoreError {
            kind: StoreErrorKind::Corrupt,
            doing: DOING.to_owned(),
            // Where the text breaks, not the text.
            source: Some(Box::new(error.utf8_error())),
        })?;
        let text: Arc<str> = unix_lines(&text).into();
        self.lock().put(path, stamp, Arc::clone(&text));
        Ok(Some(text.to_string()))
    }

    /// The regular file that a persona's name leads to; none when there is none.
    fn find(&self, written: &str) -> Result<Option<PathBuf>, StoreError> {
        let workspace = self.places.resolve(&self.workspace);
        let path = self.places.resolve(&workspace.join(self.expand(written)?));
        let Ok(inside) = path.strip_prefix(&workspace) else { return Err(refused(PersonaError::Outside)) };
        if path.is_file() {
            return Ok(Some(path));
        }
        let Ok(name) = inside.strip_prefix(LEGACY) else { return Ok(None) };
        if path.exists() {
            return Ok(None);
        }
        let moved = self.places.resolve(&workspace.join(PERSONAS).join(name));
        if !moved.starts_with(&workspace) {
            return Err(refused(PersonaError::Outside));
        }
        Ok(moved.is_file().then_some(moved))
    }

    /// The path with its first part replaced when that is `~` or `~user`.
    fn expand(&self, written: &str) -> Result<PathBuf, StoreError> {
        let Some(rest) = written.strip_prefix('~') else { return Ok(PathBuf::from(written)) };
        let (user, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let home = if user.is_empty() { self.places.home() } else { self.places.home_of(user) };
        let home = home.ok_or_else(|| refused(PersonaError::NoHome))?;
        // More slashes would make the rest a path of its own.
        Ok(home.join(rest.trim_start_matches('/')))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(source: PersonaError) -> StoreError {
    StoreError::backend(DOING, source)
}

/// Opens a path that was resolved. Tools write into the workspace: a link that was put there since then is not
/// followed, or a chat could be given any file of the machine as its persona.
fn open_without_links(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    match rustix::fs::openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
        // Some containers forbid the newer call. Then only the last part of the path is guarded.
        Err(Errno::NOSYS | Errno::PERM) => Ok(rustix::fs::open(path, flags, Mode::empty())?.into()),
        opened => Ok(opened?.into()),
    }
}

/// Line ends as Python reads them from a text file: CR LF and a lone CR become LF. A byte order mark stays.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests;
