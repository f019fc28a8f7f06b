//! One attempt: room, circuit, money, call; and what is written down about it, also when it is dropped in the middle.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::model::{ModelCall, ModelError, ModelErrorKind, ModelReply, Usage};
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{BudgetLimit, BudgetRefusal, Expense, Paid, Reservation};
use nanobot_core::telemetry::{ModelAttempt, StoreName, TelemetryEvent};
use nanobot_core::time::Timestamp;
use nanobot_core::units::NanoDollars;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument as _;

use super::bookkeeper;
use super::health::Pass;
use super::hop::{Hop, Seat};
use super::short::Short;
use super::shown::Shown;
use super::traced::Traced;
use super::{Router, SeatOf, credible, overflow};
use crate::chat::ChatProvider;
use crate::price::{Price, worst_input_tokens};

/// How long a call waits until one of the calls at the same credential is over, while somebody else can be asked.
const ROOM_WAIT: Duration = Duration::from_secs(10);

/// The least that a provider gets to answer, however little patience is left: less would ask for nothing.
const LEAST_PATIENCE: Duration = Duration::from_secs(5);

/// How somebody is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Which attempt of the call it is, counted from 1.
    pub(super) number: u32,
    /// What may still be lost.
    pub(super) left: Duration,
    /// Nobody else can be asked just now, so that a place is worth waiting for.
    pub(super) is_only_one: bool,
    /// Asks though the circuit is open, because otherwise nobody would be asked at all.
    pub(super) insists: bool,
}

/// A call that may be made now: it has room, a circuit that lets it pass, and money for the worst case.
pub(super) struct Ready<'a> {
    call: &'a ModelCall<'a>,
    hop: &'a Hop,
    client: &'a dyn ChatProvider,
    terms: Terms,
    book: Booking<'a>,
    pass: Pass,
    _room: OwnedSemaphorePermit,
}

impl Router {
    /// Gets one call ready. None when it may not be made after all: another call was quicker to try whether it works
    /// again.
    pub(super) async fn prepare<'a>(
        &'a self,
        call: &'a ModelCall<'a>,
        hop: &'a Hop,
        seat: &SeatOf,
        terms: Terms,
    ) -> Option<Result<Ready<'a>, ModelError>> {
        let place = hop.seats.get(seat.seat)?;
        let mut book = Booking::open(self, call, hop, place);
        let room = match self.room(place, terms).await {
            Ok(room) => room,
            Err(error) => return Some(Err(book.failed(error))),
        };
        let pass = self.health.begin(seat.pair, terms.insists)?;
        if let Err(error) = book.reserve(call, hop).await {
            return Some(Err(book.failed(error)));
        }
        let client = place.client.as_ref();
        Some(Ok(Ready { call, hop, client, terms, book, pass, _room: room }))
    }

    async fn room(&self, seat: &Seat, terms: Terms) -> Result<OwnedSemaphorePermit, ModelError> {
        if let Ok(room) = Arc::clone(&seat.room).try_acquire_owned() {
            return Ok(room);
        }
        let wait = if terms.is_only_one { terms.left.max(ROOM_WAIT) } else { ROOM_WAIT.min(terms.left) };
        let until = self.with.clock.now().instant.checked_add(wait);
        let limit = async {
            match until {
                Ok(until) => self.with.clock.sleep_until(until).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Ok(room) = Arc::clone(&seat.room).acquire_owned() => Ok(room),
            () = limit => Err(ModelError::new(ModelErrorKind::NoRoom)),
        }
    }

    fn since(&self, at: Timestamp) -> Duration {
        Duration::try_from(self.with.clock.now().instant.duration_since(at)).unwrap_or_default()
    }
}

impl Ready<'_> {
    /// Asks.
    pub(super) async fn ask(mut self, shown: &mut Shown<'_>) -> Result<ModelReply, ModelError> {
        let Self { call, hop, terms, .. } = self;
        let patience = terms.left.saturating_sub(self.book.router.since(self.book.began)).max(LEAST_PATIENCE);
        // Waiting for a place is over, and not the provider's.
        self.book.began = self.book.router.with.clock.now().instant;
        self.book.was_asked = true;
        let traced = Traced::begin(call, hop, terms.number);
        let asking = self.client.ask(call.request, patience, shown).instrument(traced.span());
        let asked = match asking.await {
            Ok(reply) => {
                let limit = self.book.reservation.is_some().then_some(hop.max_tokens);
                let usage = credible::usage(&reply, call.request, limit);
                Ok(ModelReply { usage, ..reply })
            }
            Err(error) => Err(overflow::recognised(error, hop, call.request)),
        };
        traced.ended(&asked);
        self.pass.ended(asked.as_ref().err(), hop.cooldown).await;
        let first = shown.first();
        match &asked {
            Ok(reply) => self.book.answered(reply, first).await,
            Err(error) => self.book.refused(error, first).await,
        }
        asked
    }
}

/// What is to be written down about an attempt. Dropped without an end, it was cancelled.
struct Booking<'a> {
    router: &'a Router,
    expense: Expense,
    credential: String,
    price: Option<Price>,
    limits: Vec<BudgetLimit>,
    reservation: Option<Reservation>,
    began: Timestamp,
    was_asked: bool,
    is_open: bool,
}

