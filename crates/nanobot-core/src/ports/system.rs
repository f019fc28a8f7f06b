//! What the machine gives: time and fresh names.

use async_trait::async_trait;

use crate::ids::TurnId;
use crate::time::{Timestamp, WallTime};

/// The clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// One reading.
    fn now(&self) -> WallTime;

    /// Waits until the instant has come; at once, if it has.
    async fn sleep_until(&self, instant: Timestamp);
}

/// The mint of fresh names.
pub trait IdGenerator: Send + Sync {
    /// A turn id that was never given before, also by an earlier process.
    fn turn_id(&self) -> TurnId;

    /// A word of 128 random bits (32 hex digits) that nobody can guess.
    fn token(&self) -> String;
}
