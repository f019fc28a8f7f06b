//! Promises broken on purpose. A campaign that stays green over one of these looks at nothing.

mod journal;
mod sessions;

use std::sync::Arc;

use nanobot_journal::{JournalOptions, SqliteJournal, Synchronous};
use nanobotd::{Adapters, Boot, StartError};

use crate::args::Sabotage;
use journal::{Early, WithoutOutbox};
use sessions::Blind;

/// Breaks one promise.
///
/// # Errors
/// When the journal cannot be opened a second time.
pub(crate) async fn apply(
    sabotage: Sabotage,
    adapters: Adapters,
    boot: &Boot,
) -> Result<Adapters, StartError> {
    Ok(match sabotage {
        Sabotage::SyncOff => {
            // A second handle on the same file; the first one stays unused.
            let mut options = JournalOptions::new(boot.home.journal());
            options.synchronous = Synchronous::Off;
            let journal = Arc::new(SqliteJournal::open(options).await?);
            Adapters { journal: journal.clone(), lines: journal.clone(), outbox: journal, ..adapters }
        }
        Sabotage::AckBeforeCommit => Adapters { journal: Arc::new(Early::new(adapters.journal)), ..adapters },
        Sabotage::CloseWithoutOutbox => {
            Adapters { journal: Arc::new(WithoutOutbox { inner: adapters.journal }), ..adapters }
        }
        Sabotage::BlindAppend => {
            Adapters { sessions: Arc::new(Blind { inner: adapters.sessions }), ..adapters }
        }
    })
}