impl<'a> Booking<'a> {
    fn open(router: &'a Router, call: &ModelCall<'_>, hop: &Hop, seat: &Seat) -> Self {
        let at = router.with.clock.now();
        let began = at.instant;
        let expense = Expense {
            at,
            session: call.session.cloned(),
            task: call.task,
            provider: hop.provider.clone(),
            model: hop.model.clone(),
        };
        let limits = router.with.budgets.limits(call.task, call.session.is_some());
        Self {
            router,
            expense,
            credential: seat.credential.clone(),
            price: hop.price.get(),
            limits,
            reservation: None,
            began,
            was_asked: false,
            is_open: true,
        }
    }

    /// Promises the worst case. Without a limit there is nothing to promise.
    async fn reserve(&mut self, call: &ModelCall<'_>, hop: &Hop) -> Result<(), ModelError> {
        self.was_asked = true;
        let Some(ledger) = self.router.with.ledger.as_ref().filter(|_| !self.limits.is_empty()) else {
            return Ok(());
        };
        let Some(price) = self.price else { return Err(ModelError::new(ModelErrorKind::NoPrice)) };
        let worst = price.worst_case(worst_input_tokens(call.request), u64::from(hop.max_tokens));
        if worst == NanoDollars::ZERO {
            return Ok(());
        }
        match ledger.reserve(&self.expense, worst, &self.limits).await {
            Ok(reservation) => {
                self.reservation = Some(reservation);
                Ok(())
            }
            Err(BudgetRefusal::Exhausted { scope, left }) => {
                let task = self.expense.task;
                self.router.with.telemetry.record(&TelemetryEvent::BudgetRefused { scope, task });
                Err(Short::of(&self.limits, scope, worst, left).into_error())
            }
            // What cannot be written down is not spent.
            Err(BudgetRefusal::Store(error)) => {
                let (kind, detail) = (error.kind, chain(&error));
                let failed = TelemetryEvent::StoreFailed { store: StoreName::Spending, kind, detail };
                self.router.with.telemetry.record(&failed);
                Err(ModelError::caused_by(ModelErrorKind::LedgerFailed, error))
            }
        }
    }

    /// The call was never made.
    fn failed(mut self, error: ModelError) -> ModelError {
        (self.is_open, self.was_asked) = (false, false);
        self.report(error.kind.code(), Usage::default(), Some(NanoDollars::ZERO), None, Some(chain(&error)));
        error
    }

    async fn answered(mut self, reply: &ModelReply, first: Option<Timestamp>) {
        let cost = self.price.and_then(|price| price.cost(&reply.usage));
        self.report("ok", reply.usage, cost, first, None);
        self.write(Paid { cost, usage: reply.usage, outcome: "ok" }).await;
    }

    async fn refused(mut self, error: &ModelError, first: Option<Timestamp>) {
        let is_free = error.is_free || self.price.is_some_and(|price| price.is_free());
        let cost = is_free.then_some(NanoDollars::ZERO);
        let outcome = error.kind.code();
        self.report(outcome, Usage::default(), cost, first, Some(chain(error)));
        self.write(Paid { cost, usage: Usage::default(), outcome }).await;
    }

    async fn write(&mut self, paid: Paid) {
        self.is_open = false;
        let entry = self.entry(paid);
        if let Some(bookkeeper) = &self.router.bookkeeper {
            bookkeeper.take(entry).await;
        }
    }

    fn entry(&mut self, paid: Paid) -> bookkeeper::Entry {
        bookkeeper::Entry { expense: self.expense.clone(), paid, reservation: self.reservation.take() }
    }

    fn report(
        &self,
        outcome: &'static str,
        usage: Usage,
        cost: Option<NanoDollars>,
        first: Option<Timestamp>,
        detail: Option<String>,
    ) {
        let since = |at: Timestamp| Duration::try_from(at.duration_since(self.began)).unwrap_or_default();
        self.router.with.telemetry.record(&TelemetryEvent::ModelAttempt(ModelAttempt {
            provider: self.expense.provider.clone(),
            model: self.expense.model.clone(),
            credential: self.credential.clone(),
            task: self.expense.task,
            outcome,
            usage,
            cost,
            took: self.was_asked.then(|| since(self.router.with.clock.now().instant)),
            first_token: first.map(since),
            detail,
        }));
    }
}

impl Drop for Booking<'_> {
    fn drop(&mut self) {
        if !self.is_open || !self.was_asked {
            return;
        }
        let outcome = ModelErrorKind::Cancelled.code();
        let detail = Some(ModelErrorKind::Cancelled.to_string());
        // What costs nothing costs nothing cancelled, either.
        let cost = self.price.is_some_and(|price| price.is_free()).then_some(NanoDollars::ZERO);
        self.report(outcome, Usage::default(), cost, None, detail);
        let entry = self.entry(Paid { cost, usage: Usage::default(), outcome });
        if let Some(bookkeeper) = &self.router.bookkeeper {
            bookkeeper.take_if_room(entry);
        }
    }
}
