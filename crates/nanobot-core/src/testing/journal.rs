//! A journal that remembers what it was told, and builders for what a journal stores.
#![expect(clippy::expect_used, reason = "test code: a wrong literal in a test should stop it")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::Trouble;
use super::event::SENT_AT;
use crate::event::InboundEvent;
use crate::ids::{ChannelName, ChatId, DeliveryKey, SessionKey, TurnId};
use crate::intent::{SessionAppend, SessionLine, SessionRole};
use crate::label::Labels;
use crate::message::OutboundMessage;
use crate::outcome::TurnOutcome;
use crate::pipeline::Readings;
use crate::ports::{
    Attempt, Closing, Delivery, InboundId, Ingested, Journal, LineQueue, OpenTurn, Outbox, Outgoing,
    PendingAppend, QueuedDelivery, SessionWrite, StoreError, Tidied,
};
use crate::record::{RecordedStep, StepDone, StepStarted};
use crate::stand_in::{VolatileJournal, hold};
use crate::time::{Timestamp, WallTime};

/// A [`VolatileJournal`] that keeps a protocol of its writes and fails when told to.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    /// Failures on request.
    pub trouble: Trouble,
    inner: VolatileJournal,
    written: Mutex<Written>,
}

/// What was written, in order.
#[derive(Debug, Clone, Default)]
struct Written {
    started: Vec<(TurnId, StepStarted)>,
    done: Vec<(TurnId, StepDone)>,
    closed: Vec<Closing>,
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// The steps that were announced, with their turns.
    pub fn started(&self) -> Vec<(TurnId, StepStarted)> {
        hold(&self.written).started.clone()
    }

    /// The steps that were answered, with their turns.
    pub fn done(&self) -> Vec<(TurnId, StepDone)> {
        hold(&self.written).done.clone()
    }

    /// What is on record of a turn, by index: of steps that were said twice, the first.
    pub fn steps(&self, turn: &TurnId) -> Vec<RecordedStep> {
        let written = hold(&self.written);
        let mut steps: BTreeMap<u32, RecordedStep> = BTreeMap::new();
        for (_, started) in written.started.iter().filter(|(of, _)| of == turn) {
            let step = RecordedStep { started: started.clone(), done: None };
            steps.entry(started.index).or_insert(step);
        }
        for (_, done) in written.done.iter().filter(|(of, _)| of == turn) {
            if let Some(step) = steps.get_mut(&done.index) {
                step.done.get_or_insert_with(|| done.clone());
            }
        }
        steps.into_values().collect()
    }

    /// The closings that took effect, repeats included.
    pub fn closings(&self) -> Vec<Closing> {
        hold(&self.written).closed.clone()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    fn name(&self) -> &'static str {
        "memory_journal"
    }

    fn is_durable(&self) -> bool {
        self.inner.is_durable()
    }

    async fn ingest(
        &self,
        event: &InboundEvent,
        turn: &TurnId,
        at: Timestamp,
    ) -> Result<Ingested, StoreError> {
        self.trouble.strike("ingest")?;
        self.inner.ingest(event, turn, at).await
    }

    async fn begin(&self, inbound: InboundId, at: &WallTime) -> Result<Attempt, StoreError> {
        self.trouble.strike("begin")?;
        self.inner.begin(inbound, at).await
    }

    async fn hand_back(&self, inbound: InboundId) -> Result<(), StoreError> {
        self.trouble.strike("hand_back")?;
        self.inner.hand_back(inbound).await
    }

    async fn step_started(&self, turn: &TurnId, step: &StepStarted) -> Result<(), StoreError> {
        self.trouble.strike("step_started")?;
        hold(&self.written).started.push((turn.clone(), step.clone()));
        self.inner.step_started(turn, step).await
    }

    async fn step_done(&self, turn: &TurnId, step: &StepDone) -> Result<(), StoreError> {
        self.trouble.strike("step_done")?;
        hold(&self.written).done.push((turn.clone(), step.clone()));
        self.inner.step_done(turn, step).await
    }

    async fn close(&self, closing: &Closing) -> Result<(), StoreError> {
        self.trouble.strike("close")?;
        self.inner.close(closing).await?;
        hold(&self.written).closed.push(closing.clone());
        Ok(())
    }

    async fn open_turns(&self, after: InboundId, limit: usize) -> Result<Vec<OpenTurn>, StoreError> {
        self.trouble.strike("open_turns")?;
        self.inner.open_turns(after, limit).await
    }

