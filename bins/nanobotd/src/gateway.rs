//! The way in: every message of every channel passes here, is stored, queued, answered, closed.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::cancel::{CancelToken, StopReason};
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{SessionKey, TurnId};
use nanobot_core::intent::Intent;
use nanobot_core::notice;
use nanobot_core::pipeline::{GivenUp, Handled, Route, TurnScope, chain};
use nanobot_core::ports::{
    AdminDesk, Clock, IdGenerator, InboundId, Ingest, IngestError, Ingested, Journal, LiveEvent, LiveSink,
    LiveTarget, OpenTurn, Receipt, Seen, StoreError, StoreErrorKind,
};
use nanobot_core::record::RecordedStep;
use nanobot_core::telemetry::TelemetryEvent;
use nanobot_core::{Dispatcher, Orchestrator, Projector, TurnOutcome};
use tokio::sync::{Notify, RwLock};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::lanes::{Lanes, Place};
use crate::panic::PanicSwitch;
use crate::pump::Pump;

/// The longest message that is taken, in Unicode code points. WhatsApp, the roomiest network, allows as many.
pub const MAX_INBOUND_CHARS: usize = 65_536;

/// So often a turn is tried; then its message is given up, so that one that kills the process does not do so for
/// ever.
const MAX_ATTEMPTS: u32 = 3;

/// Open turns that are read from the journal at a time.
const OPEN_BATCH: usize = 256;

/// How long the end of a terminal's turn waits for its answer to be taken: a little more than the local channel
/// waits for a confirmation.
const SETTLE_LIMIT: Duration = Duration::from_secs(6);

/// Everything that a message meets.
pub(crate) struct Gateway {
    /// Stores it.
    pub(crate) journal: Arc<dyn Journal>,
    /// Takes commands of owners.
    pub(crate) desk: Arc<dyn AdminDesk>,
    /// Ends the daemon in an emergency.
    pub(crate) panic: Arc<PanicSwitch>,
    /// Decides what it leads to.
    pub(crate) orchestrator: Orchestrator,
    /// Makes that happen.
    pub(crate) dispatcher: Dispatcher,
    /// Brings session lines into files.
    pub(crate) projector: Arc<Projector>,
    /// Says that there is something for it.
    pub(crate) lines_wait: Notify,
    /// Sends.
    pub(crate) pump: Pump,
    /// Queues.
    pub(crate) lanes: Lanes,
    /// Shows what happens meanwhile.
    pub(crate) live: Arc<dyn LiveSink>,
    /// Tells the time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Names turns.
    pub(crate) ids: Arc<dyn IdGenerator>,
    /// Which messages are queued or run.
    pub(crate) in_hand: InHand,
}

/// The messages that a lane has. What is open in the journal and not in here was left by an earlier process, or by
/// a journal that failed for a while.
#[derive(Default)]
pub(crate) struct InHand {
    ids: Mutex<HashSet<InboundId>>,
    /// Held by messages between their commit and their entry here, and by whoever looks for those that are left.
    arriving: RwLock<()>,
}

impl InHand {
    /// Whether it was not in here before.
    fn enter(&self, id: InboundId) -> bool {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }

    fn leave(&self, id: InboundId) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// The gateway as channels hold it.
#[derive(Clone)]
pub(crate) struct Door(pub(crate) Arc<Gateway>);

/// One message on its way.
struct Turn {
    id: TurnId,
    event: InboundEvent,
    /// Its number in the journal; none for a repeat and for a blank message.
    inbound: Option<InboundId>,
    seen: Seen,
    /// It does not wait behind the turns of its conversation.
    beside: bool,
    cancel: CancelToken,
}

/// How a turn's work ended.
enum Ended {
    /// With its outcome on record.
    Closed(TurnOutcome),
    /// Without one: the journal has the message, and it comes again.
    LeftOpen,
}

#[async_trait]
impl Ingest for Door {
    async fn receive(&self, event: InboundEvent) -> Result<Receipt, IngestError> {
        let quoted = event.reply.as_ref().and_then(|quote| quote.text.as_deref()).unwrap_or_default();
        let found = event.text().chars().count().max(quoted.chars().count());
        if found > MAX_INBOUND_CHARS {
            return Err(IngestError::TooLarge { found, limit: MAX_INBOUND_CHARS });
        }
        let promised = match self.0.lane_of(&event) {
            Lane::Own(session) => Ok(self.0.lanes.place(&session)),
            Lane::Shared(session) => self.0.lanes.promise(&session),
        };
        let place = match promised {
            Ok(place) => Some(place),
            // A network does not bring the message again: it is kept, and answered after the restart.
            Err(IngestError::Draining) if event.channel.is_network() && self.0.journal.is_durable() => None,
            Err(error) => return Err(error),
        };
        // A task of its own: a caller that goes away in between must not leave a message that is stored and
        // never answered.
        let taken = tokio::spawn(self.0.clone().take(place, event).in_current_span());
        taken.await.map_err(|_| StoreError::new(StoreErrorKind::Backend, "storing a message"))?
    }

