//! Holds the shells that live, gives each to one command at a time, and kills what the [`Pool`] says.
//!
//! It knows neither bubblewrap nor grants: what starts a shell is behind [`Boxes`]. Every wait in here is bounded, and
//! a caller that goes away in the middle of a command takes the shell with it, since nobody knows its state.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::Future;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::cancel::CancelToken;
use nanobot_core::ports::{Clock, SandboxError};
use nanobot_core::time::Timestamp;
use tokio::sync::{OwnedMutexGuard, watch};
use tokio::time::timeout;

use super::{Pool, PoolSettings, ShellId, ShellKey, StopReason};
use crate::{CellCommand, CellOutput, RunError};

/// So many commands may use one shell or wait for it: a turn runs its commands one after the other, so that more are
/// a mistake somewhere.
const MOST_USERS: usize = 16;

/// A shell that was told to stop is waited for so long; the kernel ends a killed one at once.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// All of them together are waited for so long, so that the daemon goes down in time.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// A shell that died while somebody waited for it is replaced so often.
const TRIES: usize = 3;

/// What starts shells.
#[async_trait]
pub(crate) trait Boxes: Send + Sync {
    /// A shell.
    type Shell: Shell;
    /// What it takes to start one.
    type Plan: Send + Sync;

    async fn start(&self, plan: Self::Plan) -> Result<Self::Shell, SandboxError>;

    /// Whether a shell that was started from an equal plan is still what the plan says.
    async fn holds(&self, shell: &Self::Shell, plan: &Self::Plan) -> bool;
}

/// One shell. Dropping it kills it.
#[async_trait]
pub(crate) trait Shell: Send + Sync {
    async fn run(&mut self, command: CellCommand<'_>) -> Result<CellOutput, RunError>;

    /// What kills it from elsewhere, while it runs a command too.
    fn killer(&self) -> Box<dyn Fn() + Send + Sync>;

    /// Kills it and waits.
    async fn kill(self);
}

/// The shells that live.
pub(crate) struct Keeper<K: ShellKey, B: Boxes> {
    boxes: B,
    clock: Arc<dyn Clock>,
    state: Mutex<State<K, B::Shell>>,
}

struct State<K, S> {
    pool: Pool<K>,
    held: HashMap<ShellId, Arc<Held<S>>>,
    is_closed: bool,
}

struct Held<S> {
    place: Arc<tokio::sync::Mutex<Place<S>>>,
    /// Set once, when the shell must go.
    stop: watch::Sender<Option<StopReason>>,
}

/// Where a shell is.
enum Place<S> {
    /// Not started yet.
    Empty,
    /// Here, without a command.
    Here(S),
    /// Dead, or with a command that has not given it back.
    Gone,
}

impl<K: ShellKey + Clone, B: Boxes> Keeper<K, B> {
    pub(crate) fn new(settings: &PoolSettings, clock: Arc<dyn Clock>, boxes: B) -> Self {
        let state = State { pool: Pool::new(settings), held: HashMap::new(), is_closed: false };
        Self { boxes, clock, state: Mutex::new(state) }
    }

    /// Runs a command in the shell of this key, which is started from the plan if there is none. Waiting for the shell
    /// takes at most the command's own time limit, which then begins anew.
    pub(crate) async fn run(
        &self,
        key: &K,
        plan: B::Plan,
        command: CellCommand<'_>,
    ) -> Result<CellOutput, SandboxError> {
        let mut plan = Some(plan);
        for _ in 0..TRIES {
            let (lease, stopped) = self.lease(key);
            finish(stopped).await;
            let mut lease = lease?;
            let mut place = lease.wait(&command).await?;
            let shell = match (mem::replace(&mut *place, Place::Gone), plan.take()) {
                (Place::Here(shell), Some(plan)) => {
                    lease.has_shell = true;
                    lease.unless_stopped(self.renewed(shell, plan), command.cancel).await??
                }
                (Place::Empty, Some(plan)) => {
                    lease.has_shell = true;
                    lease.unless_stopped(self.boxes.start(plan), command.cancel).await??
                }
                (_, unused) => {
                    plan = unused;
                    self.forget(lease.id);
                    continue;
                }
            };
            let (outcome, shell) = lease.drive(shell, command).await;
            if let Some(shell) = shell {
                *place = Place::Here(shell);
                lease.has_shell = false;
            }
            drop(place);
            finish(lease.end()).await;
            return outcome;
        }
        Err(unavailable("the shell died while the command waited for it"))
    }

