//! The router: which model answers, and what happens when it cannot. It looks like one model to whoever asks.
//!
//! ```text
//! call ─▶ routes: which chain ─▶ walk: whom to ask ─▶ attempt: room, circuit, money, call ─▶ answer
//!                                 ▲        verdict: what an error means        │
//!                                 └────────────────────────────────────────────┘ failed
//! ```
//!
//! Decisions are made in `walk`, `verdict`, `circuit`, `chain`, `budget`, `credible` and `overflow`, which do nothing
//! else; `attempt`, `health` and `bookkeeper` carry them out.

mod attempt;
mod bookkeeper;
mod budget;
mod chain;
mod circuit;
mod credible;
mod health;
mod hop;
mod overflow;
mod short;
mod shown;
mod traced;
mod verdict;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::model::{
    FinishReason, ModelCall, ModelError, ModelErrorKind, ModelReply, ModelTask, Served, Usage,
};
use nanobot_core::pipeline::chain as error_chain;
use nanobot_core::ports::{
    BreakerState, BudgetLedger, BudgetLimit, Clock, DeltaSink, Expense, IdGenerator, ModelClient, ModelInfo,
    StoreError, Telemetry,
};
use nanobot_core::telemetry::{BudgetLevel, TelemetryEvent};

use crate::routes::Routes;
use attempt::Terms;
use bookkeeper::Bookkeeper;
use circuit::Look;
use health::{Health, Pair};
use shown::Shown;
use walk::{Candidate, Next, Walk, WalkLimits};

pub use budget::{Budgets, Share};
pub use chain::{CHAIN_LIMIT, Chain, ChainError, Escalation, StepRefusal};
pub use health::CircuitReport;
pub use hop::{Hop, PriceInForce, Seat, Trust};
pub use verdict::{Then, Trips, Verdict, verdict};

/// What a router works with.
pub struct RouterParts {
    /// Which profile a task uses.
    pub routes: Routes,
    /// The chain of each profile that a route names.
    pub chains: BTreeMap<String, Chain>,
    /// Hard budgets.
    pub budgets: Budgets,
    /// How calls go on.
    pub manners: Manners,
    /// The book of what is spent; without one there are no budgets.
    pub ledger: Option<Arc<dyn BudgetLedger>>,
    /// Remembers open circuits; without one a restart forgets them.
    pub breakers: Option<Arc<dyn BreakerState>>,
    /// Takes facts.
    pub telemetry: Arc<dyn Telemetry>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for the jitter of waits.
    pub ids: Arc<dyn IdGenerator>,
}

/// How calls go on when a model fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// Attempts in one call, at least 1.
    pub attempts: u32,
    /// What happens when a model fails in the middle of an answer that somebody has begun to read.
    pub after_first_token: AfterFirstToken,
}

impl Default for Manners {
    fn default() -> Self {
        Self { attempts: 8, after_first_token: AfterFirstToken::Restart }
    }
}

/// What becomes of an answer that broke off where somebody could see it. Nothing is said twice in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFirstToken {
    /// What was seen is withdrawn, and the next model answers from the beginning.
    Restart,
    /// What was seen is the answer.
    Finish,
    /// The call fails, and the chat is told.
    Tell,
}

/// The router.
pub struct Router {
    with: RouterParts,
    lines: BTreeMap<String, Line>,
    health: Arc<Health>,
    bookkeeper: Option<Bookkeeper>,
}

/// A chain with all of its credentials, in the order in which they are asked.
struct Line {
    chain: Chain,
    seats: Vec<SeatOf>,
    candidates: Vec<Candidate>,
}

/// Where a candidate is found.
struct SeatOf {
    hop: usize,
    seat: usize,
    pair: Pair,
}

impl Router {
    /// Opens the router. Asks no model; takes over which circuits were open.
    ///
    /// # Errors
    /// When the state of circuits cannot be read.
    pub async fn open(with: RouterParts) -> Result<Self, StoreError> {
        let health = Arc::new(Health::new(with.breakers.clone(), with.telemetry.clone(), with.clock.clone()));
        let lines = with.chains.iter().map(|(profile, chain)| (profile.clone(), line(chain, &health)));
        let lines = lines.collect();
        health.recall().await?;
        let bookkeeper = with.ledger.clone().map(|ledger| Bookkeeper::start(ledger, with.telemetry.clone()));
        Ok(Self { with, lines, health, bookkeeper })
    }

