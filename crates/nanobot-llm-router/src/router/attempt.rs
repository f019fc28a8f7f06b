//! One attempt: room, money, circuit, call; and what is written down about it, also when it is dropped in the middle.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::model::{ModelCall, ModelError, ModelErrorKind, ModelReply, Usage};
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{BudgetLimit, BudgetRefusal, Expense, Paid, Reservation};
use nanobot_core::telemetry::{ModelAttempt, TelemetryEvent};
use nanobot_core::time::Timestamp;
use nanobot_core::units::NanoDollars;
use tokio::sync::OwnedSemaphorePermit;

use super::bookkeeper::Entry;
use super::hop::{Hop, Seat};
use super::shown::Shown;
use super::{Router, SeatOf};
use crate::price::{Price, worst_input_tokens};

/// How long a call waits until one of the calls at the same credential is over.
const ROOM_WAIT: Duration = Duration::from_secs(10);

/// The least that a provider gets to answer, however little patience is left: less would ask for nothing.
const LEAST_PATIENCE: Duration = Duration::from_secs(5);

impl Router {
    /// Asks one model with one credential.
    pub(super) async fn attempt(
        &self,
        call: &ModelCall<'_>,
        hop: &Hop,
        seat: &SeatOf,
        left: Duration,
        shown: &mut Shown<'_>,
    ) -> Result<ModelReply, ModelError> {
        let patience = left.max(LEAST_PATIENCE);
        let place = hop.seats.get(seat.seat).ok_or_else(|| ModelError::new(ModelErrorKind::UnknownModel))?;
        let mut book = Booking::open(self, call, hop, place);
        let _room = match self.room(place, patience).await {
            Ok(room) => room,
            Err(error) => return Err(book.failed(error)),
        };
        if let Err(error) = book.reserve(call, hop).await {
            return Err(book.failed(error));
        }
        let pass = self.health.begin(seat.pair);
        let asked = place.client.ask(call.request, patience, shown).await;
        pass.ended(asked.as_ref().err(), hop.cooldown).await;
        let first = shown.first();
        match asked {
            Ok(reply) => {
                book.answered(&reply, first).await;
                Ok(reply)
            }
            Err(error) => {
                book.refused(&error, first).await;
                Err(error)
            }
        }
    }

    async fn room(&self, seat: &Seat, patience: Duration) -> Result<OwnedSemaphorePermit, ModelError> {
        if let Ok(room) = Arc::clone(&seat.room).try_acquire_owned() {
            return Ok(room);
        }
        let until = self.with.clock.now().instant.checked_add(ROOM_WAIT.min(patience));
        let limit = async {
            match until {
                Ok(until) => self.with.clock.sleep_until(until).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Ok(room) = Arc::clone(&seat.room).acquire_owned() => Ok(room),
            () = limit => Err(ModelError::new(ModelErrorKind::Overloaded)),
        }
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
                let why = BudgetRefusal::Exhausted { scope, left };
                Err(ModelError::caused_by(ModelErrorKind::BudgetExhausted, why))
            }
            // A hard budget that cannot be kept is one that has no room.
            Err(BudgetRefusal::Store(error)) => {
                Err(ModelError::caused_by(ModelErrorKind::BudgetExhausted, error))
            }
        }
    }

    /// The call was never made.
    fn failed(mut self, error: ModelError) -> ModelError {
        self.is_open = false;
        self.report(error.kind.code(), Usage::default(), Some(NanoDollars::ZERO), None, Some(chain(&error)));
        error
    }

    async fn answered(mut self, reply: &ModelReply, first: Option<Timestamp>) {
        let cost = self.price.and_then(|price| price.cost(&reply.usage));
        self.report("ok", reply.usage, cost, first, None);
        self.write(Paid { cost, usage: reply.usage, outcome: "ok" }).await;
    }

    async fn refused(mut self, error: &ModelError, first: Option<Timestamp>) {
        let is_free =
            (first.is_none() && is_free(error.kind)) || self.price.is_some_and(|price| price.is_free());
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

    fn entry(&mut self, paid: Paid) -> Entry {
        Entry {
            expense: self.expense.clone(),
            paid,
            reservation: self.reservation.take(),
            limits: std::mem::take(&mut self.limits),
        }
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
            took: since(self.router.with.clock.now().instant),
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
        self.report(outcome, Usage::default(), None, None, detail);
        let entry = self.entry(Paid { cost: None, usage: Usage::default(), outcome });
        if let Some(bookkeeper) = &self.router.bookkeeper {
            bookkeeper.take_if_room(entry);
        }
    }
}

/// Nobody is charged for a call that was refused before it was begun. Of everything else that failed nobody knows.
const fn is_free(kind: ModelErrorKind) -> bool {
    match kind {
        ModelErrorKind::RateLimited
        | ModelErrorKind::Overloaded
        | ModelErrorKind::ConnectTimeout
        | ModelErrorKind::Auth
        | ModelErrorKind::Billing
        | ModelErrorKind::BadRequest
        | ModelErrorKind::ContextOverflow
        | ModelErrorKind::UnknownModel
        | ModelErrorKind::BudgetExhausted
        | ModelErrorKind::NoPrice => true,
        ModelErrorKind::FirstByteTimeout
        | ModelErrorKind::IdleTimeout
        | ModelErrorKind::Network
        | ModelErrorKind::ContentFilter
        | ModelErrorKind::BadAnswer
        | ModelErrorKind::Server
        | ModelErrorKind::Cancelled => false,
    }
}
