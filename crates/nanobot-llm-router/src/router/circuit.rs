//! One circuit breaker: whether a provider is asked at all. It knows no clock and no names.
//!
//! ```text
//!            failures in a row, or a refusal             the time is up, and somebody calls
//!   Closed ────────────────────────────────▶ Open ──────────────────────────────────────▶ Probing
//!     ▲                                       ▲  ◀────────────── it failed, or was dropped ──┤
//!     └───────────────────────────────────────┼──────────────────── it worked ───────────────┘
//! ```
//!
//! A cooldown of zero is none: the circuit opens, which is told and counted, and whoever calls next probes at once. One
//! probes at a time all the same, and what the provider itself asks for is waited for.

use std::time::Duration;

use nanobot_core::model::ModelErrorKind;
use nanobot_core::time::Timestamp;

/// Failures in a row that open a circuit. One may be chance; with three, a second of many chats is lost at most.
pub(crate) const FAILURES: u32 = 3;

/// The longest time that a circuit stays open before somebody tries again, unless the provider asks for more.
pub(crate) const LONGEST: Duration = Duration::from_mins(15);

/// The longest time that a provider may ask for. A `Retry-After` of a day is a mistake more often than not, and one
/// attempt an hour is no burden.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// The longest time for a refused credential: a person has to mend that.
pub(crate) const LONGEST_REFUSED: Duration = Duration::from_hours(6);

