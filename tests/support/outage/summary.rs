//! What a campaign found, for people and for scripts.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::books::Row;
use super::check::{ADDED, MOST_ATTEMPTS};

/// What a campaign found.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Its seed.
    pub seed: u64,
    /// Turns that came to an end.
    pub turns: usize,
    /// Those with an answer.
    pub answered: usize,
    pub(super) added: Vec<Duration>,
    pub(super) restarts: u64,
    pub(super) most_attempts: u64,
    /// Every way of failing had its outage.
    pub is_complete: bool,
    pub(super) recoveries: Vec<Found>,
    pub(super) books: BTreeMap<(String, String), Row>,
    pub(super) at_shut_door: u64,
    /// Moves to another model.
    pub fallbacks: u64,
    /// Circuits that opened.
    pub opened: u64,
    /// Probes of open circuits.
    pub probed: u64,
    pub(super) closed: u64,
    /// What is not as promised; the first ones.
    pub failures: Vec<String>,
    /// How many there are in all.
    pub failed: usize,
    /// The plain client.
    pub plain: PlainResult,
    pub(super) took: Duration,
}

/// How an outage ended.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) outage: String,
    pub(super) lasted: Duration,
    pub(super) after: Option<Duration>,
    pub(super) allowed: Duration,
}

/// What became of the plain client.
#[derive(Debug, Clone, Default)]
pub struct PlainResult {
    /// Turns without an answer.
    pub failed: usize,
    pub(super) added: Vec<Duration>,
    pub(super) attempts: u64,
}

impl Summary {
    /// Every promise was kept.
    pub fn is_green(&self) -> bool {
        self.failed == 0
    }

    /// For scripts.
    pub fn json(&self) -> Value {
        let books = self.books.iter().map(|((vendor, credential), row)| {
            json!({
                "vendor": vendor, "credential": credential, "requests": row.requests, "answered": row.answered,
                "rate_limited": row.rate_limited, "unauthorised": row.unauthorised,
                "server_errors": row.server_errors, "broken": row.broken, "client_left": row.client_left,
            })
        });
        let recoveries = self.recoveries.iter().map(|found| {
            json!({
                "outage": found.outage, "lasted_ms": ms(found.lasted), "found_ms": found.after.map(ms),
                "allowed_ms": ms(found.allowed),
            })
        });
        json!({
            "seed": self.seed,
            "turns": self.turns,
            "answered": self.answered,
            "added_ms": added_json(&self.added),
            "added_allowed_ms": ms(ADDED),
            "restarts": self.restarts,
            "most_attempts": self.most_attempts,
            "attempts": books.collect::<Vec<_>>(),
            "at_shut_door": self.at_shut_door,
            "fallbacks": self.fallbacks,
            "circuits": {"opened": self.opened, "probed": self.probed, "closed": self.closed},
            "outages": recoveries.collect::<Vec<_>>(),
            "plain": {
                "failed": self.plain.failed, "added_ms": added_json(&self.plain.added),
                "attempts": self.plain.attempts,
            },
            "failures": self.failures,
            "failed": self.failed,
            "took_seconds": self.took.as_secs(),
            "green": self.is_green(),
        })
    }
}

fn added_json(added: &[Duration]) -> Value {
    json!({"p50": ms(at(added, 500)), "p99": ms(at(added, 990)), "max": ms(at(added, 1000))})
}

/// The value below which so many thousandths lie.
fn at(sorted: &[Duration], thousandths: usize) -> Duration {
    let index = (sorted.len() * thousandths / 1000).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} turns, {} answered; seed {}, {:.0?}",
            self.turns, self.answered, self.seed, self.took
        )?;
        writeln!(f)?;
        writeln!(
            f,
            "{:<18} {:>8} {:>8} {:>6} {:>6} {:>6} {:>7} {:>11}",
            "vendor/key", "requests", "answered", "429", "401", "5xx", "broken", "client left"
        )?;
        for ((vendor, credential), row) in &self.books {
            writeln!(
                f,
                "{:<18} {:>8} {:>8} {:>6} {:>6} {:>6} {:>7} {:>11}",
                format!("{vendor}/{credential}"),
                row.requests,
                row.answered,
                row.rate_limited,
                row.unauthorised,
                row.server_errors,
                row.broken,
                row.client_left
            )?;
        }
        writeln!(f, "connections that failed at a shut door: {}", self.at_shut_door)?;
        writeln!(f)?;
        for found in &self.recoveries {
            let again = found.after.map_or_else(|| "never".to_owned(), |found| format!("{} ms", ms(found)));
            writeln!(
                f,
                "{:<48} {:>5} ms, primary found after {again:>8} (allowed {} ms)",
                found.outage,
                ms(found.lasted),
                ms(found.allowed)
            )?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "fallbacks {}, circuits opened {}, probed {}, closed {}; answers begun anew in a chat {}",
            self.fallbacks, self.opened, self.probed, self.closed, self.restarts
        )?;
        writeln!(f, "attempts of one call: at most {} (allowed {MOST_ATTEMPTS})", self.most_attempts)?;
        writeln!(f, "{:<22} {:>8} {:>9} {:>9} {:>9}", "added time", "failed", "p50", "p99", "max")?;
        let rows = [
            ("router", self.turns - self.answered, &self.added),
            ("plain, three retries", self.plain.failed, &self.plain.added),
        ];
        for (name, failed, added) in rows {
            let [p50, p99, max] = [500, 990, 1000].map(|share| format!("{} ms", ms(at(added, share))));
            writeln!(f, "{name:<22} {failed:>8} {p50:>9} {p99:>9} {max:>9}")?;
        }
        writeln!(f, "allowed: {} ms", ms(ADDED))?;
        for failure in &self.failures {
            writeln!(f, "FAILED  {failure}")?;
        }
        if self.failed > self.failures.len() {
            writeln!(f, "FAILED  and {} more", self.failed - self.failures.len())?;
        }
        writeln!(f, "{}", if self.is_green() { "every promise was kept" } else { "NOT as promised" })
    }
}
