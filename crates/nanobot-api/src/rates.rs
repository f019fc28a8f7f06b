//! Counts what happened and says whether more may happen now: by governor's GCRA, on our own clock, in memory.
//!
//! Knows nothing of requests. A restart forgets all of it; with a token of 256 bits that helps nobody.

mod clock;
mod peers;

use std::net::IpAddr;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, RateLimiter};

pub(crate) use clock::SteadyClock;
pub use peers::MAX_PEERS;
use peers::Seats;

use crate::limits::{ApiLimits, Rate};

/// One allowance for everybody together.
pub(crate) struct SharedRate {
    limiter: RateLimiter<NotKeyed, InMemoryState, SteadyClock, NoOpMiddleware<Nanos>>,
    clock: SteadyClock,
}

/// An allowance for each peer.
struct PeerRate {
    limiter: RateLimiter<IpAddr, Seats, SteadyClock, NoOpMiddleware<Nanos>>,
    clock: SteadyClock,
}

/// The allowances of the API. Each question uses one up; an error says how long until there is one again.
pub(crate) struct Rates {
    health: PeerRate,
    authorised: SharedRate,
    failed_per_peer: PeerRate,
    failed_in_all: SharedRate,
}

impl Rates {
    pub(crate) fn new(limits: &ApiLimits, clock: &SteadyClock) -> Self {
        Self {
            health: PeerRate::new(limits.health, clock),
            authorised: SharedRate::new(limits.authorised, clock),
            failed_per_peer: PeerRate::new(limits.failed_per_peer, clock),
            failed_in_all: SharedRate::new(limits.failed_in_all, clock),
        }
    }

    /// May this peer ask for health?
    pub(crate) fn health(&self, peer: IpAddr) -> Result<(), Duration> {
        self.health.take(peer)
    }

    /// May the holder of the token ask?
    pub(crate) fn authorised(&self) -> Result<(), Duration> {
        self.authorised.take()
    }

    /// May this peer hear that its token is wrong? If not, it hears that it asks too often.
    pub(crate) fn failed(&self, peer: IpAddr) -> Result<(), Duration> {
        self.failed_per_peer.take(peer)?;
        self.failed_in_all.take()
    }
}

impl SharedRate {
    pub(crate) fn new(rate: Rate, clock: &SteadyClock) -> Self {
        let limiter = RateLimiter::direct_with_clock(rate.quota(), clock.clone());
        Self { limiter, clock: clock.clone() }
    }

    pub(crate) fn take(&self) -> Result<(), Duration> {
        self.limiter.check().map_err(|until| wait(&until, &self.clock))
    }
}

impl PeerRate {
    fn new(rate: Rate, clock: &SteadyClock) -> Self {
        let limiter = RateLimiter::new(rate.quota(), Seats::default(), clock.clone());
        Self { limiter, clock: clock.clone() }
    }

    fn take(&self, peer: IpAddr) -> Result<(), Duration> {
        if self.limiter.len() >= MAX_PEERS {
            // Whoever has its whole allowance again need not be remembered.
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&peers::key(peer)).map_err(|until| wait(&until, &self.clock))
    }
}

fn wait(until: &NotUntil<Nanos>, clock: &SteadyClock) -> Duration {
    until.wait_time_from(clock.now())
}

#[cfg(test)]
mod tests;
