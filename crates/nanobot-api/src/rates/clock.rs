//! The port `Clock` as governor wants it: time that only goes forward.
//!
//! A wall clock that is set back must not lock anybody out until it has caught up: the step counts as no time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::nanos::Nanos;
use nanobot_core::ports::Clock;
use nanobot_core::time::Timestamp;

/// Where time ends: a century after the start. Governor counts nanoseconds in 64 bits and panics beyond them.
const END: Duration = Duration::from_hours(24 * 365 * 100);

/// The time since the first reading. Clones share it.
#[derive(Clone)]
pub(crate) struct SteadyClock {
    clock: Arc<dyn Clock>,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    last: Timestamp,
    passed: Duration,
}

impl SteadyClock {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let seen = Seen { last: clock.now().instant, passed: Duration::ZERO };
        Self { clock, seen: Arc::new(Mutex::new(seen)) }
    }
}

impl governor::clock::Clock for SteadyClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now().instant;
        if let Ok(step) = Duration::try_from(now.duration_since(seen.last)) {
            seen.passed = seen.passed.saturating_add(step).min(END);
        }
        seen.last = now;
        seen.passed.into()
    }
}
