//! What our telemetry said, counted. It keeps sums, and for each answer when it came.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nanobot_core::ports::{Clock, Telemetry};
use nanobot_core::telemetry::{CircuitState, ModelAttempt, TelemetryEvent};
use nanobot_core::time::Timestamp;

/// Takes facts and counts them.
pub(super) struct Tally {
    clock: Arc<dyn Clock>,
    /// Of so many attempts one is left out; none is honest.
    loses: Option<u64>,
    counts: Mutex<Counts>,
}

/// The sums.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// Attempts by provider, credential and outcome.
    pub(super) attempts: BTreeMap<(String, String), BTreeMap<&'static str, u64>>,
    /// Connections that failed while a door was shut, by provider and credential.
    pub(super) at_shut_door: BTreeMap<(String, String), u64>,
    pub(super) fallbacks: u64,
    pub(super) opened: u64,
    pub(super) probed: u64,
    pub(super) closed: u64,
    pub(super) store_failures: u64,
    /// When each answer came, from whom, with which credential.
    pub(super) answers: Vec<(Timestamp, String, String)>,
    heard: u64,
    door_is_shut: bool,
}

impl Tally {
    pub(super) fn new(clock: Arc<dyn Clock>, loses: Option<u64>) -> Self {
        Self { clock, loses, counts: Mutex::default() }
    }

    /// A door is shut, or was until a moment ago.
    pub(super) fn door_is_shut(&self, shut: bool) {
        self.hold().door_is_shut = shut;
    }

    pub(super) fn counts(&self) -> Counts {
        self.hold().clone()
    }

    fn hold(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt(&self, attempt: &ModelAttempt) {
        let now = self.clock.now().instant;
        let mut counts = self.hold();
        counts.heard += 1;
        let who = (attempt.provider.clone(), attempt.credential.clone());
        if attempt.outcome == "ok" {
            counts.answers.push((now, who.0.clone(), who.1.clone()));
        }
        if self.loses.is_some_and(|every| counts.heard.is_multiple_of(every)) {
            return;
        }
        if attempt.outcome == "network" && counts.door_is_shut {
            *counts.at_shut_door.entry(who.clone()).or_default() += 1;
        }
        *counts.attempts.entry(who).or_default().entry(attempt.outcome).or_default() += 1;
    }
}

impl Telemetry for Tally {
    fn record(&self, event: &TelemetryEvent) {
        match event {
            TelemetryEvent::ModelAttempt(attempt) => self.attempt(attempt),
            TelemetryEvent::ModelFallback { .. } => self.hold().fallbacks += 1,
            TelemetryEvent::Circuit { state, .. } => {
                let mut counts = self.hold();
                match state {
                    CircuitState::Open => counts.opened += 1,
                    CircuitState::HalfOpen => counts.probed += 1,
                    CircuitState::Closed => counts.closed += 1,
                }
            }
            TelemetryEvent::StoreFailed { .. } => self.hold().store_failures += 1,
            // The pipeline's facts do not come about without one.
            _ => {}
        }
    }
}
