//! Lanes: the turns of one session run one after the other, those of different sessions side by side.
//!
//! A lane exists while its session has work. What runs in it is not known here: jobs are futures.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nanobot_core::cancel::{CancelSwitch, CancelToken, StopReason};
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{IngestError, QueueStatus};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Bounds of all lanes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LaneLimits {
    /// Messages that may wait in one lane.
    pub(crate) queue: usize,
    /// Lanes at a time, which is also the number of turns that run side by side.
    pub(crate) lanes: usize,
}

type Job = Box<dyn FnOnce(CancelToken) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// All lanes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Lanes {
    inner: Arc<Inner>,
}

struct Inner {
    limits: LaneLimits,
    state: Mutex<State>,
    idle: Notify,
}

#[derive(Default)]
struct State {
    lanes: HashMap<SessionKey, Lane>,
    tasks: JoinSet<()>,
    closed: bool,
    /// Every turn is stopped, also one that starts later.
    stopping: bool,
}

#[derive(Default)]
struct Lane {
    queue: VecDeque<Job>,
    /// Places that are promised to messages which are being stored.
    promised: usize,
    /// Stops the turn that runs; none between turns.
    running: Option<CancelSwitch>,
    active: bool,
}

/// A promised place in a lane. Dropping it gives the place back.
pub(crate) struct Place {
    lanes: Lanes,
    session: SessionKey,
}

impl Lanes {
    /// No lanes yet.
    pub(crate) fn new(limits: LaneLimits) -> Self {
        Self { inner: Arc::new(Inner { limits, state: Mutex::default(), idle: Notify::new() }) }
    }

    /// Promises a place, so that a message is only stored when its turn can be queued.
    ///
    /// # Errors
    /// [`IngestError::QueueFull`] when the lane, or the number of lanes, is at its limit;
    /// [`IngestError::Draining`] after [`Lanes::close`].
    pub(crate) fn promise(&self, session: &SessionKey) -> Result<Place, IngestError> {
        let mut state = self.lock();
        if state.closed {
            return Err(IngestError::Draining);
        }
        let count = state.lanes.len();
        let known = state.lanes.contains_key(session);
        if !known && count >= self.inner.limits.lanes {
            return Err(IngestError::TooManyChats { limit: self.inner.limits.lanes });
        }
        let lane = state.lanes.entry(session.clone()).or_default();
        let waiting = lane.queue.len() + lane.promised;
        if waiting >= self.inner.limits.queue {
            return Err(IngestError::QueueFull { waiting });
        }
        lane.promised += 1;
        Ok(Place { lanes: self.clone(), session: session.clone() })
    }

    /// A place for a message that had one before, in an earlier process: no limit is asked.
    pub(crate) fn place(&self, session: &SessionKey) -> Place {
        self.lock().lanes.entry(session.clone()).or_default().promised += 1;
        Place { lanes: self.clone(), session: session.clone() }
    }

    /// Stops the turn that runs for a session. Answers whether there was one.
    pub(crate) fn cancel(&self, session: &SessionKey) -> bool {
        let state = self.lock();
        let running = state.lanes.get(session).and_then(|lane| lane.running.as_ref());
        running.map(CancelSwitch::cancel).is_some()
    }

    /// Stops every turn that runs, because a person said so.
    pub(crate) fn cancel_all(&self) {
        let state = self.lock();
        state.lanes.values().filter_map(|lane| lane.running.as_ref()).for_each(CancelSwitch::cancel);
    }

    /// Stops every turn because the process goes down: those that run now, and those that wait as soon as they
    /// start.
    pub(crate) fn shut_down(&self) {
        let mut state = self.lock();
        state.stopping = true;
        let running = state.lanes.values().filter_map(|lane| lane.running.as_ref());
        running.for_each(|switch| switch.throw(StopReason::Shutdown));
    }

    /// Takes no more messages.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.inner.idle.notify_waiters();
    }

    /// Waits until no lane has work.
    pub(crate) async fn idle(&self) {
        loop {
            let changed = self.inner.idle.notified();
            if self.lock().lanes.is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// Whether a turn runs or waits for a session.
    pub(crate) fn is_busy(&self, session: &SessionKey) -> bool {
        self.lock().lanes.contains_key(session)
    }

    /// What waits and what runs.
    pub(crate) fn status(&self) -> QueueStatus {
        let state = self.lock();
        let lanes = state.lanes.values();
        QueueStatus {
            lanes: state.lanes.len(),
            waiting: lanes.clone().map(|lane| lane.queue.len()).sum(),
            running: lanes.filter(|lane| lane.running.is_some()).count(),
            outbox: 0,
        }
    }

    /// The next job of a lane and the token that stops it; removes the lane when there is none.
    fn next(&self, session: &SessionKey) -> Option<(Job, CancelToken)> {
        let mut state = self.lock();
        let stopping = state.stopping;
        let lane = state.lanes.get_mut(session)?;
        lane.running = None;
        if let Some(job) = lane.queue.pop_front() {
            let (switch, token) = CancelSwitch::new();
            if stopping {
                switch.throw(StopReason::Shutdown);
            }
            lane.running = Some(switch);
            return Some((job, token));
        }
        lane.active = false;
        if lane.promised == 0 {
            state.lanes.remove(session);
            self.inner.idle.notify_waiters();
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Whose lane it is in.
    pub(crate) fn session(&self) -> &SessionKey {
        &self.session
    }

    /// Queues the job; the lane runs it when those before it are done.
    pub(crate) fn fill<F, Fut>(self, job: F)
    where
        F: FnOnce(CancelToken) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let lanes = self.lanes.clone();
        let session = self.session.clone();
        let mut state = lanes.lock();
        let Some(lane) = state.lanes.get_mut(&session) else { return };
        lane.queue.push_back(Box::new(move |token| Box::pin(job(token))));
        let starts = !std::mem::replace(&mut lane.active, true);
        if starts {
            // Lanes that ended leave their result behind; it is nothing.
            while state.tasks.try_join_next().is_some() {}
            let lanes = lanes.clone();
            state.tasks.spawn(run(lanes, session));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.lanes.lock();
        let Some(lane) = state.lanes.get_mut(&self.session) else { return };
        lane.promised = lane.promised.saturating_sub(1);
        if lane.promised == 0 && lane.queue.is_empty() && !lane.active {
            state.lanes.remove(&self.session);
            self.lanes.inner.idle.notify_waiters();
        }
    }
}

async fn run(lanes: Lanes, session: SessionKey) {
    while let Some((job, token)) = lanes.next(&session) {
        job(token).await;
    }
}

#[cfg(test)]
mod tests;
