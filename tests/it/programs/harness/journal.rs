//! The journal of a home that nobody serves: filled through the library, before a program reads it.

use nanobot_journal::{JournalOptions, SqliteJournal};

use super::Home;

impl Home {
    /// Opens the journal, does something with it, and closes it.
    pub(crate) fn with_journal<T>(&self, work: impl AsyncFnOnce(&SqliteJournal) -> T) -> T {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let options = JournalOptions::new(self.path("journal/journal.db"));
            let journal = SqliteJournal::open(options).await.unwrap();
            let done = work(&journal).await;
            journal.shut_down().await;
            done
        })
    }
}
