//! The way in: every message of every channel passes here, is stored, queued, answered, closed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::SessionKey;
use nanobot_core::intent::Intent;
use nanobot_core::notice;
use nanobot_core::pipeline::{Route, TurnScope, chain};
use nanobot_core::ports::{
    Clock, IdGenerator, InboundId, Ingest, IngestError, Journal, LiveEvent, LiveSink, LiveTarget, Receipt,
    Seen, StoreError, StoreErrorKind,
};
use nanobot_core::{Dispatcher, Orchestrator, Projector, TurnOutcome};
use tracing::Instrument;

use crate::lanes::{Lanes, Place};
use crate::pump::Pump;

/// The longest message that is taken, in Unicode code points. WhatsApp, the roomiest network, allows as many.
pub const MAX_INBOUND_CHARS: usize = 65_536;

/// How long the end of a terminal's turn waits for its answer to be taken: a little more than the local channel
/// waits for a confirmation.
const SETTLE_LIMIT: Duration = Duration::from_secs(6);

/// Everything that a message meets.
pub(crate) struct Gateway {
    /// Stores it.
    pub(crate) journal: Arc<dyn Journal>,
    /// Decides what it leads to.
    pub(crate) orchestrator: Orchestrator,
    /// Makes that happen.
    pub(crate) dispatcher: Dispatcher,
    /// Brings session lines into files.
    pub(crate) projector: Projector,
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
}

/// The gateway as channels hold it.
#[derive(Clone)]
pub(crate) struct Door(pub(crate) Arc<Gateway>);

/// One message on its way.
#[derive(Clone)]
struct Turn {
    event: InboundEvent,
    /// Its number in the journal; none for a repeat and for a blank message.
    inbound: Option<InboundId>,
    scope: TurnScope,
}

#[async_trait]
impl Ingest for Door {
    async fn receive(&self, event: InboundEvent) -> Result<Receipt, IngestError> {
        let quoted = event.reply.as_ref().and_then(|quote| quote.text.as_deref()).unwrap_or_default();
        let found = event.text().chars().count().max(quoted.chars().count());
        if found > MAX_INBOUND_CHARS {
            return Err(IngestError::TooLarge { found, limit: MAX_INBOUND_CHARS });
        }
        let place = self.0.lanes.promise(&Route::of(&event).session())?;
        // A task of its own: a caller that goes away in between must not leave a message that is stored and
        // never answered.
        let taken = tokio::spawn(self.0.clone().take(place, event).in_current_span());
        taken.await.map_err(|_| StoreError::new(StoreErrorKind::Backend, "storing a message"))?
    }

    async fn cancel(&self, session: &SessionKey) -> bool {
        self.0.lanes.cancel(session)
    }
}

impl Gateway {
    /// Stores the message and queues its turn.
    async fn take(self: Arc<Self>, place: Place, event: InboundEvent) -> Result<Receipt, IngestError> {
        // A message without content leads to nothing and must not take the id of one that has some.
        let blank = event.text().is_empty() && event.blocks.iter().all(|block| block.media().is_none());
        let ingested = if blank { None } else { Some(self.journal.ingest(&event).await?) };
        let id = self.ids.turn_id();
        // A repeat runs through the pipeline, which counts it; nobody is told to wait for an answer.
        let known = ingested.is_some_and(|ingested| ingested.seen == Seen::Again);
        let receipt = Receipt { turn: (!known).then(|| id.clone()) };
        place.fill(move |cancel| async move {
            let span = tracing::info_span!("turn.run", turn = %id, channel = %event.channel);
            let scope = TurnScope {
                turn: id,
                now: self.clock.now(),
                seen: ingested.map_or(Seen::First, |ingested| ingested.seen),
                cancel,
            };
            // A repeat is not what the message's one outcome, or a try at it, is about.
            let inbound =
                ingested.filter(|ingested| ingested.seen == Seen::First).map(|ingested| ingested.id);
            self.run(Turn { event, inbound, scope }).instrument(span).await;
        });
        Ok(receipt)
    }

    /// One turn, from start to close. Whatever happens in it, it has an outcome and the lane goes on.
    async fn run(self: Arc<Self>, turn: Turn) {
        let target = LiveTarget {
            channel: turn.event.channel.clone(),
            chat: turn.event.chat.clone(),
            turn: turn.scope.turn.clone(),
        };
        let route = Route::of(&turn.event);
        let (gateway, given_up) = (self.clone(), turn.clone());
        let work = tokio::spawn(async move { gateway.answer(turn).await }.in_current_span());
        let outcome = match work.await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => self.give_up(given_up).await,
            Err(error) => {
                // Without the error's text: a panic may quote a message (a cut inside a character does).
                tracing::error!(panicked = error.is_panic(), "the turn broke");
                self.give_up(given_up).await
            }
        };
        if let Err(error) = self.projector.run().await {
            tracing::error!(error = chain(&error), "a session file could not be written; its lines wait");
        }
        self.pump.wake();
        if target.channel.is_operator() {
            // A terminal waits for the end of the turn, and the answer comes before the end.
            let settled = self.pump.settle(&route.channel, &route.chat);
            let _ = tokio::time::timeout(SETTLE_LIMIT, settled).await;
        }
        self.live.show(&target, LiveEvent::Ended(outcome));
    }

    /// Runs the message through the pipeline and closes its turn. None when that could not be recorded.
    async fn answer(&self, turn: Turn) -> Option<TurnOutcome> {
        let Turn { event, inbound, scope } = turn;
        if let Some(id) = inbound
            && let Err(error) = self.journal.begin(id, &scope.turn, &scope.now).await
        {
            tracing::error!(error = chain(&error), "the turn could not be recorded, so it does not start");
            return None;
        }
        let intents = self.orchestrator.handle(event, scope.clone()).await;
        self.close(&scope, inbound, intents).await
    }

    /// Tells the chat that its message broke something, and closes the turn. A repeat is dropped either way.
    async fn give_up(&self, turn: Turn) -> TurnOutcome {
        let Turn { event, inbound, scope } = turn;
        if scope.seen == Seen::Again {
            return TurnOutcome::Ignored;
        }
        let told = self.orchestrator.give_up(event, scope.clone(), TurnOutcome::Failed, notice::BROKE).await;
        self.close(&scope, inbound, told).await.unwrap_or(TurnOutcome::Failed)
    }

    async fn close(
        &self,
        scope: &TurnScope,
        inbound: Option<InboundId>,
        intents: Vec<Intent>,
    ) -> Option<TurnOutcome> {
        let closed = self.dispatcher.dispatch(scope, inbound, intents).await;
        closed.inspect_err(|error| tracing::error!(error = chain(error), "the turn could not be closed")).ok()
    }
}
