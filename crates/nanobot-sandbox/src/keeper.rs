//! The thread that starts boxes and clears up after them.
//!
//! bubblewrap asks the kernel to be killed when its parent dies, and to the kernel the parent is the thread that
//! started it. Threads of a runtime come and go; this one lives as long as the launcher.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::cgroup::Group;

/// Jobs that wait. More boxes than a pool holds are never started at once.
const JOBS: usize = 64;
/// How often the removal of a group is tried, [`PAUSE`] apart: its processes are dying.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

enum Job {
    Start(Box<Start>),
    Remove(Group),
}

struct Start {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

/// The way to the thread. It ends with the last of these and of the [`Remover`]s, which every box holds.
#[derive(Debug)]
pub(crate) struct Keeper(SyncSender<Job>);

/// Hands groups over to be removed.
#[derive(Debug, Clone)]
pub(crate) struct Remover(SyncSender<Job>);

impl Keeper {
    /// Starts it.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub(crate) fn start() -> io::Result<Self> {
        let (jobs, inbox) = sync_channel(JOBS);
        std::thread::Builder::new().name("boxes".to_owned()).spawn(move || keep(&inbox))?;
        Ok(Self(jobs))
    }

    /// Starts a process whose parent is this thread.
    ///
    /// # Errors
    /// Those of the start, or if too many wait.
    pub(crate) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let gone = || io::Error::other("the thread that starts boxes is busy or gone");
        let (reply, started) = oneshot::channel();
        let start = Start { command, runtime: Handle::current(), reply };
        self.0.try_send(Job::Start(Box::new(start))).map_err(|_| gone())?;
        started.await.map_err(|_| gone())?
    }

    /// What removes groups.
    pub(crate) fn remover(&self) -> Remover {
        Remover(self.0.clone())
    }
}

impl Remover {
    /// Has a group removed as soon as it is empty.
    pub(crate) fn remove(&self, group: Group) {
        // A queue that is full leaves an empty group behind, which costs nothing.
        let _ = self.0.try_send(Job::Remove(group));
    }
}

fn keep(inbox: &Receiver<Job>) {
    let mut leaving: Vec<(Group, u32)> = Vec::new();
    loop {
        let job = if leaving.is_empty() {
            inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            inbox.recv_timeout(PAUSE)
        };
        match job {
            Ok(Job::Start(start)) => begin(*start),
            Ok(Job::Remove(group)) => leaving.push((group, 0)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        leaving.retain_mut(|(group, tries)| {
            *tries += 1;
            !group.try_remove() && *tries < TRIES
        });
    }
}

fn begin(start: Start) {
    let Start { mut command, runtime, reply } = start;
    let _inside = runtime.enter();
    let child = command.spawn();
    // The descriptors of the box are closed on our side before anybody waits for the other.
    drop(command);
    // Whoever asked may be gone: then the child is dropped here and killed.
    let _ = reply.send(child);
}
