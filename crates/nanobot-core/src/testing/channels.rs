//! A way in, a way out and a window that keep what passed through them.
#![expect(clippy::expect_used, reason = "test code: a wrong literal in a test should stop it")]

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;

use crate::event::InboundEvent;
use crate::ids::{AccountId, ChannelName, ChatId, MessageId, SessionKey};
use crate::outcome::TurnOutcome;
use crate::ports::{
    ChannelSender, Delivery, IdGenerator, Ingest, IngestError, LiveEvent, LiveSink, LiveTarget, Outgoing,
    Receipt, SendError,
};
use crate::stand_in::hold;

use super::SequenceIds;

/// Takes every message, recognises repeats, runs no turn.
#[derive(Debug, Default)]
pub struct FakeIngest {
    state: Mutex<IngestState>,
    ids: SequenceIds,
}

#[derive(Debug, Default)]
struct IngestState {
    refusals: VecDeque<IngestError>,
    events: Vec<InboundEvent>,
    keys: HashSet<(ChannelName, AccountId, ChatId, MessageId)>,
    running: HashSet<SessionKey>,
    cancelled: Vec<SessionKey>,
}

impl FakeIngest {
    /// Has taken nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next message is refused like this.
    pub fn refuse_next(&self, error: IngestError) {
        hold(&self.state).refusals.push_back(error);
    }

    /// Pretends that a turn runs for this session.
    pub fn pretend_running(&self, session: SessionKey) {
        hold(&self.state).running.insert(session);
    }

    /// Every message that was taken, repeats left out.
    pub fn events(&self) -> Vec<InboundEvent> {
        hold(&self.state).events.clone()
    }

    /// Every session that somebody asked to stop, in order.
    pub fn cancelled(&self) -> Vec<SessionKey> {
        hold(&self.state).cancelled.clone()
    }
}

#[async_trait]
impl Ingest for FakeIngest {
    async fn receive(&self, event: InboundEvent) -> Result<Receipt, IngestError> {
        let mut state = hold(&self.state);
        if let Some(error) = state.refusals.pop_front() {
            return Err(error);
        }
        if let Some(id) = event.message_id.clone() {
            let key = (event.channel.clone(), event.account.clone(), event.chat.clone(), id);
            if !state.keys.insert(key) {
                return Ok(Receipt { turn: None });
            }
        }
        state.events.push(event);
        Ok(Receipt { turn: Some(self.ids.turn_id()) })
    }

    async fn cancel(&self, session: &SessionKey) -> bool {
        let mut state = hold(&self.state);
        state.cancelled.push(session.clone());
        state.running.remove(session)
    }
}

/// Confirms every delivery and keeps it.
#[derive(Debug)]
pub struct RecordingSender {
    channel: ChannelName,
    failures: Mutex<VecDeque<SendError>>,
    sent: Mutex<Vec<Delivery>>,
}

impl RecordingSender {
    /// Serves this channel.
    pub fn new(channel: ChannelName) -> Self {
        Self { channel, failures: Mutex::default(), sent: Mutex::default() }
    }

    /// The next delivery is not sent, for this reason.
    pub fn fail_next(&self, error: SendError) {
        hold(&self.failures).push_back(error);
    }

    /// Every delivery that was confirmed, in order.
    pub fn sent(&self) -> Vec<Delivery> {
        hold(&self.sent).clone()
    }

    /// The texts of the confirmed messages, the emoji of the confirmed reactions, in order.
    pub fn texts(&self) -> Vec<String> {
        let text = |delivery: &Delivery| match &delivery.outgoing {
            Outgoing::Message(message) => message.text.clone(),
            Outgoing::Reaction(reaction) => reaction.emoji.clone(),
        };
        hold(&self.sent).iter().map(text).collect()
    }
}

#[async_trait]
impl ChannelSender for RecordingSender {
    fn channel(&self) -> ChannelName {
        self.channel.clone()
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        if let Some(error) = hold(&self.failures).pop_front() {
            return Err(error);
        }
        hold(&self.sent).push(delivery.clone());
        Ok(())
    }
}

/// Keeps every live event.
#[derive(Debug, Default)]
pub struct RecordingSink {
    seen: Mutex<Vec<(LiveTarget, SeenLive)>>,
}

/// A live event that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenLive {
    /// The assistant was busy, or no longer.
    Typing(bool),
    /// A piece of the answer.
    Text(String),
    /// What was shown was not the answer.
    Aside,
    /// A tool ran.
    Tool(String),
    /// The turn was over.
    Ended(TurnOutcome),
}

impl RecordingSink {
    /// Has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every event with its target, in order.
    pub fn seen(&self) -> Vec<(LiveTarget, SeenLive)> {
        hold(&self.seen).clone()
    }

    /// Every event, in order.
    pub fn events(&self) -> Vec<SeenLive> {
        hold(&self.seen).iter().map(|(_, event)| event.clone()).collect()
    }

    /// All text pieces joined, whatever was between them.
    pub fn text(&self) -> String {
        let piece = |event: &SeenLive| match event {
            SeenLive::Text(piece) => piece.clone(),
            SeenLive::Typing(_) | SeenLive::Aside | SeenLive::Tool(_) | SeenLive::Ended(_) => String::new(),
        };
        hold(&self.seen).iter().map(|(_, event)| piece(event)).collect()
    }
}

impl LiveSink for RecordingSink {
    fn show(&self, target: &LiveTarget, event: LiveEvent<'_>) {
        let event = match event {
            LiveEvent::Typing(on) => SeenLive::Typing(on),
            LiveEvent::Text(piece) => SeenLive::Text(piece.to_owned()),
            LiveEvent::Aside => SeenLive::Aside,
            LiveEvent::Tool(name) => SeenLive::Tool(name.to_owned()),
            LiveEvent::Ended(outcome) => SeenLive::Ended(outcome),
        };
        hold(&self.seen).push((target.clone(), event));
    }
}

/// Where the live events of a turn in the operator's terminal belong.
///
/// # Panics
/// When `turn` is no identifier.
pub fn live_target(turn: &str) -> LiveTarget {
    LiveTarget {
        channel: ChannelName::CLI,
        chat: ChatId::new("default").expect("the constant is a chat"),
        turn: crate::ids::TurnId::new(turn).expect("a test names a turn"),
    }
}
