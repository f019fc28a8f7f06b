//! When which request is to be sent, and in which order the ways to the vendor take turns. All of it is fixed before
//! the first one is sent: a late answer moves nothing.

use std::time::Duration;

/// Requests of a block that come first and count for nothing, as a part of those that count: caches are warm then, and
/// connections open.
const WARM_UP_PART: usize = 5;

/// A block of requests at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// Requests a second.
    pub(crate) rate: u32,
    /// Requests at its start that count for nothing.
    pub(crate) warm_up: usize,
    /// Requests that count.
    pub(crate) measured: usize,
}

impl Block {
    /// A quarter of a second at this rate, behind a warm-up of a fifth of that.
    pub(crate) fn quarter(rate: u32) -> Self {
        let measured = usize::try_from(rate / 4).unwrap_or(usize::MAX).max(1);
        Self { rate, warm_up: measured.div_ceil(WARM_UP_PART), measured }
    }

    /// Requests in all.
    pub(crate) const fn len(self) -> usize {
        self.warm_up + self.measured
    }

    /// When a request is to be sent, from the beginning of the block.
    pub(crate) fn due(self, number: usize) -> Duration {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        Duration::from_secs(1) * number / self.rate
    }
}

/// Who comes when in a round: each round begins with another one, and every second round goes backwards, so that
/// nobody always follows the same one.
pub(crate) fn turns<T: Clone>(all: &[T], round: usize) -> Vec<T> {
    let mut order = all.to_vec();
    if !order.is_empty() {
        let first = round % order.len();
        order.rotate_left(first);
    }
    if !round.is_multiple_of(2) {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_as_far_apart_as_the_rate_says_and_never_drift() {
        let block = Block::quarter(1_000);
        assert_eq!((block.warm_up, block.measured, block.len()), (50, 250, 300));
        assert_eq!(block.due(0), Duration::ZERO);
        assert_eq!(block.due(299), Duration::from_millis(299));
        let third = Block { rate: 3, warm_up: 0, measured: 4 };
        assert_eq!(third.due(3), Duration::from_secs(1), "rounding does not add up");
    }

    #[test]
    fn a_slow_rate_still_has_a_request_that_counts() {
        assert_eq!(Block::quarter(1), Block { rate: 1, warm_up: 1, measured: 1 });
    }

    #[test]
    fn everybody_has_a_turn_in_each_round_and_the_first_one_changes() {
        let rounds: Vec<Vec<char>> = (0..4).map(|round| turns(&['a', 'b', 'c'], round)).collect();
        assert_eq!(
            rounds,
            [vec!['a', 'b', 'c'], vec!['a', 'c', 'b'], vec!['c', 'a', 'b'], vec!['c', 'b', 'a']]
        );
        assert!(turns::<char>(&[], 3).is_empty());
    }
}
