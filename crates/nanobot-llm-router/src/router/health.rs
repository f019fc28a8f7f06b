//! The circuits of all providers, credentials and models: asked before a call, told afterwards, kept across restarts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nanobot_core::model::{ModelError, ModelErrorKind};
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{BreakerState, Clock, OpenCircuit, StoreError, Telemetry};
use nanobot_core::telemetry::{CircuitState, StoreName, TelemetryEvent};
use nanobot_core::time::Timestamp;

use super::circuit::{Circuit, Look};
use super::hop::{Hop, Seat};
use super::verdict::{Trips, verdict};

/// The two circuits that a call has to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    credential: usize,
    model: usize,
}

impl Pair {
    /// The number of the credential's circuit: the same for all models that use the credential.
    pub(crate) const fn credential(self) -> usize {
        self.credential
    }
}

/// All circuits.
pub(crate) struct Health {
    circuits: Mutex<Vec<Entry>>,
    store: Option<Arc<dyn BreakerState>>,
    telemetry: Arc<dyn Telemetry>,
    clock: Arc<dyn Clock>,
}

struct Entry {
    who: Arc<Who>,
    circuit: Circuit,
}

/// Whose a circuit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) provider: String,
    pub(crate) credential: String,
    /// None for the circuit of the credential itself.
    pub(crate) model: Option<String>,
}

/// A circuit as people may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitReport {
    /// The provider.
    pub provider: String,
    /// The name of the credential.
    pub credential: String,
    /// The model, as configured; none for the credential itself.
    pub model: Option<String>,
    /// Its state; half open as soon as somebody may try whether it works again.
    pub state: CircuitState,
    /// Until when nobody asks there, where it has not been tried since it opened.
    pub until: Option<Timestamp>,
    /// Why it opened; empty while it is closed.
    pub reason: &'static str,
}

impl Health {
    pub(crate) fn new(
        store: Option<Arc<dyn BreakerState>>,
        telemetry: Arc<dyn Telemetry>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { circuits: Mutex::default(), store, telemetry, clock }
    }

    /// The circuits of a credential and of a model with it; new ones are closed.
    pub(crate) fn pair(&self, hop: &Hop, seat: &Seat) -> Pair {
        let who = |name, model| Who {
            name,
            provider: hop.provider.clone(),
            credential: seat.credential.clone(),
            model,
        };
        let mut circuits = self.hold();
        let credential = place(&mut circuits, who(seat.circuit(hop), None));
        let model = place(&mut circuits, who(seat.model_circuit(hop), Some(hop.model.clone())));
        Pair { credential, model }
    }