    /// This shell, or a new one if it no longer is what it was.
    async fn renewed(&self, shell: B::Shell, plan: B::Plan) -> Result<B::Shell, SandboxError> {
        if self.boxes.holds(&shell, &plan).await {
            return Ok(shell);
        }
        end(shell).await;
        self.boxes.start(plan).await
    }

    /// Stops every shell that has been idle for too long.
    pub(crate) async fn sweep(&self, now: Timestamp) {
        let stopped = {
            let mut state = self.state();
            let swept = state.pool.sweep(now);
            state.let_go(swept)
        };
        finish(stopped).await;
    }

    /// Kills every shell. Later commands are refused.
    pub(crate) async fn close(&self) {
        let stopped = {
            let mut state = self.state();
            state.is_closed = true;
            let all = state.pool.close();
            state.let_go(all)
        };
        // What is left after that is dropped, which kills it too.
        let _ = timeout(CLOSE_LIMIT, finish(stopped)).await;
    }

    /// What starts the shells.
    pub(crate) fn boxes(&self) -> &B {
        &self.boxes
    }

    /// How many shells live.
    pub(crate) fn live(&self) -> usize {
        self.state().held.len()
    }

    /// A place in the line of this key's shell, and the shells that must go before.
    fn lease(&self, key: &K) -> (Result<Lease<'_, K, B>, SandboxError>, StoppedBy<B>) {
        let now = self.clock.now().instant;
        let mut state = self.state();
        if state.is_closed {
            return (Err(unavailable(StopReason::Closed.words())), Vec::new());
        }
        let grant = state.pool.ask(key.clone(), now);
        let stopped = state.let_go(grant.stop);
        let id = match grant.shell {
            Ok(given) => given.id,
            Err(error) => return (Err(unavailable(&error.to_string())), stopped),
        };
        if state.pool.users(id) >= MOST_USERS {
            return (Err(unavailable("too many commands wait for this shell")), stopped);
        }
        state.pool.begin(id, now);
        let held = Arc::clone(state.held.entry(id).or_insert_with(|| Arc::new(Held::new())));
        (Ok(Lease { keeper: self, id, held, has_shell: false, is_over: false }), stopped)
    }

    fn forget(&self, id: ShellId) {
        let mut state = self.state();
        state.pool.forget(id);
        state.held.remove(&id);
    }

    fn state(&self) -> MutexGuard<'_, State<K, B::Shell>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A shell that the pool has given up.
type Stopped<S> = Arc<Held<S>>;

type StoppedBy<B> = Vec<Stopped<<B as Boxes>::Shell>>;

impl<K, S> State<K, S> {
    /// Tells these shells why they must go, and hands them out to be killed.
    fn let_go(&mut self, stopped: Vec<(ShellId, StopReason)>) -> Vec<Stopped<S>> {
        let tell = |(id, reason)| {
            let held = self.held.remove(&id)?;
            held.stop.send_replace(Some(reason));
            Some(held)
        };
        stopped.into_iter().filter_map(tell).collect()
    }
}

/// Kills shells that were told to go. One that runs a command is killed by that command's caller.
async fn finish<S: Shell>(stopped: Vec<Stopped<S>>) {
    for held in stopped {
        let Ok(mut place) = timeout(STOP_LIMIT, held.place.lock()).await else { continue };
        if let Place::Here(shell) = mem::replace(&mut *place, Place::Gone) {
            end(shell).await;
        }
    }
}

async fn end<S: Shell>(shell: S) {
    // What does not die in time is dropped, which kills it too.
    let _ = timeout(STOP_LIMIT, shell.kill()).await;
}

impl<S> Held<S> {
    fn new() -> Self {
        Self { place: Arc::new(tokio::sync::Mutex::new(Place::Empty)), stop: watch::Sender::new(None) }
    }