    /// The state of all circuits, as it is now: also of those that an earlier run left open.
    pub fn circuits(&self) -> Vec<CircuitReport> {
        self.health.reports()
    }

    /// How full the hard budgets for everything are: the day's and the month's, where they are set.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn budgets(&self) -> Result<Vec<BudgetLevel>, StoreError> {
        let Some(ledger) = &self.with.ledger else { return Ok(Vec::new()) };
        // Of whose account is asked does not matter for what counts against everything.
        let anyone = Expense {
            at: self.with.clock.now(),
            session: None,
            task: ModelTask::Reply,
            provider: String::new(),
            model: String::new(),
        };
        let mut levels = Vec::new();
        for BudgetLimit { scope, most } in self.with.budgets.of_all() {
            let counted = ledger.counted(&anyone, scope).await?;
            levels.push(BudgetLevel { scope, most, left: most.saturating_sub(counted) });
        }
        Ok(levels)
    }

    /// Writes down what calls cost that is not on the disk yet, for at most so long. Whether all of it was written.
    pub async fn close(&self, limit: Duration) -> bool {
        match &self.bookkeeper {
            Some(bookkeeper) => bookkeeper.close(limit).await,
            None => true,
        }
    }

    fn line_for(&self, call: &ModelCall<'_>) -> Result<&Line, ModelError> {
        let route = self.with.routes.of_task(call.task, call.session);
        let line = route.and_then(|route| self.lines.get(&route.profile));
        line.ok_or_else(|| ModelError::new(ModelErrorKind::UnknownModel))
    }

    /// A number of 0..1.
    fn chance(&self) -> f64 {
        let word = self.with.ids.token();
        let digits = word.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        f64::from(digits.unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
    }
}

fn line(chain: &Chain, health: &Health) -> Line {
    let mut line = Line { chain: chain.clone(), seats: Vec::new(), candidates: Vec::new() };
    for (hop, model) in chain.hops().iter().enumerate() {
        for (seat, credential) in model.seats.iter().enumerate() {
            let pair = health.pair(model, credential);
            let context_tokens = model.context_tokens;
            line.candidates.push(Candidate { hop, credential: pair.credential(), context_tokens });
            line.seats.push(SeatOf { hop, seat, pair });
        }
    }
    line
}

#[async_trait]
impl ModelClient for Router {
    fn info(&self) -> ModelInfo {
        let route = self.with.routes.of_task(ModelTask::Reply, None);
        let line = route.and_then(|route| self.lines.get(&route.profile));
        let seat = line.and_then(|line| line.chain.hops().first()?.seats.first());
        seat.map_or_else(nobody, |seat| seat.client.info())
    }

    async fn complete(
        &self,
        call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let line = self.line_for(call)?;
        let limits = WalkLimits { attempts: self.with.manners.attempts.max(1), patience: call.patience };
        let walk = Walk::new(line.candidates.clone(), limits);
        let shown = Shown::new(deltas, self.with.clock.as_ref());
        let answer = Turn { router: self, call, line, walk, shown, asked: None, error: None }.run().await;
        if let Err(error) = &answer {
            let (outcome, detail) = (error.kind.code(), error_chain(error));
            self.with.telemetry.record(&TelemetryEvent::ModelFailed { task: call.task, outcome, detail });
        }
        answer
    }
}

/// One call under way.
struct Turn<'a> {
    router: &'a Router,
    call: &'a ModelCall<'a>,
    line: &'a Line,
    walk: Walk,
    shown: Shown<'a>,
    /// The place of the model that was asked last.
    asked: Option<usize>,
    error: Option<ModelError>,
}

