//! Sessions: the short-term memory of each chat, one JSON Lines file per session key, in the format of the
//! Python original (`sessions/line.rs`).
//!
//! This file is the port's adapter and moves the work to blocking threads; `sessions/store.rs` does it. It does
//! not decide who may read a session, nor what an unlabelled line of the original is worth.
//!
//! What differs from the original on purpose: an append writes only at the end, a torn line costs nothing,
//! each line carries a label, and each file says whose it is (`nanobot_key` in its metadata). A file of the
//! original does not say it; it belongs to the first session that asks for its name, and says so from the next
//! refresh on.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::intent::SessionAppend;
use nanobot_core::ports::{HistoryMessage, SessionStore, SessionSummary, StoreError};
use nanobot_core::time::civil;

use crate::disk::blocking;

mod folders;
mod head;
mod inspect;
mod line;
mod listing;
mod names;
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

/// Sessions as JSON Lines files. Clones share their locks; open each home once per process.
#[derive(Debug, Clone)]
pub struct JsonlSessions {
    store: Arc<store::Store>,
}

impl JsonlSessions {
    /// The sessions of a home: read from `<home>/sessions` and `<home>/data/sessions`, written to the first.
    /// Touches nothing yet; both folders are created by the first write.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self { store: Arc::new(store::Store::new(&home.into())) }
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
        self.run(format!("reading session {key}"), move |store| store.history(&key, limit)).await
    }

    async fn append(&self, append: &SessionAppend, now: civil::DateTime) -> Result<(), StoreError> {
        let append = append.clone();
        let doing = format!("appending to session {}", append.session);
        self.run(doing, move |store| store.append(&append, now)).await
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
