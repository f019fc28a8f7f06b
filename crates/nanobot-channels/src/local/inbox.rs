//! What arrives at a client: answers find the request that waits for them, events queue for the reader.
//!
//! Never waits. It reads no stream; `client.rs` feeds it.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nanobot_core::TurnOutcome;
use nanobot_core::ids::{ChatId, DeliveryKey, IdError, MessageId, TurnId};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::lagging::Lagging;
use super::protocol::{ErrorBody, ServerFrame, code};
use crate::error::ClientError;

/// Events that wait for the reader.
const QUEUED_EVENTS: usize = 1024;

/// Of these, the ones that live events leave free for deliveries and ends of turns.
const RESERVED_EVENTS: usize = 64;

/// Deliveries that are remembered, so that a repeat is not handed over twice.
const REMEMBERED_KEYS: usize = 256;

/// Chats that may have a turn of which live events were dropped; the protocol allows 32 attached ones.
const LAGGING_CHATS: usize = 1024;

/// Something that happens in an attached chat, or to the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The assistant is busy in the chat, or no longer.
    Typing {
        /// The chat.
        chat: ChatId,
        /// Busy or not.
        on: bool,
    },
    /// The next piece of an answer. Pieces may be missing at the end, never in the middle.
    Delta {
        /// The chat.
        chat: ChatId,
        /// The turn.
        turn: TurnId,
        /// The piece.
        text: String,
    },
    /// The pieces so far were not the answer.
    Aside {
        /// The chat.
        chat: ChatId,
        /// The turn.
        turn: TurnId,
    },
    /// A tool runs.
    Tool {
        /// The chat.
        chat: ChatId,
        /// The turn.
        turn: TurnId,
        /// The tool.
        name: String,
    },
    /// A message for the person.
    Message {
        /// Its stable key.
        key: DeliveryKey,
        /// The chat.
        chat: ChatId,
        /// The turn that sends it.
        turn: TurnId,
        /// The words; may be empty when there is media.
        text: String,
        /// The message that it answers.
        reply_to: Option<MessageId>,
        /// Files that belong to it, absolute.
        media: Vec<PathBuf>,
    },
    /// A reaction to a message.
    Reaction {
        /// Its stable key.
        key: DeliveryKey,
        /// The chat.
        chat: ChatId,
        /// The turn that sends it.
        turn: TurnId,
        /// The message.
        message_id: MessageId,
        /// The emoji.
        emoji: String,
    },
    /// A turn is over.
    Ended {
        /// The chat.
        chat: ChatId,
        /// The turn.
        turn: TurnId,
        /// How; none for a word that this version does not know.
        outcome: Option<TurnOutcome>,
    },
    /// The daemon complains about something that was said.
    Problem {
        /// One of [`protocol::code`](super::protocol::code).
        code: String,
        /// One line for a person.
        message: String,
    },
    /// The daemon closes the connection.
    Bye {
        /// `draining` or `slow`.
        reason: String,
    },
}

/// What waits for the reader.
#[derive(Debug)]
pub(crate) enum Queued {
    /// To be handed over.
    Event(ClientEvent),
    /// A repeat of something that was handed over before: only to be confirmed.
    Repeat(DeliveryKey),
}

impl Queued {
    /// What has to be confirmed when this is handed over.
    pub(crate) fn key(&self) -> Option<&DeliveryKey> {
        match self {
            Self::Event(ClientEvent::Message { key, .. } | ClientEvent::Reaction { key, .. })
            | Self::Repeat(key) => Some(key),
            Self::Event(_) => None,
        }
    }
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A message is durable.
    Taken(Option<TurnId>),
    /// A control request is done.
    Done(Value),
}

/// The connection cannot go on.
#[derive(Debug)]
pub(crate) struct Overrun;

/// The state that the reading task and the caller share.
#[derive(Debug)]
pub(crate) struct Inbox {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// None once the connection has ended.
    events: Option<mpsc::Sender<Queued>>,
    waiting: HashMap<String, oneshot::Sender<Result<Reply, ClientError>>>,
    handed: VecDeque<DeliveryKey>,
    /// Turns of which a live event was dropped.
    lagging: Lagging,
}

