//! The way in: every message of every channel passes here, is stored, queued, answered, closed.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::cancel::CancelToken;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{SessionKey, TurnId};
use nanobot_core::pipeline::{Route, TurnScope, chain};
use nanobot_core::ports::{
    Clock, IdGenerator, Ingest, IngestError, Ingested, Journal, LiveEvent, LiveSink, LiveTarget, Receipt,
    Seen,
};
use nanobot_core::{Dispatcher, Orchestrator, Projector, TurnOutcome};
use tracing::Instrument;

use crate::lanes::Lanes;
use crate::pump::Pump;

/// The longest message that is taken, in Unicode code points. WhatsApp, the roomiest network, allows as many.
pub const MAX_INBOUND_CHARS: usize = 65_536;

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
struct Turn {
    event: InboundEvent,
    ingested: Option<Ingested>,
    id: TurnId,
}

#[async_trait]
impl Ingest for Door {
    async fn receive(&self, event: InboundEvent) -> Result<Receipt, IngestError> {
        let gateway = &self.0;
        let found = event.text().chars().count();
        if found > MAX_INBOUND_CHARS {
            return Err(IngestError::TooLarge { found, limit: MAX_INBOUND_CHARS });
        }
        let place = gateway.lanes.promise(&Route::of(&event).session())?;
        // A message without content leads to nothing and must not take the id of one that has some.
        let blank = event.text().is_empty() && event.blocks.iter().all(|block| block.media().is_none());
        let ingested = if blank { None } else { Some(gateway.journal.ingest(&event).await?) };
        let id = gateway.ids.turn_id();
        // A repeat runs through the pipeline, which counts it; nobody is told to wait for an answer.
        let known = ingested.is_some_and(|ingested| ingested.seen == Seen::Again);
        let receipt = Receipt { turn: (!known).then(|| id.clone()) };
        let turn = Turn { event, ingested, id };
        let gateway = gateway.clone();
        place.fill(move |cancel| async move {
            let span = tracing::info_span!("turn.run", turn = %turn.id, channel = %turn.event.channel);
            gateway.run(turn, cancel).instrument(span).await;
        });
        Ok(receipt)
    }

    async fn cancel(&self, session: &SessionKey) -> bool {
        self.0.lanes.cancel(session)
    }
}

impl Gateway {
    /// One turn, from start to close. Whatever happens in it, the lane goes on.
    async fn run(self: &Arc<Self>, turn: Turn, cancel: CancelToken) {
        let target = LiveTarget {
            channel: turn.event.channel.clone(),
            chat: turn.event.chat.clone(),
            turn: turn.id.clone(),
        };
        let gateway = self.clone();
        let work = tokio::spawn(async move { gateway.answer(turn, cancel).await }.in_current_span());
        let outcome = work.await.unwrap_or_else(|error| {
            // Without the error's text: a panic may quote a message (a cut inside a character does).
            tracing::error!(panicked = error.is_panic(), "the turn broke");
            TurnOutcome::Failed
        });
        if target.channel.is_operator() {
            // A terminal waits for the end of the turn, and the answer comes before the end.
            self.pump.flush().await;
        } else {
            self.pump.wake();
        }
        self.live.show(&target, LiveEvent::Ended(outcome));
    }

    async fn answer(&self, turn: Turn, cancel: CancelToken) -> TurnOutcome {
        let now = self.clock.now();
        // A repeat is not what the message's one outcome, or a try at it, is about.
        let first = turn.ingested.filter(|ingested| ingested.seen == Seen::First);
        let inbound = first.map(|ingested| ingested.id);
        if let Some(id) = inbound
            && let Err(error) = self.journal.begin(id, &turn.id, &now).await
        {
            tracing::error!(error = chain(&error), "the turn could not be recorded, so it does not start");
            return TurnOutcome::Failed;
        }
        let seen = turn.ingested.map_or(Seen::First, |ingested| ingested.seen);
        let scope = TurnScope { turn: turn.id, now, seen, cancel };
        let intents = self.orchestrator.handle(turn.event, scope.clone()).await;
        let outcome = match self.dispatcher.dispatch(&scope, inbound, intents).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!(error = chain(&error), "the turn could not be closed");
                return TurnOutcome::Failed;
            }
        };
        if let Err(error) = self.projector.run().await {
            tracing::error!(error = chain(&error), "the session file could not be written; its lines wait");
        }
        outcome
    }
}
