//! What all connections of a vendor share: its options, the rules in force, and the book.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::gate::Gate;
use super::ledger::{Entry, Ledger, Totals};
use super::mood::{Mood, Rule};
use super::options::FakeOptions;

/// Requests whose entries are kept: more than a long outage sends, some 40 MB. Sums go over all.
const KEPT_ENTRIES: usize = 100_000;

#[derive(Debug)]
pub(super) struct State {
    pub(super) options: FakeOptions,
    gate: Gate,
    book: Mutex<Book>,
    changed: Condvar,
}

#[derive(Debug)]
struct Book {
    rules: Vec<Rule>,
    lots: u64,
    totals: Totals,
    entries: VecDeque<Entry>,
}

impl State {
    pub(super) fn new(options: FakeOptions) -> Self {
        let book = Book {
            rules: Vec::new(),
            lots: options.seed,
            totals: Totals::default(),
            entries: VecDeque::new(),
        };
        Self { options, gate: Gate::new(), book: Mutex::new(book), changed: Condvar::new() }
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(super) fn set_rules(&self, rules: Vec<Rule>) {
        let shut = rules.iter().any(Rule::shuts_the_door);
        self.lock().rules = rules;
        self.gate.want_open(!shut);
    }

    /// The mood for a request.
    pub(super) fn mood(&self, credential: &str, model: &str) -> Mood {
        let mut book = self.lock();
        let Book { rules, lots, .. } = &mut *book;
        let mut falls = |share: f64| share >= 1.0 || draw(lots) < share;
        let found = rules.iter().find(|rule| rule.is_for(credential, model) && falls(rule.share));
        found.map_or(Mood::Healthy, |rule| rule.mood)
    }

    /// Eight bytes that mean nothing.
    pub(super) fn noise(&self) -> [u8; 8] {
        next(&mut self.lock().lots).to_le_bytes()
    }

    /// Opens an entry and gives it its number.
    pub(super) fn open_entry(&self, mut entry: Entry) -> u64 {
        let mut book = self.lock();
        book.totals.requests += 1;
        book.totals.open += 1;
        entry.number = book.totals.requests;
        let number = entry.number;
        if book.entries.len() == KEPT_ENTRIES {
            book.entries.pop_front();
        }
        book.entries.push_back(entry);
        drop(book);
        self.changed.notify_all();
        number
    }

    /// Closes an entry, which is in the sums from then on.
    pub(super) fn close_entry(&self, entry: &Entry) {
        let mut book = self.lock();
        book.totals.count(entry);
        // Numbers are without gaps, so the first one tells where every other is.
        let first = book.entries.front().map_or(0, |first| first.number);
        let index = entry.number.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        if let Some(kept) = index.and_then(|index| book.entries.get_mut(index)) {
            kept.clone_from(entry);
        }
        drop(book);
        self.changed.notify_all();
    }

    pub(super) fn ledger(&self) -> Ledger {
        let book = self.lock();
        Ledger { totals: book.totals, entries: book.entries.iter().cloned().collect() }
    }

    pub(super) fn totals(&self) -> Totals {
        self.lock().totals
    }

    pub(super) fn rules(&self) -> Vec<Rule> {
        self.lock().rules.clone()
    }

    pub(super) fn wait_for(&self, limit: Duration, is_so: impl Fn(&Totals) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |book| !is_so(&book.totals));
        waited.is_ok_and(|(book, _)| is_so(&book.totals))
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same everywhere.
fn next(lots: &mut u64) -> u64 {
    *lots = lots.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *lots;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number from 0 up to, but not including, 1.
fn draw(lots: &mut u64) -> f64 {
    let upper = u32::try_from(next(lots) >> 32).unwrap_or(0);
    f64::from(upper) / 4_294_967_296.0
}
