//! How many policy commands one person may give in a minute. The time comes from outside.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The window that slides.
const WINDOW: Duration = Duration::from_mins(1);

/// So many people are remembered; the one who was quiet longest is forgotten first. Only owners give commands,
/// so more than a few are never there.
const MAX_SENDERS: usize = 64;

/// So many commands of one person are remembered; a larger limit counts as this one. Nobody types so many.
const MAX_REMEMBERED: usize = 1_000;

/// The commands of the last minute, by sender.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    seen: BTreeMap<String, VecDeque<Duration>>,
}

impl Limiter {
    /// Counts a command at a monotonic time, unless the sender has had `limit` of them within the last minute.
    pub(super) fn admits(&mut self, sender: &str, now: Duration, limit: usize) -> bool {
        for times in self.seen.values_mut() {
            while times.front().is_some_and(|at| now.saturating_sub(*at) >= WINDOW) {
                times.pop_front();
            }
        }
        self.seen.retain(|_, times| !times.is_empty());
        let count = self.seen.get(sender).map_or(0, VecDeque::len);
        if count >= limit.min(MAX_REMEMBERED) {
            return false;
        }
        if count == 0 && self.seen.len() >= MAX_SENDERS {
            let quiet =
                self.seen.iter().min_by_key(|(_, times)| times.back()).map(|(sender, _)| sender.clone());
            self.seen.remove(&quiet.unwrap_or_default());
        }
        self.seen.entry(sender.to_owned()).or_default().push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn the_window_slides_and_refusals_do_not_count() {
        let mut limiter = Limiter::default();
        assert!(limiter.admits("a", at(0.0), 2) && limiter.admits("a", at(30.0), 2));
        for refused in [31.0, 45.0, 59.9] {
            assert!(!limiter.admits("a", at(refused), 2));
        }
        assert!(limiter.admits("b", at(59.9), 2), "somebody else has a window of his own");
        assert!(limiter.admits("a", at(60.0), 2), "the first is a minute old");
        assert!(!limiter.admits("a", at(89.9), 2) && limiter.admits("a", at(90.0), 2));
    }

    #[test]
    fn a_crowd_does_not_grow_the_memory() {
        let mut limiter = Limiter::default();
        for number in 0..1_000_u32 {
            assert!(limiter.admits(&number.to_string(), at(f64::from(number) / 1_000.0), 1));
        }
        assert!(limiter.seen.len() <= MAX_SENDERS);
        assert!(!limiter.admits("999", at(1.0), 1), "who spoke last is remembered");
    }

    #[test]
    fn a_huge_limit_is_still_one() {
        let mut limiter = Limiter::default();
        assert!((0..MAX_REMEMBERED).all(|_| limiter.admits("a", at(1.0), usize::MAX)));
        assert!(!limiter.admits("a", at(1.0), usize::MAX));
    }
}