impl Inbox {
    /// An empty inbox and the queue of its events.
    pub(crate) fn new() -> (Arc<Self>, mpsc::Receiver<Queued>) {
        let (events, queue) = mpsc::channel(QUEUED_EVENTS);
        let state = State {
            events: Some(events),
            waiting: HashMap::new(),
            handed: VecDeque::new(),
            lagging: Lagging::default(),
        };
        (Arc::new(Self { state: Mutex::new(state) }), queue)
    }

    /// Registers a request before it is sent.
    ///
    /// # Errors
    /// [`ClientError::Closed`] when no answer can come any more.
    pub(crate) fn expect(self: &Arc<Self>, id: String) -> Result<Pending, ClientError> {
        let (sender, answer) = oneshot::channel();
        let mut state = self.state();
        if state.events.is_none() {
            return Err(ClientError::Closed);
        }
        state.waiting.insert(id.clone(), sender);
        Ok(Pending { inbox: Arc::clone(self), id, answer })
    }

    /// Takes one frame in. Frames that carry no proper identifiers are ignored.
    ///
    /// # Errors
    /// [`Overrun`] when the end of a turn does not fit any more, nobody reads, or more chats lag than a
    /// server that keeps to the protocol can make lag.
    pub(crate) fn take(&self, frame: ServerFrame) -> Result<(), Overrun> {
        let mut state = self.state();
        match frame {
            // Greetings are over; an answer to a hello that was never said means nothing.
            ServerFrame::Hello { .. } => Ok(()),
            ServerFrame::Ack { id, turn } => {
                let turn = turn.and_then(|turn| TurnId::new(turn).ok());
                state.answer(&id, Ok(Reply::Taken(turn)));
                Ok(())
            }
            ServerFrame::Refused { id, code, message, retry } => {
                state.answer(&id, Err(ClientError::Refused { code, message, retry }));
                Ok(())
            }
            ServerFrame::Result { id, ok, error } => {
                state.answer(&id, result_of(ok, error));
                Ok(())
            }
            event => match event_of(event) {
                Ok(Some(event)) => state.queue(event),
                Ok(None) | Err(_) => Ok(()),
            },
        }
    }

    /// The connection has ended: nobody waits for answers any more, and the queue ends.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.events = None;
        state.waiting.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answer(&mut self, id: &str, answer: Result<Reply, ClientError>) {
        if let Some(waiting) = self.waiting.remove(id) {
            // Whoever asked may have stopped waiting.
            let _ = waiting.send(answer);
        }
    }

    fn queue(&mut self, event: ClientEvent) -> Result<(), Overrun> {
        match &event {
            ClientEvent::Delta { chat, turn, .. }
            | ClientEvent::Aside { chat, turn, .. }
            | ClientEvent::Tool { chat, turn, .. } => {
                let (chat, turn) = (chat.clone(), turn.clone());
                if self.lagging.has(&chat, &turn) || self.offer_live(event) {
                    return Ok(());
                }
                self.lagging.add(&chat, &turn);
                if self.lagging.chats() > LAGGING_CHATS { Err(Overrun) } else { Ok(()) }
            }
            ClientEvent::Typing { .. } => {
                self.offer_live(event);
                Ok(())
            }
            ClientEvent::Message { key, .. } | ClientEvent::Reaction { key, .. } => {
                let key = key.clone();
                if self.handed.contains(&key) {
                    // Without room it stays unconfirmed, and comes once more.
                    self.offer(Queued::Repeat(key));
                } else if self.offer(Queued::Event(event)) {
                    if self.handed.len() >= REMEMBERED_KEYS {
                        self.handed.pop_front();
                    }
                    self.handed.push_back(key);
                }
                Ok(())
            }
            ClientEvent::Ended { chat, turn, .. } => {
                self.lagging.end(chat, turn);
                // Whoever misses the end of a turn waits for it for ever.
                if self.offer(Queued::Event(event)) { Ok(()) } else { Err(Overrun) }
            }
            ClientEvent::Problem { .. } | ClientEvent::Bye { .. } => {
                self.offer(Queued::Event(event));
                Ok(())
            }
        }
    }

