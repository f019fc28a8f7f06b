//! Which shells live: a pure state machine over who asks and when.
//!
//! Says what to start and what to stop, and in which words; [`keeper`] does it. It reads no clock and starts nothing.

pub(crate) mod keeper;
#[cfg(test)]
mod tests;

use std::time::Duration;

use nanobot_core::time::Timestamp;

/// More shells than this are no setting but a mistake: each holds a process tree and its memory.
const MOST_SHELLS: usize = 64;

/// A shell that is stopped sooner than this loses its state between two messages of one talk (the original's floor).
const LEAST_IDLE: Duration = Duration::from_secs(30);

/// How many shells live, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolSettings {
    /// Shells at a time: at least 1, at most 64.
    pub max_shells: usize,
    /// A shell without a command for so long is stopped; at least 30 s.
    pub idle: Duration,
    /// What happens when every shell is busy.
    pub pressure: Pressure,
}

/// What happens when every shell is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressure {
    /// The one that has been busy longest gives way.
    PreemptOldest,
    /// The newcomer is refused.
    Refuse,
}

impl Pressure {
    /// The policy that goes by this name in a configuration; every name but one refuses, as in the original.
    pub fn from_name(name: &str) -> Self {
        if name == "preempt_oldest_active" { Self::PreemptOldest } else { Self::Refuse }
    }
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { max_shells: 5, idle: Duration::from_mins(10), pressure: Pressure::PreemptOldest }
    }
}

impl PoolSettings {
    pub(crate) fn within_bounds(&self) -> Self {
        Self {
            max_shells: self.max_shells.clamp(1, MOST_SHELLS),
            idle: self.idle.max(LEAST_IDLE),
            pressure: self.pressure,
        }
    }
}

/// A shell's number. Never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ShellId(u64);

/// Why a shell is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    Idle,
    Evicted,
    Preempted,
    ProfileChanged,
    Closed,
}

impl StopReason {
    /// In the words of the original where it has any.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Idle => "idle timeout",
            Self::Evicted => "evicted by capacity",
            Self::Preempted => "preempted by capacity policy",
            Self::ProfileChanged => "what it may see has changed",
            Self::Closed => "the sandbox is closed",
        }
    }
}

/// What somebody who asks for a shell gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// These are to be stopped first, in this order.
    pub(crate) stop: Vec<(ShellId, StopReason)>,
    /// The shell, or the word that there is none.
    pub(crate) shell: Result<Given, CapacityReached>,
}

/// A shell for a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) id: ShellId,
    /// It was not there before.
    pub(crate) is_new: bool,
}

/// Every shell is busy and none gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Sandbox capacity reached")]
pub(crate) struct CapacityReached;

/// Whose shell it is: a slot, and what a shell in this slot shows at present.
pub(crate) trait ShellKey: Eq {
    /// Whether both stand for the same place, so that at most one of them is wanted.
    fn is_same_slot(&self, other: &Self) -> bool;
}

/// The shells that live, in the order of their start.
#[derive(Debug)]
pub(crate) struct Pool<K> {
    settings: PoolSettings,
    shells: Vec<Entry<K>>,
    next: u64,
}

#[derive(Debug)]
struct Entry<K> {
    id: ShellId,
    key: K,
    last_used: Timestamp,
    /// Commands that run in it or wait for it.
    users: usize,
    /// Since when there are any.
    busy_since: Timestamp,
    /// Nobody gets it any more.
    is_retired: bool,
}

impl<K: ShellKey> Pool<K> {
    pub(crate) fn new(settings: &PoolSettings) -> Self {
        Self { settings: settings.within_bounds(), shells: Vec::new(), next: 0 }
    }

