//! Sessions: the short-term memory of each chat, one JSON Lines file per session key, in the format of the
//! Python original (`sessions/line.rs`).
//!
//! This file is the port's adapter and moves the work to blocking threads; `sessions/store.rs` does it. It does
//! not decide who may read a session, nor what an unlabelled line of the original is worth.
//!
//! What differs from the original on purpose: lines are only written at the end, a torn line costs nothing,
//! each line carries a label, and each file says whose it is (`nanobot_key` in its metadata). A file of the
//! original does not say it. Every session that the original would give its name may read it; it belongs to the
//! first one that speaks, and says so before the first word is in it.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::intent::SessionAppend;
use nanobot_core::ports::{
    HistoryMessage, Placed, SessionEnd, SessionStore, SessionSummary, SessionWrite, StoreError,
};
use nanobot_core::time::civil;
use tokio::sync::Semaphore;

use crate::disk::blocking;

mod body;
mod folders;
mod head;
mod inspect;
mod line;
mod listing;
mod located;
mod names;
mod plan;
mod python_time;
mod slots;
mod split;
mod store;
mod tail;

pub use folders::MAX_LISTED_FILES;
pub use inspect::{HistoryEntry, Problem, SHOWN_HISTORY, SessionFile, inspect};
pub use names::file_name;
pub use split::MAX_LINE_BYTES;
pub use store::MAX_SESSION_BYTES;
pub use tail::MAX_HISTORY_WINDOW;

/// How many histories are read at once; further readers wait for one of them. So all of them together hold at
/// most this many times [`MAX_HISTORY_WINDOW`] of files' bytes, and what becomes of them.
pub const MAX_READERS: usize = 8;

/// Sessions as JSON Lines files. Clones share their locks; open each home once per process.
#[derive(Debug, Clone)]
pub struct JsonlSessions {
    store: Arc<store::Store>,
    readers: Arc<Semaphore>,
}

impl JsonlSessions {
    /// The sessions of a home: read from `<home>/sessions` and `<home>/data/sessions`, written to the first.
    /// Touches nothing yet; both folders are created by the first write.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        let store = Arc::new(store::Store::new(&home.into()));
        Self { store, readers: Arc::new(Semaphore::new(MAX_READERS)) }
    }

    /// The file that holds a session's words: the one of the two places that [`history`](SessionStore::history)
    /// reads, or that the next lines bring over. None when there is none yet.
    ///
    /// # Errors
    /// When a file that may be the session's cannot be read, or is no regular file.
    pub async fn file_of(&self, session: &SessionKey) -> Result<Option<PathBuf>, StoreError> {
        let key = session.clone();
        self.run(format!("looking for session {key}"), move |store| store.file_of(&key)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        doing: String,
        work: impl FnOnce(&store::Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.store);
        blocking(doing, move || work(&store)).await
    }
}

#[async_trait]
impl SessionStore for JsonlSessions {
    async fn history(&self, session: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, StoreError> {
        let key = session.clone();
        let doing = format!("reading session {key}");
        let reader = Arc::clone(&self.readers).acquire_owned().await;
        let reader = reader.map_err(|closed| StoreError::backend(doing.clone(), closed))?;
        self.run(doing, move |store| {
            let history = store.history(&key, limit);
            // Held by the work: a caller that gives up does not end the reading.
            drop(reader);
            history
        })
        .await
    }

    fn render(&self, append: &SessionAppend) -> Result<String, StoreError> {
        store::render(append)
    }

    async fn end(&self, session: &SessionKey) -> Result<SessionEnd, StoreError> {
        let key = session.clone();
        self.run(format!("looking for the end of session {key}"), move |store| store.end(&key)).await
    }

    async fn place(&self, write: &SessionWrite, now: civil::DateTime) -> Result<Placed, StoreError> {
        let write = write.clone();
        let doing = format!("appending to session {}", write.append.session);
        self.run(doing, move |store| store.place(&write, now)).await
    }

    async fn sync(&self, session: &SessionKey) -> Result<(), StoreError> {
        let key = session.clone();
        self.run(format!("bringing session {key} to the disk"), move |store| store.sync(&key)).await
    }

    async fn contains(&self, session: &SessionKey) -> Result<bool, StoreError> {
        let key = session.clone();
        self.run(format!("looking for session {key}"), move |store| store.contains(&key)).await
    }

    async fn list(&self) -> Result<Vec<SessionSummary>, StoreError> {
        self.run("listing the sessions".to_owned(), store::Store::list).await
    }

    async fn reset(&self, session: &SessionKey, now: civil::DateTime) -> Result<usize, StoreError> {
        let key = session.clone();
        self.run(format!("resetting session {key}"), move |store| store.reset(&key, now)).await
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        self.run("refreshing the sessions".to_owned(), store::Store::refresh).await
    }
}

#[cfg(test)]
mod tests;
