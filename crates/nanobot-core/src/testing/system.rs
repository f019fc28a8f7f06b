//! Time that a test moves, and names in sequence.
#![expect(clippy::expect_used, reason = "test code: a wrong literal in a test should stop it")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::tz::Offset;
use tokio::sync::watch;

use super::event::SENT_AT;
use crate::ids::TurnId;
use crate::ports::{Clock, IdGenerator};
use crate::time::{Timestamp, WallTime};

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct FakeClock {
    now: watch::Sender<Timestamp>,
    sleepers: Sleepers,
    offset: Offset,
    zone: String,
}

/// What happens to those who wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sleepers {
    /// They wait until a test has moved the clock.
    Wait,
    /// The clock jumps to the instant that they wait for.
    Jump,
}

impl FakeClock {
    /// Stands at an instant (RFC 3339), in UTC.
    ///
    /// # Panics
    /// When `instant` is none.
    pub fn at(instant: &str) -> Self {
        let instant: Timestamp = instant.parse().expect("a test names an instant");
        Self {
            now: watch::Sender::new(instant),
            sleepers: Sleepers::Wait,
            offset: Offset::UTC,
            zone: "UTC".to_owned(),
        }
    }

    /// Every wait ends at once and moves the clock to the instant that was waited for.
    #[must_use]
    pub fn auto(mut self) -> Self {
        self.sleepers = Sleepers::Jump;
        self
    }

    /// Shows local time in this zone.
    #[must_use]
    pub fn in_zone(mut self, offset: Offset, zone: &str) -> Self {
        self.offset = offset;
        zone.clone_into(&mut self.zone);
        self
    }

    /// Moves the clock to an instant, also backwards; wakes those whose time has come.
    pub fn set(&self, instant: Timestamp) {
        self.now.send_replace(instant);
    }

    /// Moves the clock forward; wakes those whose time has come.
    ///
    /// # Panics
    /// When the instant would leave the years that exist.
    pub fn advance(&self, by: Duration) {
        let until = self.instant().checked_add(by).expect("the clock stays in range");
        self.set(until);
    }

    /// Where it stands.
    pub fn instant(&self) -> Timestamp {
        *self.now.borrow()
    }
}

impl Default for FakeClock {
    /// Stands at the instant at which events are sent.
    fn default() -> Self {
        Self::at(SENT_AT)
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> WallTime {
        WallTime { instant: self.instant(), offset: self.offset, zone: self.zone.clone() }
    }

    async fn sleep_until(&self, instant: Timestamp) {
        match self.sleepers {
            Sleepers::Jump => self.now.send_modify(|now| *now = instant.max(*now)),
            Sleepers::Wait => {
                let mut seen = self.now.subscribe();
                seen.wait_for(|now| *now >= instant).await.expect("the clock itself holds the sender");
            }
        }
    }
}

/// Names in sequence: `turn-1`, `turn-2`, …; tokens are numbers in hex.
#[derive(Debug, Default)]
pub struct SequenceIds {
    turns: AtomicU64,
    tokens: AtomicU64,
}

impl SequenceIds {
    /// Starts at 1.
    pub fn new() -> Self {
        Self::default()
    }
}

impl IdGenerator for SequenceIds {
    fn turn_id(&self) -> TurnId {
        let number = self.turns.fetch_add(1, Ordering::Relaxed) + 1;
        TurnId::new(format!("turn-{number}")).expect("the text is an identifier")
    }

    fn token(&self) -> String {
        let number = self.tokens.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{number:032x}")
    }
}
