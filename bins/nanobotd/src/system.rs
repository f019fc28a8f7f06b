//! The real clock and the real mint of ids: the only place where either is read.

use std::time::Duration;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use nanobot_core::ids::TurnId;
use nanobot_core::ports::{Clock, IdGenerator};
use nanobot_core::time::{Timestamp, WallTime};

/// The machine's clock in the machine's zone.
#[derive(Debug)]
pub struct SystemClock {
    zone: TimeZone,
}

impl SystemClock {
    /// Reads the machine's zone once; UTC when the machine does not say.
    pub fn new() -> Self {
        Self { zone: TimeZone::try_system().unwrap_or(TimeZone::UTC) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the clock's one home")]
    fn now(&self) -> WallTime {
        let instant = Timestamp::now();
        let info = self.zone.to_offset_info(instant);
        let name = self.zone.iana_name().map_or_else(|| info.abbreviation().to_owned(), str::to_owned);
        WallTime { instant, offset: info.offset(), zone: name }
    }

    async fn sleep_until(&self, instant: Timestamp) {
        let wait = instant.duration_since(self.now().instant);
        if let Ok(wait) = Duration::try_from(wait) {
            tokio::time::sleep(wait).await;
        }
    }
}

/// Time-ordered ids and random tokens from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdGenerator for SystemIds {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the mint's one home; a UUID is a valid id"
    )]
    fn turn_id(&self) -> TurnId {
        TurnId::new(uuid::Uuid::now_v7().simple().to_string()).expect("a UUID in hex is a valid id")
    }

    #[expect(clippy::expect_used, reason = "without the system's random source no secret may be made up")]
    fn token(&self) -> String {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).expect("the operating system has a random source");
        format!("{:032x}", u128::from_be_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleeping_until_the_past_returns_at_once() {
        SystemClock::new().sleep_until(Timestamp::UNIX_EPOCH).await;
    }

    #[test]
    fn ids_differ_and_tokens_are_32_hex_digits() {
        assert_ne!(SystemIds.turn_id(), SystemIds.turn_id());
        let token = SystemIds.token();
        assert!(token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