    /// Asks for a shell. What is to be stopped is gone from the pool already.
    pub(crate) fn ask(&mut self, key: K, now: Timestamp) -> Grant {
        let mut stop = self.sweep(now);
        stop.extend(self.retire_others(&key));
        if let Some(entry) = self.shells.iter().find(|entry| !entry.is_retired && entry.key == key) {
            return Grant { stop, shell: Ok(Given { id: entry.id, is_new: false }) };
        }
        while self.shells.len() >= self.settings.max_shells {
            match self.makes_room() {
                Some(stopped) => stop.push(stopped),
                None => return Grant { stop, shell: Err(CapacityReached) },
            }
        }
        let id = ShellId(self.next);
        self.next += 1;
        self.shells.push(Entry { id, key, last_used: now, users: 0, busy_since: now, is_retired: false });
        Grant { stop, shell: Ok(Given { id, is_new: true }) }
    }

    /// A command begins to use a shell, or to wait for it.
    pub(crate) fn begin(&mut self, id: ShellId, now: Timestamp) {
        if let Some(entry) = self.entry(id) {
            if entry.users == 0 {
                entry.busy_since = now;
            }
            entry.users += 1;
        }
    }

    /// A command is done with a shell. It is to be stopped if it was retired meanwhile and nobody else uses it.
    pub(crate) fn end(&mut self, id: ShellId, now: Timestamp) -> Option<(ShellId, StopReason)> {
        let entry = self.entry(id)?;
        entry.users = entry.users.saturating_sub(1);
        entry.last_used = now;
        let is_over = entry.is_retired && entry.users == 0;
        is_over.then(|| {
            self.forget(id);
            (id, StopReason::ProfileChanged)
        })
    }

    /// A shell is gone.
    pub(crate) fn forget(&mut self, id: ShellId) {
        self.shells.retain(|entry| entry.id != id);
    }

    /// Everything that has been idle for too long.
    pub(crate) fn sweep(&mut self, now: Timestamp) -> Vec<(ShellId, StopReason)> {
        let limit = self.settings.idle;
        self.take(StopReason::Idle, |entry| {
            let unused = now.duration_since(entry.last_used);
            entry.users == 0 && Duration::try_from(unused).is_ok_and(|unused| unused >= limit)
        })
    }

    /// Everything.
    pub(crate) fn close(&mut self) -> Vec<(ShellId, StopReason)> {
        self.take(StopReason::Closed, |_| true)
    }

    /// The keys of the shells that live, in the order of their start.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn alive(&self) -> impl Iterator<Item = &K> {
        self.shells.iter().map(|entry| &entry.key)
    }

    /// How many use a shell or wait for it.
    pub(crate) fn users(&self, id: ShellId) -> usize {
        self.shells.iter().find(|entry| entry.id == id).map_or(0, |entry| entry.users)
    }

    /// A slot whose shells show something else than is wanted now: the idle ones go, the busy ones get nobody more.
    fn retire_others(&mut self, key: &K) -> Vec<(ShellId, StopReason)> {
        for entry in &mut self.shells {
            entry.is_retired |= entry.key.is_same_slot(key) && entry.key != *key;
        }
        self.take(StopReason::ProfileChanged, |entry| entry.is_retired && entry.users == 0)
    }

    fn makes_room(&mut self) -> Option<(ShellId, StopReason)> {
        let idle = self.shells.iter().filter(|entry| entry.users == 0).min_by_key(|entry| entry.last_used);
        let chosen = match (idle, self.settings.pressure) {
            (Some(entry), _) => (entry.id, StopReason::Evicted),
            (None, Pressure::PreemptOldest) => {
                let oldest = self.shells.iter().min_by_key(|entry| entry.busy_since)?;
                (oldest.id, StopReason::Preempted)
            }
            (None, Pressure::Refuse) => return None,
        };
        self.forget(chosen.0);
        Some(chosen)
    }

    fn take(
        &mut self,
        reason: StopReason,
        is_over: impl Fn(&Entry<K>) -> bool,
    ) -> Vec<(ShellId, StopReason)> {
        self.shells.extract_if(.., |entry| is_over(entry)).map(|entry| (entry.id, reason)).collect()
    }

    fn entry(&mut self, id: ShellId) -> Option<&mut Entry<K>> {
        self.shells.iter_mut().find(|entry| entry.id == id)
    }
}
