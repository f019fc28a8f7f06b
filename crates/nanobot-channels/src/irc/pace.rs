//! Our own flood limit: a bucket of lines that may go out at once and fills up again over time.
//!
//! Holds no clock: whoever owns it tells it when time has passed.

use std::time::Duration;

/// How fast lines go out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    /// Lines that may go out at once after a rest.
    pub(super) burst: u32,
    /// Time between two lines beyond that.
    pub(super) interval: Duration,
}

/// The lines that may go out now.
#[derive(Debug)]
pub(super) struct Bucket {
    lines: i64,
    burst: i64,
}

impl Bucket {
    /// Full.
    pub(super) fn new(burst: u32) -> Self {
        let burst = i64::from(burst);
        Self { lines: burst, burst }
    }

    /// Whether it needs no refill.
    pub(super) fn is_full(&self) -> bool {
        self.lines >= self.burst
    }

    /// Takes a line out, if one is in.
    pub(super) fn take(&mut self) -> bool {
        let is_there = self.lines > 0;
        if is_there {
            self.lines -= 1;
        }
        is_there
    }

    /// Takes a line out even if none is in: it must go out now, and others wait for it longer. The debt is at
    /// most a burst.
    pub(super) fn take_anyway(&mut self) {
        self.lines = (self.lines - 1).max(-self.burst);
    }

    /// Puts one line in.
    pub(super) fn refill(&mut self) {
        self.lines = (self.lines + 1).min(self.burst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_out_and_then_one_line_for_each_refill() {
        let mut bucket = Bucket::new(2);
        assert!(bucket.is_full());
        assert!(bucket.take() && bucket.take() && !bucket.take());
        bucket.refill();
        assert!(bucket.take() && !bucket.take());
        for _ in 0..9 {
            bucket.refill();
        }
        assert!(bucket.is_full() && bucket.take() && bucket.take() && !bucket.take());
    }

    #[test]
    fn what_must_go_out_is_paid_for_later_up_to_a_burst() {
        let mut bucket = Bucket::new(1);
        for _ in 0..9 {
            bucket.take_anyway();
        }
        bucket.refill();
        assert!(!bucket.take());
        bucket.refill();
        assert!(bucket.take());
    }
}