    async fn cancel(&self, session: &SessionKey) -> bool {
        self.0.lanes.cancel(session)
    }
}

/// Where a message waits.
enum Lane {
    /// Behind the turns of its conversation.
    Shared(SessionKey),
    /// Beside them: it is to stop one. Only commands of owners come here.
    Own(SessionKey),
}

impl Gateway {
    fn lane_of(&self, event: &InboundEvent) -> Lane {
        let session = Route::of(event).session();
        if !self.desk.is_urgent(event) {
            return Lane::Shared(session);
        }
        // No conversation has this name; if it is too long for one, the command waits like any message.
        match SessionKey::new(format!("urgent:{session}")) {
            Ok(beside) => Lane::Own(beside),
            Err(_) => Lane::Shared(session),
        }
    }

    /// Stores the message and queues its turn.
    async fn take(
        self: Arc<Self>,
        place: Option<Place>,
        event: InboundEvent,
    ) -> Result<Receipt, IngestError> {
        let id = self.ids.turn_id();
        let arriving = self.in_hand.arriving.read().await;
        // A message without content leads to nothing and must not take the id of one that has some.
        let blank = event.text().is_empty() && event.blocks.iter().all(|block| block.media().is_none());
        let ingested = if blank { None } else { Some(self.store_or_act(&event, &id).await?) };
        // A repeat runs through the pipeline, which counts it; nobody is told to wait for an answer.
        let seen = ingested.map_or(Seen::First, |ingested| ingested.seen);
        let receipt = Receipt { turn: (seen == Seen::First).then(|| id.clone()) };
        // A repeat is not what the message's one outcome, or a try at it, is about.
        let inbound = ingested.filter(|_| seen == Seen::First).map(|ingested| ingested.id);
        if let Some(place) = place {
            self.clone().queue(place, event, id, inbound, seen);
        }
        drop(arriving);
        Ok(receipt)
    }

    /// Stores it. A command that must not depend on that is carried out if it cannot be stored.
    async fn store_or_act(&self, event: &InboundEvent, id: &TurnId) -> Result<Ingested, StoreError> {
        let stored = self.store(event, id).await;
        if stored.is_err() && self.desk.is_urgent(event) {
            self.desk.clone().unrecorded(event, id);
        }
        stored
    }

    async fn store(&self, event: &InboundEvent, id: &TurnId) -> Result<Ingested, StoreError> {
        let stored = self.journal.ingest(event, id, self.clock.now().instant).await;
        stored.inspect_err(|error| {
            let channel = &event.channel;
            tracing::error!(%channel, error = chain(error), "a message could not be stored, so it was not taken");
        })
    }

    fn queue(
        self: Arc<Self>,
        place: Place,
        event: InboundEvent,
        id: TurnId,
        inbound: Option<InboundId>,
        seen: Seen,
    ) {
        if inbound.is_some_and(|inbound| !self.in_hand.enter(inbound)) {
            return;
        }
        let beside = *place.session() != Route::of(&event).session();
        place.fill(move |cancel| async move {
            let span = tracing::info_span!("turn.run", turn = %id, channel = %event.channel, outcome = Empty);
            let gateway = self.clone();
            self.run(Turn { id, event, inbound, seen, beside, cancel }).instrument(span).await;
            if let Some(inbound) = inbound {
                gateway.in_hand.leave(inbound);
            }
        });
    }

