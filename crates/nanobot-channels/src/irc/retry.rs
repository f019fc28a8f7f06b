//! How long to wait before the next connection: doubling, bounded, spread so that a crowd does not come at once.

use std::time::Duration;

/// A connection that served this long, in seconds, was a good one: the next pause is the first again. Shorter ones
/// may be those of a server that lets us in and throws us out.
const GOOD_SECONDS: u32 = 60;

/// The pauses between connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pauses {
    /// The first one.
    pub(super) first: Duration,
    /// The longest one.
    pub(super) longest: Duration,
}

/// Counts connections that came to nothing.
#[derive(Debug)]
pub(super) struct Retry {
    pauses: Pauses,
    failures: u32,
}

impl Retry {
    pub(super) fn new(pauses: Pauses) -> Self {
        Self { pauses, failures: 0 }
    }

    /// The pause after a connection that served for so many seconds, 0 if it never did. `token` is random hex.
    pub(super) fn pause(&mut self, served_seconds: u32, token: &str) -> Duration {
        if served_seconds >= GOOD_SECONDS {
            self.failures = 0;
        }
        let doubled = self.pauses.first.saturating_mul(2_u32.saturating_pow(self.failures.min(16)));
        self.failures = self.failures.saturating_add(1);
        // Up to a quarter is taken off, never added: the longest pause stays the longest.
        let spread = token.get(..4).and_then(|bits| u16::from_str_radix(bits, 16).ok()).unwrap_or_default();
        doubled.min(self.pauses.longest).mul_f64(1.0 - f64::from(spread) / 65_536.0 / 4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry() -> Retry {
        Retry::new(Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(5) })
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_start_anew_after_a_good_connection() {
        let mut retry = retry();
        let pauses: Vec<u64> = (0..5).map(|_| retry.pause(0, "0000").as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 5, 5]);
        assert_eq!(retry.pause(GOOD_SECONDS, "0000"), Duration::from_secs(1));
        assert_eq!(retry.pause(GOOD_SECONDS - 1, "0000"), Duration::from_secs(2));
    }

    #[test]
    fn random_bits_take_off_a_quarter_at_most() {
        assert_eq!(retry().pause(0, "8000ffff"), Duration::from_millis(875));
        assert!(retry().pause(0, "ffff") > Duration::from_millis(749));
        assert_eq!(retry().pause(0, "not hex"), Duration::from_secs(1));
    }
}