impl Turn<'_> {
    async fn run(mut self) -> Result<ModelReply, ModelError> {
        let clock = self.router.with.clock.as_ref();
        loop {
            self.bar_escalations();
            let now = clock.now().instant;
            let looks = self.router.health.looks(self.line.seats.iter().map(|seat| seat.pair), now);
            match self.walk.next(&looks, now) {
                Next::GiveUp => {
                    return Err(self.error.unwrap_or_else(|| ModelError::new(ModelErrorKind::UnknownModel)));
                }
                Next::Wait(until) => {
                    clock.sleep_until(until).await;
                    self.walk.waited(since(now, clock));
                }
                Next::Try(index) => {
                    let Some(look) = looks.get(index) else { continue };
                    let is_only_one = !self.walk.has_another(index, &looks);
                    let insists = matches!(look, Look::Open(_) | Look::Probing);
                    self.walk.begins(index, *look);
                    let (number, left) = (self.walk.attempts(), self.walk.left());
                    let terms = Terms { number, left, is_only_one, insists };
                    if let Some(ended) = self.attempt(index, terms).await {
                        return ended;
                    }
                }
            }
        }
    }

    /// Asks one candidate; none when the call goes on.
    async fn attempt(&mut self, index: usize, terms: Terms) -> Option<Result<ModelReply, ModelError>> {
        let (router, line, call) = (self.router, self.line, self.call);
        let clock = router.with.clock.as_ref();
        let seat = line.seats.get(index)?;
        let hop = line.chain.hops().get(seat.hop)?;
        let began = clock.now().instant;
        let asked = match router.prepare(call, hop, seat, terms).await {
            Some(Ok(ready)) => {
                self.report_fallback(seat.hop);
                ready.ask(&mut self.shown).await
            }
            Some(Err(error)) => Err(error),
            None => {
                self.walk.was_not_asked(index);
                self.walk.waited(since(began, clock));
                return None;
            }
        };
        match asked {
            Ok(reply) => {
                let served = Served {
                    profile: hop.profile.clone(),
                    provider: hop.provider.clone(),
                    model: hop.model.clone(),
                    lost: self.walk.lost(),
                };
                Some(Ok(ModelReply { served: Some(served), ..reply }))
            }
            Err(error) => {
                let (kind, took) = (error.kind, since(began, clock));
                self.walk.failed(index, kind, took, self.router.chance(), clock.now().instant);
                let seen = self.shown.text();
                if !seen.trim().is_empty() {
                    match self.router.with.manners.after_first_token {
                        AfterFirstToken::Finish => return Some(Ok(self.what_there_is())),
                        AfterFirstToken::Tell => return Some(Err(error)),
                        AfterFirstToken::Restart => {}
                    }
                }
                self.shown.begin_anew();
                self.remember(error);
                None
            }
        }
    }

    /// Keeps the error that says most: money or room here is only the reason when nothing else was.
    fn remember(&mut self, error: ModelError) {
        if self.error.is_none() || !error.kind.is_our_own() {
            self.error = Some(error);
        }
    }

    fn what_there_is(&mut self) -> ModelReply {
        ModelReply {
            text: self.shown.text().to_owned(),
            tool_calls: Vec::new(),
            finish: FinishReason::Other,
            usage: Usage::default(),
            served: None,
        }
    }

    /// A price may have changed since the chain was made.
    fn bar_escalations(&mut self) {
        for (place, hop) in self.line.chain.hops().iter().enumerate() {
            if self.line.chain.may_stand_in(hop).is_err() {
                self.walk.bar_hop(place);
            }
        }
    }

    fn report_fallback(&mut self, to: usize) {
        let from = self.asked.replace(to).unwrap_or(0);
        if from == to {
            return;
        }
        let hops = self.line.chain.hops();
        let (Some(from), Some(to)) = (hops.get(from), hops.get(to)) else { return };
        self.router.with.telemetry.record(&TelemetryEvent::ModelFallback {
            task: self.call.task,
            from: from.model.clone(),
            to: to.model.clone(),
            reason: self.error.as_ref().map_or("cooling", |error| error.kind.code()),
        });
    }
}

fn since(began: nanobot_core::time::Timestamp, clock: &dyn Clock) -> Duration {
    Duration::try_from(clock.now().instant.duration_since(began)).unwrap_or_default()
}

fn nobody() -> ModelInfo {
    ModelInfo {
        provider: "none".to_owned(),
        model: "none".to_owned(),
        endpoint: None,
        is_language_model: false,
    }
}

#[cfg(test)]
mod tests;
