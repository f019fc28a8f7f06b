//! The limits of the API, each with its reason. Numbers only; they are applied in `rates.rs`, `gate.rs` and
//! `server.rs`.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;

/// Longest head of a request, in bytes (16 KiB): four times the longest token. Longer: 431.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;

/// Most header lines of a request: twice what a browser sends. More: 431.
pub const MAX_HEADERS: usize = 64;

/// How often something may happen: so many per second or minute, and so many at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Quota);

impl Rate {
    /// So many per second, evenly spread, with a burst. 0 counts as 1.
    pub const fn per_second(count: u32, burst: u32) -> Self {
        Self(Quota::per_second(at_least_one(count)).allow_burst(at_least_one(burst)))
    }

    /// So many per minute, evenly spread, with a burst. 0 counts as 1.
    pub const fn per_minute(count: u32, burst: u32) -> Self {
        Self(Quota::per_minute(at_least_one(count)).allow_burst(at_least_one(burst)))
    }

    pub(crate) const fn quota(self) -> Quota {
        self.0
    }
}

/// What the API takes, and for how long. The defaults are for one household; a daemon has no reason to change them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ApiLimits {
    /// `/health`, for each peer: ten a second, twenty at once. A monitor asks once a second.
    pub health: Rate,
    /// Requests with the right token, all together: ten a second, thirty at once. Prometheus asks every few seconds.
    pub authorised: Rate,
    /// Requests without the right token, for each peer: five a minute and five at once, enough for a typing error.
    pub failed_per_peer: Rate,
    /// Requests without the right token, all together: sixty a minute and sixty at once, so that many addresses
    /// are worth little more than one. Each of them is a row in the audit log.
    pub failed_in_all: Rate,
    /// Connections at once: 64. Further ones wait, unaccepted, in the queue of the operating system. 0 counts as 1.
    pub connections: usize,
    /// How long a peer may take to send the head of a request, and how long a connection may be idle before the
    /// next one: 5 s. Whoever sends more slowly is cut.
    pub header_read: Duration,
    /// How long one request may take from its head to the head of its answer: 10 s.
    pub request: Duration,
    /// How long writing a row of the audit log may hold up a refusal: 3 s, well within a request's time.
    pub audit: Duration,
    /// How old a connection may become: 2 minutes. So one whose peer does not read its answers ends, too.
    pub connection_age: Duration,
    /// How long an answer that is under way may take when the server stops or the connection is too old: 1.5 s. A
    /// daemon that ends gives its tasks two, and the longest answer, the metrics, takes milliseconds.
    pub drain: Duration,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            health: Rate::per_second(10, 20),
            authorised: Rate::per_second(10, 30),
            failed_per_peer: Rate::per_minute(5, 5),
            failed_in_all: Rate::per_minute(60, 60),
            connections: 64,
            header_read: Duration::from_secs(5),
            request: Duration::from_secs(10),
            audit: Duration::from_secs(3),
            connection_age: Duration::from_mins(2),
            drain: Duration::from_millis(1_500),
        }
    }
}

const fn at_least_one(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}