/// A circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Circuit {
    Closed { failures: u32 },
    Open { until: Timestamp, trips: u32, reason: &'static str },
    Probing { trips: u32, reason: &'static str },
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Ask.
    Closed,
    /// Ask as the one that tries whether it works again.
    MayProbe,
    /// Wait until then.
    Open(Timestamp),
    /// Somebody is trying just now.
    Probing,
}

impl Default for Circuit {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Circuit {
    pub(crate) fn look(&self, now: Timestamp) -> Look {
        match self {
            Self::Closed { .. } => Look::Closed,
            Self::Open { until, .. } if *until <= now => Look::MayProbe,
            Self::Open { until, .. } => Look::Open(*until),
            Self::Probing { .. } => Look::Probing,
        }
    }

    /// A call begins. Whoever may probe does. A wait that ended long ago is no reason for a longer one: nobody asked
    /// meanwhile, because another credential answered.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        if let Self::Open { until, trips, reason } = *self
            && until <= now
        {
            let is_stale = until.checked_add(LONGEST).is_ok_and(|forgotten| forgotten <= now);
            *self = Self::Probing { trips: if is_stale { 0 } else { trips }, reason };
        }
    }

    /// A call worked.
    pub(crate) fn worked(&mut self) {
        *self = Self::default();
    }

    /// A call failed. Opens at the last of several failures, or when a probe fails.
    pub(crate) fn failed(
        &mut self,
        kind: ModelErrorKind,
        is_probe: bool,
        cooldown: Duration,
        now: Timestamp,
    ) {
        match *self {
            Self::Closed { failures } if failures + 1 < FAILURES => {
                *self = Self::Closed { failures: failures + 1 };
            }
            Self::Closed { .. } => self.open(kind, None, cooldown, now),
            Self::Probing { .. } if is_probe => self.open(kind, None, cooldown, now),
            // A call from before the opening says nothing new.
            Self::Open { .. } | Self::Probing { .. } => {}
        }
    }

    /// A call was refused: opens at once. `wait` is what the provider asks for.
    pub(crate) fn open(
        &mut self,
        kind: ModelErrorKind,
        wait: Option<Duration>,
        cooldown: Duration,
        now: Timestamp,
    ) {
        let trips = match *self {
            Self::Closed { .. } => 1,
            Self::Probing { trips, .. } => trips.saturating_add(1),
            // Calls that ran side by side are one refusal.
            Self::Open { trips, .. } => trips,
        };
        let longest = match kind {
            ModelErrorKind::Auth | ModelErrorKind::Billing => LONGEST_REFUSED,
            _ => LONGEST,
        };
        let factor = 1_u32 << trips.saturating_sub(1).min(16);
        let usual = cooldown.saturating_mul(factor).min(longest.max(cooldown));
        let until =
            now.checked_add(wait.map_or(usual, |wait| wait.min(LONGEST_ASKED))).unwrap_or(Timestamp::MAX);
        let until = match *self {
            Self::Open { until: before, .. } => before.max(until),
            Self::Closed { .. } | Self::Probing { .. } => until,
        };
        *self = Self::Open { until, trips, reason: kind.code() };
    }

    /// The one that tried was dropped in the middle: the next one tries.
    pub(crate) fn dropped(&mut self, now: Timestamp) {
        if let Self::Probing { trips, reason } = *self {
            *self = Self::Open { until: now, trips: trips.max(1), reason };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOLDOWN: Duration = Duration::from_mins(1);
    const DOWN: ModelErrorKind = ModelErrorKind::Server;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn opened() -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..FAILURES {
            assert_eq!(circuit.look(at(0)), Look::Closed);
            circuit.failed(DOWN, true, COOLDOWN, at(0));
        }
        circuit
    }

    #[test]
    fn several_failures_in_a_row_open_it_for_the_cooldown() {
        let circuit = opened();
        assert_eq!(circuit.look(at(59)), Look::Open(at(60)));
        assert_eq!(circuit.look(at(60)), Look::MayProbe);
        let mut mended = Circuit::default();
        for _ in 0..10 {
            mended.failed(DOWN, true, COOLDOWN, at(0));
            mended.worked();
        }
        assert_eq!(mended.look(at(0)), Look::Closed, "not in a row");
    }

    #[test]
    fn one_call_probes_and_the_others_keep_away() {
        let mut circuit = opened();
        circuit.begin(at(60));
        assert_eq!(circuit.look(at(60)), Look::Probing);
        circuit.begin(at(61));
        assert_eq!(circuit.look(at(61)), Look::Probing, "a last chance does not make a second probe");
        circuit.worked();
        assert_eq!(circuit.look(at(62)), Look::Closed);
    }

    #[test]
    fn each_failed_probe_doubles_the_wait_up_to_a_limit() {
        let mut circuit = opened();
        let mut now = 60;
        let mut waits = Vec::new();
        for _ in 0..7 {
            circuit.begin(at(now));
            circuit.failed(DOWN, true, COOLDOWN, at(now));
            let Look::Open(until) = circuit.look(at(now)) else { panic!("it is open") };
            waits.push(until.duration_since(at(now)).as_secs());
            now = until.as_second() - at(0).as_second();
        }
        assert_eq!(waits, [120, 240, 480, 900, 900, 900, 900]);
    }

    #[test]
    fn a_provider_that_says_how_long_is_believed() {
        let mut circuit = Circuit::default();
        let hour = Some(Duration::from_hours(1));
        circuit.open(ModelErrorKind::RateLimited, hour, COOLDOWN, at(0));
        assert_eq!(circuit.look(at(0)), Look::Open(at(3600)));
        circuit.open(ModelErrorKind::RateLimited, None, COOLDOWN, at(1));
        assert_eq!(circuit.look(at(1)), Look::Open(at(3600)), "another refusal never shortens it");
    }

    #[test]
    fn a_credential_that_nobody_needed_for_long_waits_no_longer_than_at_first() {
        let mut circuit = opened();
        circuit.begin(at(60));
        circuit.failed(DOWN, true, COOLDOWN, at(60));
        assert_eq!(circuit.look(at(60)), Look::Open(at(180)), "twice as long at once");
        let later = 180 + 15 * 60;
        circuit.begin(at(later));
        circuit.failed(DOWN, true, COOLDOWN, at(later));
        assert_eq!(circuit.look(at(later)), Look::Open(at(later + 60)), "as at first");
    }

    #[test]
    fn without_a_cooldown_the_next_call_probes_at_once() {
        const NONE: Duration = Duration::ZERO;
        let mut circuit = Circuit::default();
        for _ in 0..FAILURES {
            assert_eq!(circuit.look(at(0)), Look::Closed);
            circuit.failed(DOWN, true, NONE, at(0));
        }
        for _ in 0..40 {
            assert_eq!(circuit.look(at(0)), Look::MayProbe, "no wait, and none that grows");
            circuit.begin(at(0));
            assert_eq!(circuit.look(at(0)), Look::Probing, "one at a time");
            circuit.failed(DOWN, true, NONE, at(0));
        }
        let asked_for = Some(Duration::from_mins(1));
        circuit.open(ModelErrorKind::RateLimited, asked_for, NONE, at(0));
        assert_eq!(circuit.look(at(59)), Look::Open(at(60)), "the provider's own wish holds");
        circuit.begin(at(60));
        circuit.worked();
        assert_eq!(circuit.look(at(60)), Look::Closed);
    }

    #[test]
    fn a_probe_that_was_dropped_after_a_long_rest_opens_for_the_usual_time() {
        let mut circuit = opened();
        let later = 60 + 15 * 60;
        circuit.begin(at(later));
        circuit.dropped(at(later));
        circuit.open(ModelErrorKind::RateLimited, None, COOLDOWN, at(later));
        assert_eq!(circuit.look(at(later)), Look::Open(at(later + 60)));
    }

    #[test]
    fn who_asks_for_more_than_an_hour_is_tried_after_one() {
        let mut circuit = Circuit::default();
        let milliseconds_meant_as_seconds = Some(Duration::from_mins(1_000));
        circuit.open(ModelErrorKind::RateLimited, milliseconds_meant_as_seconds, COOLDOWN, at(0));
        assert_eq!(circuit.look(at(0)), Look::Open(at(3600)));
    }

    #[test]
    fn a_late_failure_does_not_end_the_probe_of_another_call() {
        let mut circuit = opened();
        circuit.begin(at(60));
        circuit.failed(DOWN, false, COOLDOWN, at(60));
        assert_eq!(circuit.look(at(60)), Look::Probing);
    }

    #[test]
    fn a_dropped_probe_lets_the_next_one_try() {
        let mut circuit = opened();
        circuit.begin(at(60));
        circuit.dropped(at(61));
        assert_eq!(circuit.look(at(61)), Look::MayProbe);
        let mut closed = Circuit::default();
        closed.dropped(at(0));
        assert_eq!(closed.look(at(0)), Look::Closed);
    }

    #[test]
    fn late_failures_of_the_same_outage_change_nothing() {
        let mut circuit = opened();
        let before = circuit;
        circuit.failed(DOWN, true, COOLDOWN, at(30));
        assert_eq!(circuit, before);
    }
}
