//! Who is attached to which chat, and how live events and deliveries find them.
//!
//! The hub is two ports at once: [`LiveSink`] for what is seen while a turn runs, and [`ChannelSender`] for
//! channel `cli`. It writes to no stream itself; each connection empties its own queue (`session.rs`).

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::cancel::{CancelSwitch, CancelToken};
use nanobot_core::ids::{ChannelName, ChatId, DeliveryKey};
use nanobot_core::ports::{ChannelSender, Delivery, LiveEvent, LiveSink, LiveTarget, SendError};
use tokio::sync::oneshot;

use super::frames::{deliver_frame, live_frame};
use super::lagging::Lagging;
use super::mailbox::{Drain, Mailbox, MailboxLimits, NoRoom};
use super::protocol::{code, line_of};

/// Limits of the hub and of the connections that it serves.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LocalLimits {
    /// Connections at the same time, over socket and in-process streams together; 64.
    pub connections: usize,
    /// Chats that one connection may attach to; 32.
    pub chats: usize,
    /// Frames that wait for one connection; 1024.
    pub queued_frames: usize,
    /// Bytes of live frames, ends of turns and deliveries that wait for one connection beyond which live
    /// frames are dropped; 8 MiB.
    pub queued_live_bytes: usize,
    /// Bytes of the same beyond which the connection is given up; 16 MiB.
    pub queued_event_bytes: usize,
    /// Bytes of answers to its own requests that wait for one connection; 16 MiB. A request whose answer
    /// finds no room waits, and the connection's further requests with it.
    pub queued_answer_bytes: usize,
    /// Control requests of one connection under way at the same time; 16.
    pub control_requests: usize,
    /// How long a delivery waits for the first confirmation; 5 s.
    pub confirm: Duration,
    /// How long one frame may take to be written before the connection is given up; 30 s.
    pub write: Duration,
    /// How long a closing connection may take to write what is queued; 2 s.
    pub flush: Duration,
}

impl Default for LocalLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            chats: 32,
            queued_frames: 1024,
            queued_live_bytes: 8 * 1024 * 1024,
            queued_event_bytes: 16 * 1024 * 1024,
            queued_answer_bytes: 16 * 1024 * 1024,
            control_requests: 16,
            confirm: Duration::from_secs(5),
            write: Duration::from_secs(30),
            flush: Duration::from_secs(2),
        }
    }
}

/// The frames of a queue that live frames and answers leave free for deliveries and ends of turns.
const RESERVED_FRAMES: usize = 64;

/// The connections of channel `cli`.
#[derive(Debug)]
pub struct LocalHub {
    limits: LocalLimits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next_number: u64,
    connections: HashMap<u64, Entry>,
    waiting: HashMap<DeliveryKey, Waiter>,
}

/// One connection.
#[derive(Debug)]
struct Entry {
    mailbox: Mailbox,
    chats: HashSet<ChatId>,
    /// Turns of which a live frame was dropped; of attached chats only.
    lagging: Lagging,
    kick: Arc<CancelSwitch>,
}

/// A delivery that waits for its confirmation.
#[derive(Debug)]
struct Waiter {
    number: u64,
    sent_to: HashSet<u64>,
    confirmed: oneshot::Sender<()>,
}

impl LocalHub {
    /// A hub without connections.
    pub fn new(limits: LocalLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default() })
    }

    /// The limits that the hub and its connections keep.
    pub fn limits(&self) -> LocalLimits {
        self.limits
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.state().connections.len()
    }

    /// Bytes that wait for all connections together.
    #[cfg(test)]
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.state().connections.values().map(|entry| entry.mailbox.waiting_bytes()).sum()
    }

    /// Takes a new connection in.
    ///
    /// # Errors
    /// [`NoRoom`] when the limit of connections is reached.
    pub(crate) fn connect(self: &Arc<Self>) -> Result<(Connection, Drain), NoRoom> {
        let (mailbox, drain) = Mailbox::new(MailboxLimits {
            lines: self.limits.queued_frames,
            reserve: RESERVED_FRAMES.min(self.limits.queued_frames / 2),
            live_bytes: self.limits.queued_live_bytes,
            event_bytes: self.limits.queued_event_bytes,
            answer_bytes: self.limits.queued_answer_bytes,
        });
        let (kick, kicked) = CancelSwitch::new();
        let kick = Arc::new(kick);
        let mut state = self.state();
        if state.connections.len() >= self.limits.connections {
            return Err(NoRoom);
        }
        let number = state.fresh_number();
        let entry = Entry {
            mailbox: mailbox.clone(),
            chats: HashSet::new(),
            lagging: Lagging::default(),
            kick: Arc::clone(&kick),
        };
        state.connections.insert(number, entry);
        drop(state);
        Ok((Connection { hub: Arc::clone(self), number, mailbox, kick, kicked }, drain))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can leave the maps half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a line to everybody in a chat and registers who has to confirm it.
    fn post(&self, chat: &ChatId, key: &DeliveryKey, line: &str) -> Result<Posted<'_>, SendError> {
        let line: Arc<str> = Arc::from(line);
        let mut state = self.state();
        let mut attached = false;
        let mut sent_to = HashSet::new();
        for (number, entry) in state.attached(chat) {
            attached = true;
            if entry.mailbox.offer(&line).is_ok() {
                sent_to.insert(*number);
            } else {
                entry.kick.cancel();
            }
        }
        if !attached {
            return Err(SendError::NobodyThere);
        }
        if sent_to.is_empty() {
            return Err(SendError::Unreachable { wait: None });
        }
        let (confirmed, confirmation) = oneshot::channel();
        let number = state.fresh_number();
        state.waiting.insert(key.clone(), Waiter { number, sent_to, confirmed });
        Ok(Posted { hub: self, key: key.clone(), number, confirmation })
    }
}

