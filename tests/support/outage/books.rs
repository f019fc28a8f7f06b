//! What the vendors wrote down, put together: by vendor and credential, and by turn.

use std::collections::BTreeMap;

use crate::fake_vendor::{Ledger, Outcome};

/// The names of credentials, by key.
pub(super) const CREDENTIALS: [(&str, &str); 4] =
    [(super::plan::MAIN, "main"), ("key-second", "second"), ("key-fallback", "main"), ("", "main")];

/// Sums of one vendor and credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Row {
    pub(super) requests: u64,
    pub(super) answered: u64,
    pub(super) rate_limited: u64,
    pub(super) unauthorised: u64,
    pub(super) server_errors: u64,
    /// The vendor broke off, or the client left.
    pub(super) broken: u64,
    pub(super) client_left: u64,
}

/// All books together.
#[derive(Debug, Clone, Default)]
pub(super) struct Books {
    /// By vendor and credential.
    pub(super) rows: BTreeMap<(String, String), Row>,
    /// How often somebody was asked, by the turn's mark.
    pub(super) attempts: BTreeMap<String, u64>,
    /// Requests whose outcome is unknown.
    pub(super) open: u64,
}

impl Books {
    /// Adds the book of a vendor.
    pub(super) fn add(&mut self, vendor: &str, book: &Ledger) {
        self.open += book.totals.open;
        for entry in &book.entries {
            let name = CREDENTIALS.iter().find(|(key, _)| *key == entry.credential);
            let credential = name.map_or(entry.credential.as_str(), |(_, name)| name);
            let row = self.rows.entry((vendor.to_owned(), credential.to_owned())).or_default();
            row.requests += 1;
            match (entry.outcome, entry.status) {
                (Outcome::Answered, _) => row.answered += 1,
                (Outcome::Refused, 429) => row.rate_limited += 1,
                (Outcome::Refused, 401) => row.unauthorised += 1,
                (Outcome::Refused, _) => row.server_errors += 1,
                (Outcome::Broken | Outcome::Open, _) => row.broken += 1,
                (Outcome::ClientLeft, _) => row.client_left += 1,
            }
            *self.attempts.entry(entry.mark.clone()).or_default() += 1;
        }
    }

    /// The most attempts of one turn.
    pub(super) fn most_attempts(&self) -> u64 {
        self.attempts.values().copied().max().unwrap_or_default()
    }
}
