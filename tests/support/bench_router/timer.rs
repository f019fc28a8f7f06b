//! Waits until a moment, to the microsecond: the runtime's own timer knows milliseconds only, and at a thousand
//! requests a second that would be the gap between two of them.

use std::os::fd::OwnedFd;
use std::time::Instant;

use anyhow::{Context as _, Result};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

use crate::now;

/// A timer of the kernel.
pub(crate) struct ExactTimer(AsyncFd<OwnedFd>);

impl ExactTimer {
    #[expect(
        deprecated,
        reason = "its successor is unsafe, for the sake of types that may close their descriptor; this one owns it"
    )]
    pub(crate) fn new() -> Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags).context("cannot make a timer")?;
        Ok(Self(AsyncFd::new(timer).context("cannot wait for a timer")?))
    }

    /// Comes back at that moment. When it has gone by, others get their turn first all the same.
    pub(crate) async fn until(&self, moment: Instant) -> Result<()> {
        let left = moment.saturating_duration_since(now());
        // A timer that is set to nothing never rings.
        if left.is_zero() {
            tokio::task::yield_now().await;
            return Ok(());
        }
        let once = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec {
                tv_sec: i64::try_from(left.as_secs()).context("a moment too far away")?,
                tv_nsec: left.subsec_nanos().into(),
            },
        };
        timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once).context("cannot set a timer")?;
        loop {
            let mut ready = self.0.readable().await?;
            let rang = ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut [0_u8; 8])?));
            if let Ok(rang) = rang {
                rang.context("cannot read a timer")?;
                return Ok(());
            }
        }
    }
}
