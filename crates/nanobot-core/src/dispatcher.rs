//! Carries out what a turn wants: one closing transaction, then what may be repeated.
//!
//! The transaction holds the outcome, the session lines and the outbox rows; a crash before it leaves the
//! turn open, a crash behind it leaves nothing undone that matters twice.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::ids::{DeliveryKey, SessionKey};
use crate::intent::Intent;
use crate::outcome::TurnOutcome;
use crate::pipeline::{TurnScope, chain};
use crate::ports::{
    Closing, Delivery, InboundId, Journal, MemoryStore, Outgoing, SeenChats, SessionStore, StoreError,
    Telemetry,
};
use crate::telemetry::{NotesOutcome, TelemetryEvent};

/// What intents act on.
pub struct Dispatcher {
    /// Closes turns.
    pub journal: Arc<dyn Journal>,
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
        intents: Vec<Intent>,
    ) -> Result<TurnOutcome, StoreError> {
        let (closing, aftermath) = plan(scope, inbound, intents);
        self.journal.close(&closing).await?;
        for effect in aftermath {
            self.carry_out(effect).await;
        }
        Ok(closing.outcome)
    }

    async fn carry_out(&self, effect: Aftermath) {
        let (store, done) = match effect {
            Aftermath::Fact(fact) => return self.telemetry.record(&fact),
            Aftermath::Remember(Intent::RememberChat { channel, chat }) => {
                ("seen_chats", self.seen_chats.remember(&channel, &chat).await)
            }
            Aftermath::Remember(_) => return,
            Aftermath::Note(intent) => ("memory", self.note(&intent).await),
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

/// Sorts the intents into the transaction and what comes behind it.
fn plan(scope: &TurnScope, inbound: Option<InboundId>, intents: Vec<Intent>) -> (Closing, Vec<Aftermath>) {
    let mut closing = Closing {
        inbound,
        turn: scope.turn.clone(),
        outcome: TurnOutcome::Ignored,
        sessions: Vec::new(),
        deliveries: Vec::new(),
        at: scope.now.clone(),
    };
    let mut aftermath = Vec::new();
    for intent in intents {
        match intent {
            Intent::SendMessage(message) => closing.send(Outgoing::Message(message)),
            Intent::SendReaction(reaction) => closing.send(Outgoing::Reaction(reaction)),
            Intent::AppendSession(append) => closing.sessions.push(append),
            Intent::RememberChat { .. } => aftermath.push(Aftermath::Remember(intent)),
            Intent::CaptureMemory(_) | Intent::RecordNote(_) => aftermath.push(Aftermath::Note(intent)),
            Intent::RecordTelemetry(fact) => aftermath.push(Aftermath::Fact(fact)),
            Intent::Close(outcome) => closing.outcome = outcome,
            // It was shown when it was emitted.
            Intent::SetTyping { .. } => {}
        }
    }
    (closing, aftermath)
}

impl Closing {
    fn send(&mut self, outgoing: Outgoing) {
        let key = DeliveryKey::of(&self.turn, self.deliveries.len());
        self.deliveries.push(Delivery { key, turn: self.turn.clone(), outgoing });
    }
}

/// Brings closed session lines into their files.
pub struct Projector {
    /// Has the lines.
    journal: Arc<dyn Journal>,
    /// Has the files.
    sessions: Arc<dyn SessionStore>,
    /// One run at a time, so that no line is brought over by two.
    run: Mutex<()>,
}

impl Projector {
    /// Lines that are taken at a time.
    const BATCH: usize = 64;

    /// From the journal that has the lines to the store that has the files.
    pub fn new(journal: Arc<dyn Journal>, sessions: Arc<dyn SessionStore>) -> Self {
        Self { journal, sessions, run: Mutex::new(()) }
    }

    /// Projects everything that waits, each session in order. A session whose file cannot be written waits on,
    /// and holds no other up; what waits is part of the history all the same. Waits for a run that is under way.
    ///
    /// # Errors
    /// The first failure: of a file, or of the journal.
    pub async fn run(&self) -> Result<(), StoreError> {
        let _only = self.run.lock().await;
        let mut failed: HashSet<SessionKey> = HashSet::new();
        let mut first = Ok(());
        let mut stuck = 0;
        loop {
            // Rows of failed sessions come again, so the window is larger by them.
            let limit = stuck + Self::BATCH;
            let waiting = self.journal.unprojected(limit).await?;
            let is_all = waiting.len() < limit;
            stuck = 0;
            for pending in waiting {
                if failed.contains(&pending.append.session) {
                    stuck += 1;
                } else if let Err(error) = self.sessions.append(&pending.append, pending.at.local()).await {
                    failed.insert(pending.append.session);
                    stuck += 1;
                    first = first.and(Err(error));
                } else {
                    self.journal.projected(pending.id).await?;
                }
            }
            if is_all {
                return first;
            }
        }
    }
}

#[cfg(test)]
mod tests;