impl State {
    fn fresh_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn attached<'a>(&'a mut self, chat: &'a ChatId) -> impl Iterator<Item = (&'a u64, &'a mut Entry)> {
        self.connections.iter_mut().filter(move |(_, entry)| entry.chats.contains(chat))
    }
}

/// A delivery under way; forgotten by the hub when it is dropped.
struct Posted<'a> {
    hub: &'a LocalHub,
    key: DeliveryKey,
    number: u64,
    confirmation: oneshot::Receiver<()>,
}

impl Drop for Posted<'_> {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        if state.waiting.get(&self.key).is_some_and(|waiter| waiter.number == self.number) {
            state.waiting.remove(&self.key);
        }
    }
}

#[async_trait]
impl ChannelSender for LocalHub {
    fn channel(&self) -> ChannelName {
        ChannelName::CLI
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        let (channel, chat) = delivery.outgoing.target();
        if *channel != ChannelName::CLI {
            return Err(SendError::Rejected { code: "wrong_channel".to_owned() });
        }
        let Some(line) = line_of(&deliver_frame(delivery)) else {
            return Err(SendError::Rejected { code: code::TOO_LARGE.to_owned() });
        };
        let mut posted = self.post(chat, &delivery.key, &line)?;
        match tokio::time::timeout(self.limits.confirm, &mut posted.confirmation).await {
            Ok(Ok(())) => Ok(()),
            // Everybody who had it has gone.
            Ok(Err(_)) => Err(SendError::NobodyThere),
            Err(_) => Err(SendError::Unreachable { wait: None }),
        }
    }
}

impl LiveSink for LocalHub {
    fn show(&self, target: &LiveTarget, event: LiveEvent<'_>) {
        if target.channel != ChannelName::CLI {
            return;
        }
        let mut state = self.state();
        let mut line = None;
        for (_, entry) in state.attached(&target.chat) {
            // Written once, and only when somebody is there to see it.
            let line = line.get_or_insert_with(|| line_of(&live_frame(target, event)).map(Arc::from));
            entry.show(target, event, line.as_ref());
        }
    }
}

impl Entry {
    fn show(&mut self, target: &LiveTarget, event: LiveEvent<'_>, line: Option<&Arc<str>>) {
        let LiveTarget { chat, turn, .. } = target;
        if let LiveEvent::Ended(_) = event {
            self.lagging.end(chat, turn);
            // Whoever misses the end of a turn waits for it for ever: rather let the peer go.
            if line.is_some_and(|line| self.mailbox.offer(line).is_err()) {
                self.kick.cancel();
            }
            return;
        }
        if self.lagging.has(chat, turn) {
            return;
        }
        if line.is_none_or(|line| self.mailbox.offer_live(line).is_err()) {
            self.lagging.add(chat, turn);
        }
    }
}

/// One connection's place in the hub; leaving is dropping it.
#[derive(Debug)]
pub(crate) struct Connection {
    hub: Arc<LocalHub>,
    number: u64,
    mailbox: Mailbox,
    kick: Arc<CancelSwitch>,
    kicked: CancelToken,
}

impl Connection {
    /// The way to this peer.
    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Fires when the peer is let go because it does not read.
    pub(crate) fn kicked(&self) -> CancelToken {
        self.kicked.clone()
    }

    /// What lets the peer go.
    pub(crate) fn kick(&self) -> Arc<CancelSwitch> {
        Arc::clone(&self.kick)
    }

    /// Attaches to a chat.
    ///
    /// # Errors
    /// [`NoRoom`] when the limit of chats is reached.
    pub(crate) fn attach(&self, chat: ChatId) -> Result<(), NoRoom> {
        let mut state = self.hub.state();
        let entry = state.connections.get_mut(&self.number).ok_or(NoRoom)?;
        if entry.chats.len() >= self.hub.limits.chats && !entry.chats.contains(&chat) {
            return Err(NoRoom);
        }
        entry.chats.insert(chat);
        Ok(())
    }

    /// The peer has handed a delivery to its person. A key that this peer was not sent, or not lately, is
    /// ignored.
    pub(crate) fn confirm(&self, key: &DeliveryKey) {
        let mut state = self.hub.state();
        if state.waiting.get(key).is_some_and(|waiter| waiter.sent_to.contains(&self.number))
            && let Some(waiter) = state.waiting.remove(key)
        {
            // The receiver may have given up this very moment.
            let _ = waiter.confirmed.send(());
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        state.connections.remove(&self.number);
        // A delivery that only this peer had has nobody left to wait for.
        state.waiting.retain(|_, waiter| {
            waiter.sent_to.remove(&self.number);
            !waiter.sent_to.is_empty()
        });
    }
}

#[cfg(test)]
mod tests;