    /// Queues the turns that are open in the journal and in nobody's hand. Answers how many.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(crate) async fn recover(self: &Arc<Self>) -> Result<usize, StoreError> {
        let _nobody_arrives = self.in_hand.arriving.write().await;
        let (mut after, mut queued) = (InboundId(0), 0);
        loop {
            let open = self.journal.open_turns(after, OPEN_BATCH).await?;
            let Some(last) = open.last() else { return Ok(queued) };
            after = last.inbound;
            for OpenTurn { inbound, turn, event } in open {
                // They had their place when they were acknowledged, so the limits of the lanes are not asked.
                let (Lane::Own(lane) | Lane::Shared(lane)) = self.lane_of(&event);
                let place = self.lanes.place(&lane);
                self.clone().queue(place, event, turn, Some(inbound), Seen::First);
                queued += 1;
            }
        }
    }

    /// One turn, from start to close. Whatever happens in it, the lane goes on.
    async fn run(self: Arc<Self>, turn: Turn) {
        let target = LiveTarget {
            channel: turn.event.channel.clone(),
            chat: turn.event.chat.clone(),
            turn: turn.id.clone(),
        };
        let route = Route::of(&turn.event);
        let began = self.clock.now().instant;
        let ended = self.clone().attempt(turn).await;
        let took = self.clock.now().instant.duration_since(began).try_into().unwrap_or_default();
        self.pump.wake();
        // A terminal that has seen the end of its turn finds it in the session's file; nobody else waits for that.
        if target.channel.is_operator() {
            self.project().await;
        } else {
            self.lines_wait.notify_one();
        }
        let outcome = match ended {
            Ended::Closed(outcome) => outcome,
            Ended::LeftOpen => {
                self.live.show(&target, LiveEvent::Text(notice::LATER));
                TurnOutcome::Abandoned
            }
        };
        Span::current().record("outcome", outcome.name());
        let channel = target.channel.clone();
        self.dispatcher.telemetry.record(&TelemetryEvent::TurnEnded { channel, outcome, took });
        if target.channel.is_operator() {
            // A terminal waits for the end of the turn, and the answer comes before the end.
            let settled = self.pump.settle(&route.channel, &route.chat);
            let _ = tokio::time::timeout(SETTLE_LIMIT, settled).await;
        }
        self.live.show(&target, LiveEvent::Ended(outcome));
        self.panic.after_turn(&target.turn).await;
    }

    /// Brings closed session lines into their files.
    pub(crate) async fn project(&self) {
        if let Err(error) = self.projector.run().await {
            tracing::error!(error = chain(&error), "a session file could not be written; its lines wait");
        }
    }

    /// Session lines that wait for their files are brought there and to the disk.
    async fn make_room(&self) {
        self.project().await;
        if let Err(error) = self.projector.settle().await {
            tracing::error!(error = chain(&error), "a session file could not be brought to the disk");
        }
    }

    /// One try at a turn: counted, taken through the pipeline, closed.
    async fn attempt(self: Arc<Self>, turn: Turn) -> Ended {
        let Turn { id, event, inbound, seen, beside, cancel } = turn;
        let durable = self.journal.is_durable() && inbound.is_some();
        if durable && cancel.reason() == Some(StopReason::Shutdown) {
            return Ended::LeftOpen;
        }
        let now = self.clock.now();
        let fresh = TurnScope { turn: id, now, seen, beside, cancel, recorded: Arc::new([]) };
        let (scope, number) = match inbound {
            None => (fresh, 1),
            Some(inbound) => match self.journal.begin(inbound, &fresh.now).await {
                Ok(attempt) => {
                    let recorded: Arc<[RecordedStep]> = attempt.steps.into();
                    (TurnScope { now: attempt.at, recorded, ..fresh }, attempt.number)
                }
                Err(error) => {
                    tracing::error!(
                        error = chain(&error),
                        "the turn could not be recorded, so it does not start"
                    );
                    if durable {
                        return Ended::LeftOpen;
                    }
                    let broke = broke(&fresh);
                    return self.give_up(event, fresh, Some(inbound), broke).await;
                }
            },
        };
        if number > MAX_ATTEMPTS {
            tracing::error!(attempts = number - 1, "the turn was tried too often and is given up");
            let abandoned = abandoned(&scope);
            return self.give_up(event, scope, inbound, abandoned).await;
        }
        let (gateway, kept, broke) = (self.clone(), (event.clone(), scope.clone()), broke(&scope));
        let work = async move { gateway.answer(event, scope, inbound).await };
        match tokio::spawn(work.in_current_span()).await {
            Ok(Some(ended)) => ended,
            Ok(None) => self.give_up(kept.0, kept.1, inbound, broke).await,
            Err(error) => {
                // Without the error's text: a panic may quote a message (a cut inside a character does).
                tracing::error!(panicked = error.is_panic(), "the turn broke");
                self.give_up(kept.0, kept.1, inbound, broke).await
            }
        }
    }

