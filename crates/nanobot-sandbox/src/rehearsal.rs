//! A pool without boxes: which shells would be started and stopped for a row of requests.
//!
//! For tests that hold it against recorded lives of the original's pool. It starts nothing and reads no clock; feature
//! `testing` brings it.

use nanobot_core::time::Timestamp;

use crate::PoolSettings;
use crate::pool::{Pool, ShellId, ShellKey, StopReason};

/// A pool whose shells have names instead of boxes: each name is one slot.
#[derive(Debug)]
pub struct Rehearsal {
    settings: PoolSettings,
    pool: Pool<Name>,
    /// Every shell that was ever started, the last one of a name last.
    started: Vec<(ShellId, String)>,
}

/// What would be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A shell is started.
    Started(String),
    /// A shell that runs nothing is stopped.
    Stopped {
        /// Which.
        shell: String,
        /// Why.
        words: &'static str,
    },
    /// A shell is stopped while it runs something.
    Preempted {
        /// Which.
        shell: String,
        /// Why, as the one hears it whose command it was.
        words: &'static str,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Name(String);

impl ShellKey for Name {
    fn is_same_slot(&self, other: &Self) -> bool {
        self == other
    }
}

impl Rehearsal {
    /// An empty pool.
    pub fn new(settings: &PoolSettings) -> Self {
        Self { settings: settings.within_bounds(), pool: Pool::new(settings), started: Vec::new() }
    }

    /// The settings as they count, within the bounds that all pools have.
    pub fn bounds(&self) -> &PoolSettings {
        &self.settings
    }

    /// Somebody asks for a shell: what is done, and the words for him if there is none.
    pub fn ask(&mut self, shell: &str, now: Timestamp) -> (Vec<Event>, Option<String>) {
        let grant = self.pool.ask(Name(shell.to_owned()), now);
        let mut events: Vec<Event> = grant.stop.into_iter().map(|stopped| self.stopped(stopped)).collect();
        match grant.shell {
            Ok(given) => {
                if given.is_new {
                    self.started.push((given.id, shell.to_owned()));
                    events.push(Event::Started(shell.to_owned()));
                }
                (events, None)
            }
            Err(error) => (events, Some(error.to_string())),
        }
    }

    /// A command begins in a shell that lives.
    pub fn begin(&mut self, shell: &str, now: Timestamp) {
        if let Some(id) = self.latest(shell) {
            self.pool.begin(id, now);
        }
    }

    /// It ends.
    pub fn end(&mut self, shell: &str, now: Timestamp) -> Option<Event> {
        let ended = self.latest(shell).and_then(|id| self.pool.end(id, now));
        ended.map(|stopped| self.stopped(stopped))
    }

    /// The shells that live, in the order of their start.
    pub fn alive(&self) -> Vec<&str> {
        self.pool.alive().map(|name| name.0.as_str()).collect()
    }

    fn latest(&self, shell: &str) -> Option<ShellId> {
        self.started.iter().rev().find(|(_, name)| name == shell).map(|(id, _)| *id)
    }

    fn stopped(&self, (id, reason): (ShellId, StopReason)) -> Event {
        let named = self.started.iter().find(|(started, _)| *started == id);
        let shell = named.map(|(_, name)| name.clone()).unwrap_or_default();
        match reason {
            StopReason::Preempted => Event::Preempted { shell, words: reason.words() },
            StopReason::Idle | StopReason::Evicted | StopReason::ProfileChanged | StopReason::Closed => {
                Event::Stopped { shell, words: reason.words() }
            }
        }
    }
}
