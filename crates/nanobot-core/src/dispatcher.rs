//! Carries out what a turn wants: one closing transaction, then what may be repeated.
//!
//! The transaction holds the outcome, the session lines and the outbox rows; a crash before it leaves the
//! turn open, a crash behind it leaves nothing undone that matters twice.

use std::sync::Arc;

use crate::ids::{DeliveryKey, SessionKey};
use crate::intent::{Intent, SessionAppend};
use crate::outcome::TurnOutcome;
use crate::pipeline::{Handled, Readings, TurnScope, chain};
use crate::ports::{
    Closing, Delivery, InboundId, Journal, LineQueue, MemoryStore, Outgoing, SeenChats, SessionEnd,
    SessionStore, SessionWrite, StoreError, Telemetry,
};
use crate::telemetry::{NotesOutcome, StoreName, TelemetryEvent};

/// What intents act on.
pub struct Dispatcher {
    /// Closes turns.
    pub journal: Arc<dyn Journal>,
    /// Knows the lines that are on their way into a file.
    pub lines: Arc<dyn LineQueue>,
    /// Says how lines are written, and where a file ends.
    pub sessions: Arc<dyn SessionStore>,
    /// Remembers chats.
    pub seen_chats: Arc<dyn SeenChats>,
    /// Takes notes; none while there is no memory.
    pub memory: Option<Arc<dyn MemoryStore>>,
    /// Takes facts.
    pub telemetry: Arc<dyn Telemetry>,
}

/// Effects that are carried out behind the closing transaction: each may be repeated or lost without harm
/// to a promise.
enum Aftermath {
    Remember(Intent),
    Note(Intent),
    Fact(TelemetryEvent),
}

impl Dispatcher {
    /// Closes the turn. Answers its outcome.
    ///
    /// # Errors
    /// When the closing transaction failed: nothing took effect, and the turn is open still.
    pub async fn dispatch(
        &self,
        scope: &TurnScope,
        inbound: Option<InboundId>,
        handled: Handled,
    ) -> Result<TurnOutcome, StoreError> {
        let Plan { mut closing, appends, aftermath } = plan(scope, inbound, handled);
        for append in appends {
            let write = self.place_for(append, &closing.sessions).await?;
            closing.sessions.push(write);
        }
        if !closing.is_empty() {
            self.journal.close(&closing).await?;
        }
        for effect in aftermath {
            self.carry_out(effect).await;
        }
        Ok(closing.outcome)
    }

    /// The exact text of session lines and where it will stand: behind what is on its way already. Turns of one
    /// session come one after the other, so nobody of ours takes the place meanwhile.
    async fn place_for(
        &self,
        append: SessionAppend,
        before: &[SessionWrite],
    ) -> Result<SessionWrite, StoreError> {
        let text = self.sessions.render(&append)?;
        let earlier = before.iter().rev().find(|write| write.append.session == append.session);
        let end = match earlier {
            Some(write) => SessionEnd { offset: write.end(), torn: false },
            None => self.end_of(&append.session).await?,
        };
        Ok(end.write(append, text))
    }

    async fn end_of(&self, session: &SessionKey) -> Result<SessionEnd, StoreError> {
        if let Some(offset) = self.lines.end_of(session).await? {
            return Ok(SessionEnd { offset, torn: false });
        }
        // A file that cannot be read keeps no answer back: its lines wait, and find their place when it can.
        Ok(self.sessions.end(session).await.unwrap_or_else(|error| {
            let detail = chain(&error);
            self.telemetry.record(&TelemetryEvent::StoreFailed {
                store: StoreName::Sessions,
                kind: error.kind,
                detail,
            });
            SessionEnd::UNKNOWN
        }))
    }

    async fn carry_out(&self, effect: Aftermath) {
        let (store, done) = match effect {
            Aftermath::Fact(fact) => return self.telemetry.record(&fact),
            Aftermath::Remember(Intent::RememberChat { channel, chat }) => {
                (StoreName::SeenChats, self.seen_chats.remember(&channel, &chat).await)
            }
            Aftermath::Remember(_) => return,
            Aftermath::Note(intent) => (StoreName::Memory, self.note(&intent).await),
        };
        if let Err(error) = done {
            let detail = chain(&error);
            self.telemetry.record(&TelemetryEvent::StoreFailed { store, kind: error.kind, detail });
        }
    }

    async fn note(&self, intent: &Intent) -> Result<(), StoreError> {
        match (intent, &self.memory) {
            (Intent::CaptureMemory(note), Some(memory)) => memory.capture(note).await,
            (Intent::RecordNote(note), Some(memory)) => memory.record(note).await,
            (Intent::CaptureMemory(note), None) => {
                let outcome = NotesOutcome::DroppedWithoutMemory;
                self.telemetry.record(&TelemetryEvent::Notes { channel: note.channel.clone(), outcome });
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// A turn's intents, sorted.
pub(crate) struct Plan {
    /// The transaction, without session lines.
    pub(crate) closing: Closing,
    /// The session lines that belong into it.
    pub(crate) appends: Vec<SessionAppend>,
    /// What comes behind it.
    aftermath: Vec<Aftermath>,
}

/// Sorts the intents into the transaction and what comes behind it.
pub(crate) fn plan(scope: &TurnScope, inbound: Option<InboundId>, handled: Handled) -> Plan {
    let Handled { intents, readings } = handled;
    let mut plan =
        Plan { closing: Closing::new(scope, inbound, readings), appends: Vec::new(), aftermath: Vec::new() };
    for intent in intents {
        match intent {
            Intent::SendMessage(message) => plan.closing.send(Outgoing::Message(message)),
            Intent::SendReaction(reaction) => plan.closing.send(Outgoing::Reaction(reaction)),
            Intent::AppendSession(append) => plan.appends.push(append),
            Intent::RememberChat { .. } => plan.aftermath.push(Aftermath::Remember(intent)),
            Intent::CaptureMemory(_) | Intent::RecordNote(_) => plan.aftermath.push(Aftermath::Note(intent)),
            Intent::RecordTelemetry(fact) => plan.aftermath.push(Aftermath::Fact(fact)),
            Intent::Close(outcome) => plan.closing.outcome = outcome,
            // It was shown when it was emitted.
            Intent::SetTyping { .. } => {}
        }
    }
    plan
}

impl Closing {
    fn new(scope: &TurnScope, inbound: Option<InboundId>, readings: Readings) -> Self {
        Self {
            inbound,
            turn: scope.turn.clone(),
            outcome: TurnOutcome::Ignored,
            readings,
            sessions: Vec::new(),
            deliveries: Vec::new(),
            at: scope.now.clone(),
        }
    }

    fn send(&mut self, outgoing: Outgoing) {
        let key = DeliveryKey::of(&self.turn, self.deliveries.len());
        self.deliveries.push(Delivery { key, turn: self.turn.clone(), outgoing });
    }
}

#[cfg(test)]
mod tests;