    /// Runs the message through the pipeline and closes its turn. None when that could not be recorded.
    async fn answer(
        &self,
        event: InboundEvent,
        scope: TurnScope,
        inbound: Option<InboundId>,
    ) -> Option<Ended> {
        let handled = self.orchestrator.handle(event, scope.clone()).await;
        let cut_off = scope.cancel.reason() == Some(StopReason::Shutdown)
            && handled.intents.contains(&Intent::Close(TurnOutcome::Abandoned));
        if cut_off && self.journal.is_durable() && inbound.is_some() {
            self.hand_back(inbound).await;
            return Some(Ended::LeftOpen);
        }
        self.close(&scope, inbound, handled).await.map(Ended::Closed)
    }

    /// Tells the chat that its message is not answered, and closes the turn. A repeat is dropped either way.
    async fn give_up(
        &self,
        event: InboundEvent,
        scope: TurnScope,
        inbound: Option<InboundId>,
        given_up: GivenUp,
    ) -> Ended {
        if scope.seen == Seen::Again {
            return Ended::Closed(TurnOutcome::Ignored);
        }
        let told = self.orchestrator.give_up(event, scope.clone(), given_up).await;
        match self.close(&scope, inbound, told).await {
            Some(outcome) => Ended::Closed(outcome),
            None if self.journal.is_durable() && inbound.is_some() => {
                // The journal is at fault and not the message.
                self.hand_back(inbound).await;
                Ended::LeftOpen
            }
            None => Ended::Closed(TurnOutcome::Failed),
        }
    }

    async fn hand_back(&self, inbound: Option<InboundId>) {
        if let Some(inbound) = inbound
            && let Err(error) = self.journal.hand_back(inbound).await
        {
            tracing::warn!(error = chain(&error), "an attempt that was nobody's fault stays counted");
        }
    }

    async fn close(
        &self,
        scope: &TurnScope,
        inbound: Option<InboundId>,
        handled: Handled,
    ) -> Option<TurnOutcome> {
        let mut closed = self.dispatcher.dispatch(scope, inbound, handled.clone()).await;
        if closed.as_ref().is_err_and(|error| error.kind == StoreErrorKind::Limit) {
            // An answer is worth the wait for what stands in its way; the lane waits with it.
            self.make_room().await;
            closed = self.dispatcher.dispatch(scope, inbound, handled).await;
        }
        closed.inspect_err(|error| tracing::error!(error = chain(error), "the turn could not be closed")).ok()
    }
}

fn broke(scope: &TurnScope) -> GivenUp {
    given_up(TurnOutcome::Failed, notice::BROKE, scope)
}

fn abandoned(scope: &TurnScope) -> GivenUp {
    given_up(TurnOutcome::Abandoned, notice::ABANDONED, scope)
}

/// The notice, and behind it what a person must know about tools whose end nobody saw.
fn given_up(outcome: TurnOutcome, notice: &str, scope: &TurnScope) -> GivenUp {
    let unknown = notice::of_unknown_outcomes(&scope.recorded).map(|note| format!("\n\n{note}"));
    GivenUp { outcome, notice: format!("{notice}{}", unknown.unwrap_or_default()) }
}
