//! The way of one call along its chain: whom to ask next, when to wait, when to give up. It asks nobody itself, reads
//! no clock, and changes no circuit.
//!
//! Whoever was not asked yet comes first, in the order of the chain. Then those that failed get another try, after a
//! wait that doubles. When all are cooling down one is asked all the same: a cooldown saves the others from waiting,
//! it is no reason to give up without having asked anybody.

use std::time::Duration;

use nanobot_core::model::ModelErrorKind;
use nanobot_core::time::Timestamp;

use super::circuit::Look;
use super::verdict::{Then, verdict};

/// How often one candidate is asked in one call.
pub(crate) const TRIES_EACH: u32 = 3;

/// The wait before a second try. It doubles before the third.
pub(crate) const BACKOFF: Duration = Duration::from_millis(500);

/// The longest single wait for a circuit. A vendor's limit for a minute is often over sooner, and an answer after it is
/// better than none; who would have to wait longer is better told.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How often it is looked whether somebody else's probe has ended.
pub(crate) const PROBE_LOOK: Duration = Duration::from_millis(100);

/// A model at a provider with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The place of its model in the chain.
    pub(crate) hop: usize,
    /// The number of its credential, the same for all models that use it.
    pub(crate) credential: usize,
    /// How many tokens its model takes, where that is known.
    pub(crate) context_tokens: Option<u32>,
}

/// What a call may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WalkLimits {
    /// Attempts in all.
    pub(crate) attempts: u32,
    /// Time that is lost with attempts that fail and waits between them. One attempt more may follow.
    pub(crate) patience: Duration,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Ask this candidate.
    Try(usize),
    /// Look again then.
    Wait(Timestamp),
    /// There is nobody left.
    GiveUp,
}

/// A call under way.
#[derive(Debug)]
pub(crate) struct Walk {
    limits: WalkLimits,
    states: Vec<State>,
    attempts: u32,
    lost: Duration,
    stopped: bool,
    used_last_chance: bool,
}

#[derive(Debug)]
struct State {
    candidate: Candidate,
    barred: bool,
    tries: u32,
    /// Not asked again before.
    ready: Option<Timestamp>,
}

impl Walk {
    pub(crate) fn new(candidates: Vec<Candidate>, limits: WalkLimits) -> Self {
        let state = |candidate| State { candidate, barred: false, tries: 0, ready: None };
        let states = candidates.into_iter().map(state).collect();
        Self { limits, states, attempts: 0, lost: Duration::ZERO, stopped: false, used_last_chance: false }
    }

    /// What to do next. `looks` are the circuits of the candidates, in their order.
    pub(crate) fn next(&self, looks: &[Look], now: Timestamp) -> Next {
        if self.stopped || self.attempts >= self.limits.attempts {
            return Next::GiveUp;
        }
        let open = || self.states.iter().zip(looks).enumerate().filter(|(_, (state, _))| !state.barred);
        let is_patient = self.attempts == 0 || !self.left().is_zero();
        let fresh = open()
            .find(|(_, (state, look))| state.tries == 0 && matches!(look, Look::Closed | Look::MayProbe));
        if let Some((index, _)) = fresh
            && (is_patient || !self.used_last_chance)
        {
            return Next::Try(index);
        }
        if self.attempts > 0 && is_patient {
            let again = open()
                .filter(|(_, (state, _))| state.tries < TRIES_EACH)
                .map(|(index, (state, look))| (state.ready_at(*look, now), index))
                .min();
            let limit = now.checked_add(self.left().min(LONGEST_WAIT)).unwrap_or(Timestamp::MAX);
            match again {
                Some((at, index)) if at <= now => return Next::Try(index),
                Some((at, _)) if at <= limit => return Next::Wait(at),
                _ => {}
            }
        }
        // All are cooling, or too slow to come back.
        let soonest =
            open().filter(|(_, (state, _))| state.tries == 0).min_by_key(|(_, (_, look))| match look {
                Look::Open(until) => *until,
                Look::Closed | Look::MayProbe | Look::Probing => now,
            });
        match soonest {
            Some((index, _)) if !self.used_last_chance => Next::Try(index),
            _ => Next::GiveUp,
        }
    }

    /// The candidate is asked now; `look` is what made it so.
    pub(crate) fn begins(&mut self, index: usize, look: Look) {
        let is_last_chance =
            matches!(look, Look::Open(_) | Look::Probing) || (self.attempts > 0 && self.left().is_zero());
        self.used_last_chance |= is_last_chance;
        self.attempts += 1;
        if let Some(state) = self.states.get_mut(index) {
            state.tries += 1;
        }
    }

    /// It was not asked after all, and may be asked again.
    pub(crate) fn was_not_asked(&mut self, index: usize) {
        self.attempts = self.attempts.saturating_sub(1);
        if let Some(state) = self.states.get_mut(index) {
            state.tries = state.tries.saturating_sub(1);
        }
    }

    /// Whether somebody else is there who was not asked yet and could be.
    pub(crate) fn has_another(&self, index: usize, looks: &[Look]) -> bool {
        self.states.iter().zip(looks).enumerate().any(|(other, (state, look))| {
            let is_open = matches!(look, Look::Closed | Look::MayProbe);
            other != index && !state.barred && state.tries == 0 && is_open
        })
    }

    /// It failed. `jitter` is 0..=1 and shortens the wait before it is asked again by up to a half, so that many calls
    /// that failed together do not come back together.
    pub(crate) fn failed(
        &mut self,
        index: usize,
        kind: ModelErrorKind,
        took: Duration,
        jitter: f64,
        now: Timestamp,
    ) {
        self.lost += took;
        let Some(state) = self.states.get_mut(index) else { return };
        let doubled = BACKOFF.saturating_mul(1 << state.tries.saturating_sub(1).min(8));
        state.ready = now.checked_add(doubled.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)).ok();
        let failed = state.candidate;
        match verdict(kind).then {
            Then::Stop => self.stopped = true,
            Then::Next => {}
            Then::OtherCredential => self.bar(|other| other.credential == failed.credential),
            Then::OtherModel => self.bar(|other| other.hop == failed.hop),
            Then::LargerContext => {
                let too_small = failed.context_tokens.unwrap_or(0);
                self.bar(|other| other.context_tokens.is_none_or(|tokens| tokens <= too_small));
            }
        }
    }

    /// Time went by with waiting.
    pub(crate) fn waited(&mut self, took: Duration) {
        self.lost += took;
    }

    /// A model may not be asked at all.
    pub(crate) fn bar_hop(&mut self, hop: usize) {
        self.bar(|other| other.hop == hop);
    }

    /// How often somebody was asked.
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What is lost so far.
    pub(crate) const fn lost(&self) -> Duration {
        self.lost
    }

    /// What may still be lost.
    pub(crate) const fn left(&self) -> Duration {
        self.limits.patience.saturating_sub(self.lost)
    }

    fn bar(&mut self, which: impl Fn(&Candidate) -> bool) {
        for state in self.states.iter_mut().filter(|state| which(&state.candidate)) {
            state.barred = true;
        }
    }
}

impl State {
    fn ready_at(&self, look: Look, now: Timestamp) -> Timestamp {
        let circuit = match look {
            Look::Closed | Look::MayProbe => now,
            Look::Open(until) => until,
            Look::Probing => now.checked_add(PROBE_LOOK).unwrap_or(Timestamp::MAX),
        };
        self.ready.map_or(circuit, |ready| ready.max(circuit))
    }
}

#[cfg(test)]
mod tests;