    /// Queues what may be lost, while the reserve stays untouched; false when it is dropped.
    fn offer_live(&self, event: ClientEvent) -> bool {
        let room = self.events.as_ref().is_some_and(|events| events.capacity() > RESERVED_EVENTS);
        room && self.offer(Queued::Event(event))
    }

    fn offer(&self, queued: Queued) -> bool {
        self.events.as_ref().is_some_and(|events| events.try_send(queued).is_ok())
    }
}

/// A request that waits for its answer; forgotten when it is dropped.
#[derive(Debug)]
pub(crate) struct Pending {
    inbox: Arc<Inbox>,
    id: String,
    answer: oneshot::Receiver<Result<Reply, ClientError>>,
}

impl Pending {
    /// Waits for the answer.
    ///
    /// # Errors
    /// The answer's own error, [`ClientError::NoAnswer`] after `limit`, [`ClientError::Closed`] when the
    /// connection ends before.
    pub(crate) async fn reply(mut self, limit: Duration) -> Result<Reply, ClientError> {
        match tokio::time::timeout(limit, &mut self.answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(ClientError::Closed),
            Err(_) => Err(ClientError::NoAnswer),
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.inbox.state().waiting.remove(&self.id);
    }
}

fn result_of(ok: Option<Value>, error: Option<ErrorBody>) -> Result<Reply, ClientError> {
    match (ok, error) {
        (_, Some(error)) => {
            let retry = matches!(error.code.as_str(), code::BUSY | code::TOO_MANY);
            Err(ClientError::Refused { code: error.code, message: error.message, retry })
        }
        (ok, None) => Ok(Reply::Done(ok.unwrap_or(Value::Null))),
    }
}

fn event_of(frame: ServerFrame) -> Result<Option<ClientEvent>, IdError> {
    Ok(Some(match frame {
        ServerFrame::Typing { chat, on } => ClientEvent::Typing { chat: ChatId::new(chat)?, on },
        ServerFrame::Delta { chat, turn, text } => {
            ClientEvent::Delta { chat: ChatId::new(chat)?, turn: TurnId::new(turn)?, text }
        }
        ServerFrame::Aside { chat, turn } => {
            ClientEvent::Aside { chat: ChatId::new(chat)?, turn: TurnId::new(turn)? }
        }
        ServerFrame::Tool { chat, turn, name } => {
            ClientEvent::Tool { chat: ChatId::new(chat)?, turn: TurnId::new(turn)?, name }
        }
        ServerFrame::Deliver { key, chat, turn, text, reply_to, media } => ClientEvent::Message {
            key: DeliveryKey::new(key)?,
            chat: ChatId::new(chat)?,
            turn: TurnId::new(turn)?,
            text,
            reply_to: reply_to.map(MessageId::new).transpose()?,
            media: media.into_iter().map(PathBuf::from).collect(),
        },
        ServerFrame::React { key, chat, turn, message_id, emoji } => ClientEvent::Reaction {
            key: DeliveryKey::new(key)?,
            chat: ChatId::new(chat)?,
            turn: TurnId::new(turn)?,
            message_id: MessageId::new(message_id)?,
            emoji,
        },
        ServerFrame::Ended { chat, turn, outcome } => ClientEvent::Ended {
            chat: ChatId::new(chat)?,
            turn: TurnId::new(turn)?,
            outcome: outcome_of(&outcome),
        },
        ServerFrame::Error { code, message } => ClientEvent::Problem { code, message },
        ServerFrame::Bye { reason } => ClientEvent::Bye { reason },
        ServerFrame::Hello { .. }
        | ServerFrame::Ack { .. }
        | ServerFrame::Refused { .. }
        | ServerFrame::Result { .. } => return Ok(None),
    }))
}

fn outcome_of(name: &str) -> Option<TurnOutcome> {
    [
        TurnOutcome::Answered,
        TurnOutcome::Ignored,
        TurnOutcome::Blocked,
        TurnOutcome::Failed,
        TurnOutcome::Cancelled,
        TurnOutcome::Abandoned,
    ]
    .into_iter()
    .find(|outcome| outcome.name() == name)
}

#[cfg(test)]
mod tests;
