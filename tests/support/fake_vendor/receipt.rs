//! The entry of a request while it is being worked on. It is closed when it is dropped at the latest, so that no
//! request is missing in the book, whatever ended it.

use std::sync::Arc;

use super::ledger::{Entry, Outcome, tokens};
use super::state::State;

#[derive(Debug)]
pub(super) struct Receipt {
    state: Arc<State>,
    entry: Entry,
    said_bytes: u64,
}

impl Receipt {
    pub(super) fn open(state: Arc<State>, mut entry: Entry) -> Self {
        entry.number = state.open_entry(entry.clone());
        Self { state, entry, said_bytes: 0 }
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// From now on what was read is charged.
    pub(super) fn work(&mut self) {
        self.entry.input_tokens = tokens(self.entry.input_bytes);
    }

    /// So many more bytes of the answer are charged, up to what was allowed.
    pub(super) fn say(&mut self, bytes: usize) {
        self.said_bytes = self.said_bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let allowed = self.entry.max_tokens.unwrap_or(u64::MAX);
        self.entry.output_tokens = tokens(self.said_bytes).min(allowed);
    }

    /// The status that went out.
    pub(super) fn sent(&mut self, status: u16) {
        self.entry.status = status;
    }

    /// What came of it. The first word counts.
    pub(super) fn close(&mut self, outcome: Outcome) {
        if self.entry.outcome != Outcome::Open {
            return;
        }
        let prices = self.state.options.prices_of(&self.entry.model);
        let read = self.entry.input_tokens.saturating_mul(prices.input);
        self.entry.charged = read.saturating_add(self.entry.output_tokens.saturating_mul(prices.output));
        self.entry.outcome = outcome;
        self.state.close_entry(&self.entry);
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.close(Outcome::Broken);
    }
}