    /// Resolves when the shell must go.
    async fn stopped(&self) -> StopReason {
        let mut stop = self.stop.subscribe();
        let reason = stop.wait_for(Option::is_some).await.ok().and_then(|reason| *reason);
        match reason {
            Some(reason) => reason,
            // The sender is ours: it cannot be gone.
            None => std::future::pending().await,
        }
    }
}

/// One command's place in the line of a shell. Dropped in the middle of a command, it gives up the shell.
struct Lease<'a, K: ShellKey + Clone, B: Boxes> {
    keeper: &'a Keeper<K, B>,
    id: ShellId,
    held: Arc<Held<B::Shell>>,
    /// It has taken the shell out of its place.
    has_shell: bool,
    is_over: bool,
}

impl<K: ShellKey + Clone, B: Boxes> Lease<'_, K, B> {
    /// Waits until it is this command's turn.
    async fn wait(
        &self,
        command: &CellCommand<'_>,
    ) -> Result<OwnedMutexGuard<Place<B::Shell>>, SandboxError> {
        let turn = timeout(command.timeout, Arc::clone(&self.held.place).lock_owned());
        match self.unless_stopped(turn, command.cancel).await? {
            Ok(place) => Ok(place),
            Err(_) => Err(SandboxError::TimedOut(command.timeout)),
        }
    }

    /// Does work until the shell must go or the turn is stopped.
    async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = T>,
        cancel: &CancelToken,
    ) -> Result<T, SandboxError> {
        tokio::select! {
            biased;
            reason = self.held.stopped() => Err(preempted(reason)),
            () = cancel.cancelled() => Err(SandboxError::Cancelled),
            done = work => Ok(done),
        }
    }

    /// Runs the command, and gives the shell back if it lives on.
    async fn drive(
        &self,
        mut shell: B::Shell,
        command: CellCommand<'_>,
    ) -> (Result<CellOutput, SandboxError>, Option<B::Shell>) {
        let kill = shell.killer();
        let (outcome, reason) = {
            let mut run = pin!(shell.run(command));
            tokio::select! {
                biased;
                outcome = &mut run => (outcome, None),
                reason = self.held.stopped() => {
                    kill();
                    (timeout(STOP_LIMIT, run).await.unwrap_or(Err(RunError::Killed)), Some(reason))
                }
            }
        };
        let lives = reason.is_none() && matches!(outcome, Ok(_) | Err(RunError::Refused(_)));
        let outcome = outcome.map_err(|error| match (error, reason) {
            (RunError::Killed, Some(reason)) => preempted(reason),
            (error, _) => refusal(error),
        });
        if lives {
            return (outcome, Some(shell));
        }
        end(shell).await;
        (outcome, None)
    }

    /// Leaves the line. Gives back the shell if nobody may use it after this command.
    fn end(mut self) -> Vec<Stopped<B::Shell>> {
        self.leave()
    }

    fn leave(&mut self) -> Vec<Stopped<B::Shell>> {
        self.is_over = true;
        if self.has_shell {
            self.keeper.forget(self.id);
            return Vec::new();
        }
        let now = self.keeper.clock.now().instant;
        let mut state = self.keeper.state();
        let stopped = state.pool.end(self.id, now);
        state.let_go(stopped.into_iter().collect())
    }
}

impl<K: ShellKey + Clone, B: Boxes> Drop for Lease<'_, K, B> {
    fn drop(&mut self) {
        if !self.is_over {
            // A shell in here dies with its last owner, which is us.
            drop(self.leave());
        }
    }
}

fn preempted(reason: StopReason) -> SandboxError {
    SandboxError::Preempted { reason: reason.words().to_owned() }
}

fn unavailable(reason: &str) -> SandboxError {
    SandboxError::Unavailable { reason: reason.to_owned() }
}

fn refusal(error: RunError) -> SandboxError {
    match error {
        RunError::TimedOut(limit) => SandboxError::TimedOut(limit),
        RunError::Cancelled => SandboxError::Cancelled,
        RunError::OverLimit { limit } => SandboxError::OverLimit { limit },
        error @ (RunError::Refused(_) | RunError::Killed | RunError::Dead { .. }) => {
            unavailable(&error.to_string())
        }
    }
}