    async fn forget(&self, session: &SessionKey) -> Result<u64, StoreError> {
        self.trouble.strike("forget")?;
        self.inner.forget(session).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<Tidied, StoreError> {
        self.trouble.strike("tidy")?;
        self.inner.tidy(now).await
    }

    async fn shut_down(&self) {
        self.inner.shut_down().await;
    }
}

#[async_trait]
impl LineQueue for MemoryJournal {
    async fn waiting(&self, limit: usize) -> Result<Vec<PendingAppend>, StoreError> {
        self.trouble.strike("waiting")?;
        self.inner.waiting(limit).await
    }

    async fn waiting_in(&self, session: &SessionKey) -> Result<Vec<PendingAppend>, StoreError> {
        self.trouble.strike("waiting_in")?;
        self.inner.waiting_in(session).await
    }

    async fn end_of(&self, session: &SessionKey) -> Result<Option<u64>, StoreError> {
        self.trouble.strike("end_of")?;
        self.inner.end_of(session).await
    }

    fn written(&self, row: u64, end: u64) {
        self.inner.written(row, end);
    }

    fn unsettled(&self, limit: usize) -> Vec<(SessionKey, u64)> {
        self.inner.unsettled(limit)
    }

    async fn settle(&self, sessions: &[(SessionKey, u64)]) -> Result<(), StoreError> {
        self.trouble.strike("settle")?;
        self.inner.settle(sessions).await
    }
}

#[async_trait]
impl Outbox for MemoryJournal {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        self.trouble.strike("due")?;
        self.inner.due(now, limit).await
    }

    async fn delivered(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.trouble.strike("delivered")?;
        self.inner.delivered(key).await
    }

    async fn postpone(&self, key: &DeliveryKey, until: Timestamp, why: &str) -> Result<(), StoreError> {
        self.trouble.strike("postpone")?;
        self.inner.postpone(key, until, why).await
    }

    async fn park(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        self.trouble.strike("park")?;
        self.inner.park(key, why).await
    }

    async fn release(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.trouble.strike("release")?;
        self.inner.release(key).await
    }

    async fn discard(&self, key: &DeliveryKey, why: &str) -> Result<bool, StoreError> {
        self.trouble.strike("discard")?;
        self.inner.discard(key, why).await
    }

    async fn count(&self) -> Result<usize, StoreError> {
        self.trouble.strike("count")?;
        self.inner.count().await
    }

    async fn list(&self, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        self.trouble.strike("list")?;
        self.inner.list(limit).await
    }
}

/// The closing of an answered turn that leaves nothing behind; set the fields that matter.
///
/// # Panics
/// When `turn` is no identifier.
pub fn closing(turn: &str) -> Closing {
    Closing {
        inbound: None,
        turn: TurnId::new(turn).expect("a test names a turn"),
        outcome: TurnOutcome::Answered,
        readings: Readings::default(),
        sessions: Vec::new(),
        deliveries: Vec::new(),
        at: WallTime::utc(SENT_AT.parse().expect("the constant is an instant")),
    }
}

/// The `index`-th message of a turn, to a WhatsApp chat.
///
/// # Panics
/// When `turn` or `chat` is no identifier.
pub fn delivery(turn: &str, index: usize, chat: &str, text: &str) -> Delivery {
    let turn = TurnId::new(turn).expect("a test names a turn");
    Delivery {
        key: DeliveryKey::of(&turn, index),
        turn,
        outgoing: Outgoing::Message(OutboundMessage {
            channel: ChannelName::WHATSAPP,
            chat: ChatId::new(chat).expect("a test names a chat"),
            text: text.to_owned(),
            reply_to: None,
            media: Vec::new(),
        }),
    }
}

/// One user line for a session.
///
/// # Panics
/// When `session` is no session key.
pub fn append(session: &str, text: &str) -> SessionAppend {
    SessionAppend {
        session: SessionKey::new(session).expect("a test names a session"),
        lines: vec![line(SessionRole::User, text)],
    }
}

/// The same line as it goes into a closing: at this offset, in a plain form of text.
///
/// # Panics
/// When `session` is no session key.
pub fn write(session: &str, text: &str, offset: u64) -> SessionWrite {
    SessionWrite { append: append(session, text), text: format!("{text}\n"), offset }
}

/// One line, written at the time at which events are sent, without labels.
pub fn line(role: SessionRole, text: &str) -> SessionLine {
    let at = crate::time::civil::date(2026, 2, 22).at(12, 0, 0, 0);
    SessionLine { role, content: text.to_owned(), at, labels: Labels::NONE }
}