    /// Takes over what an earlier run knew. What belongs to nobody any more is forgotten.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn recall(&self) -> Result<(), StoreError> {
        let Some(store) = &self.store else { return Ok(()) };
        let mut orphans = Vec::new();
        let open = store.open_circuits().await?;
        {
            let mut circuits = self.hold();
            let places: HashMap<String, usize> =
                circuits.iter().enumerate().map(|(at, entry)| (entry.who.name.clone(), at)).collect();
            for found in open {
                let entry = places.get(&found.name).and_then(|at| circuits.get_mut(*at));
                let reason = ModelErrorKind::ALL.map(ModelErrorKind::code);
                let reason = reason.into_iter().find(|code| *code == found.reason).unwrap_or("unknown");
                match entry {
                    Some(entry) => {
                        entry.circuit =
                            Circuit::Open { until: found.until, trips: found.trips.max(1), reason };
                    }
                    None => orphans.push(found.name),
                }
            }
        }
        for name in orphans {
            store.closed(&name).await?;
        }
        Ok(())
    }

    /// Whether each of them may be asked.
    pub(crate) fn looks(&self, pairs: impl Iterator<Item = Pair>, now: Timestamp) -> Vec<Look> {
        let circuits = self.hold();
        let look = |at| look_at(&circuits, at, now);
        pairs.map(|pair| worse(look(pair.credential), look(pair.model))).collect()
    }

    /// A call begins. None when it may not: somebody else tries just now whether it works again, or it was closed off
    /// since the caller looked. Whoever `insists` asks all the same, and is no probe.
    pub(crate) fn begin(self: &Arc<Self>, pair: Pair, insists: bool) -> Option<Pass> {
        let now = self.clock.now().instant;
        let (mut changes, mut probes) = (Vec::new(), Probes::default());
        {
            let mut circuits = self.hold();
            let looks = [pair.credential, pair.model].map(|at| look_at(&circuits, at, now));
            if !insists && looks.iter().any(|look| matches!(look, Look::Open(_) | Look::Probing)) {
                return None;
            }
            for (at, probes) in [(pair.credential, &mut probes.credential), (pair.model, &mut probes.model)] {
                let begun = change(&mut circuits, at, |circuit| circuit.begin(now));
                *probes = begun.is_some();
                changes.extend(begun);
            }
        }
        self.report(&changes);
        Some(Pass { health: Arc::clone(self), pair, probes, is_open: true })
    }

    /// The call worked.
    async fn worked(&self, pair: Pair) {
        let changes: Vec<Change> = {
            let mut circuits = self.hold();
            [pair.credential, pair.model]
                .into_iter()
                .filter_map(|at| change(&mut circuits, at, Circuit::worked))
                .collect()
        };
        self.report(&changes);
        self.keep(changes).await;
    }

    /// The call failed.
    async fn failed(&self, pair: Pair, probes: Probes, error: &ModelError, cooldown: Duration) {
        let now = self.clock.now().instant;
        let (kind, wait) = (error.kind, error.retry_after);
        // What was not at fault: its probe is for somebody else.
        let ended = |is_probe: bool| {
            move |circuit: &mut Circuit| {
                if is_probe {
                    circuit.dropped(now);
                }
            }
        };
        let failed = |circuit: &mut Circuit| circuit.failed(kind, probes.model, cooldown, now);
        let opened = |circuit: &mut Circuit| circuit.open(kind, wait, cooldown, now);
        let changes: Vec<Change> = {
            let mut circuits = self.hold();
            let mut at = |at, change_it: &dyn Fn(&mut Circuit)| change(&mut circuits, at, change_it);
            match verdict(kind).trips {
                // A probe that ended in an error of ours has proved that somebody answers.
                Trips::Nothing => {
                    [at(pair.credential, &ended(probes.credential)), at(pair.model, &ended(probes.model))]
                }
                Trips::Counted => [at(pair.credential, &ended(probes.credential)), at(pair.model, &failed)],
                Trips::Model => [at(pair.credential, &ended(probes.credential)), at(pair.model, &opened)],
                Trips::Credential => [at(pair.credential, &opened), at(pair.model, &ended(probes.model))],
            }
            .into_iter()
            .flatten()
            .collect()
        };
        self.report(&changes);
        self.keep(changes).await;
    }

    /// The call came to no end.
    fn dropped(&self, pair: Pair, probes: Probes) {
        let now = self.clock.now().instant;
        let changes: Vec<Change> = {
            let mut circuits = self.hold();
            [(pair.credential, probes.credential), (pair.model, probes.model)]
                .into_iter()
                .filter(|(_, is_probe)| *is_probe)
                .filter_map(|(at, _)| change(&mut circuits, at, |circuit| circuit.dropped(now)))
                .collect()
        };
        self.report(&changes);
    }

    /// Every circuit, for people. Nobody writes down that a wait is over, so that is seen here.
    pub(crate) fn reports(&self) -> Vec<CircuitReport> {
        let now = self.clock.now().instant;
        let report = |entry: &Entry| {
            let (until, reason) = match entry.circuit {
                Circuit::Closed { .. } => (None, ""),
                Circuit::Open { until, reason, .. } => (Some(until), reason),
                Circuit::Probing { reason, .. } => (None, reason),
            };
            CircuitReport {
                provider: entry.who.provider.clone(),
                credential: entry.who.credential.clone(),
                model: entry.who.model.clone(),
                state: match entry.circuit.look(now) {
                    Look::Closed => CircuitState::Closed,
                    Look::Open(_) => CircuitState::Open,
                    Look::MayProbe | Look::Probing => CircuitState::HalfOpen,
                },
                until,
                reason,
            }
        };
        self.hold().iter().map(report).collect()
    }

    fn report(&self, changes: &[Change]) {
        for change in changes.iter().filter(|change| change.is_new_state) {
            self.telemetry.record(&TelemetryEvent::Circuit {
                provider: change.who.provider.clone(),
                model: change.who.model.clone(),
                credential: change.who.credential.clone(),
                state: state(&change.now),
                reason: match change.now {
                    Circuit::Closed { .. } => "",
                    Circuit::Open { reason, .. } | Circuit::Probing { reason, .. } => reason,
                },
            });
        }
    }

    /// Writes down what is to survive a restart. A store that fails costs a restarted daemon some attempts at a
    /// provider that is down, and nothing else.
    async fn keep(&self, changes: Vec<Change>) {
        let Some(store) = &self.store else { return };
        for Change { who, now, is_new_state } in changes {
            let kept = match now {
                Circuit::Closed { .. } if is_new_state => store.closed(&who.name).await,
                Circuit::Open { until, trips, reason } => {
                    let reason = reason.to_owned();
                    store.opened(&OpenCircuit { name: who.name.clone(), until, trips, reason }).await
                }
                Circuit::Closed { .. } | Circuit::Probing { .. } => Ok(()),
            };
            if let Err(error) = kept {
                let (store, kind, detail) = (StoreName::Circuits, error.kind, chain(&error));
                self.telemetry.record(&TelemetryEvent::StoreFailed { store, kind, detail });
            }
        }
    }

    fn hold(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that has begun. Dropped without an end, it counts for nothing.
pub(crate) struct Pass {
    health: Arc<Health>,
    pair: Pair,
    probes: Probes,
    is_open: bool,
}

/// At which of the two circuits a call is the one that tries whether it works again.
#[derive(Debug, Clone, Copy, Default)]
struct Probes {
    credential: bool,
    model: bool,
}

impl Pass {
    /// How the call ended.
    pub(crate) async fn ended(mut self, error: Option<&ModelError>, cooldown: Duration) {
        self.is_open = false;
        match error {
            None => self.health.worked(self.pair).await,
            Some(error) => self.health.failed(self.pair, self.probes, error, cooldown).await,
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.is_open {
            self.health.dropped(self.pair, self.probes);
        }
    }
}

/// A circuit that is not as it was.
struct Change {
    who: Arc<Who>,
    now: Circuit,
    /// Not only until when, or how often.
    is_new_state: bool,
}

fn change(circuits: &mut [Entry], at: usize, how: impl FnOnce(&mut Circuit)) -> Option<Change> {
    let entry = circuits.get_mut(at)?;
    let before = entry.circuit;
    how(&mut entry.circuit);
    let now = entry.circuit;
    (before != now).then(|| Change {
        who: Arc::clone(&entry.who),
        now,
        is_new_state: state(&before) != state(&now),
    })
}

fn look_at(circuits: &[Entry], at: usize, now: Timestamp) -> Look {
    circuits.get(at).map_or(Look::Closed, |entry| entry.circuit.look(now))
}

fn place(circuits: &mut Vec<Entry>, who: Who) -> usize {
    if let Some(at) = circuits.iter().position(|entry| entry.who.name == who.name) {
        return at;
    }
    circuits.push(Entry { who: Arc::new(who), circuit: Circuit::default() });
    circuits.len() - 1
}

const fn state(circuit: &Circuit) -> CircuitState {
    match circuit {
        Circuit::Closed { .. } => CircuitState::Closed,
        Circuit::Open { .. } => CircuitState::Open,
        Circuit::Probing { .. } => CircuitState::HalfOpen,
    }
}

/// Both have to let a call pass.
fn worse(one: Look, other: Look) -> Look {
    match (one, other) {
        (Look::Open(until), Look::Open(then)) => Look::Open(until.max(then)),
        (Look::Open(until), _) | (_, Look::Open(until)) => Look::Open(until),
        (Look::Probing, _) | (_, Look::Probing) => Look::Probing,
        (Look::MayProbe, _) | (_, Look::MayProbe) => Look::MayProbe,
        (Look::Closed, Look::Closed) => Look::Closed,
    }
}
