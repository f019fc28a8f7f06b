//! A box that stands: commands go in, their output comes out, and it can be killed at any time.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::cancel::{CancelSwitch, CancelToken};
use nanobot_core::units::ByteCount;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal, pidfd_send_signal};
use rustix::time::Timespec;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::{sleep, timeout};

use crate::capture::Capture;
use crate::cgroup::Group;
use crate::error::RunError;
use crate::keeper::Remover;
use crate::watch::DiskWatch;
use crate::wire::{self, End, Failure, Kind, LONGEST_COMMAND, Request};

/// How long the kernel may take to end a box that was killed.
const DYING: Duration = Duration::from_secs(5);
/// How long bubblewrap may take to end after its box.
const FOLLOWING: Duration = Duration::from_secs(1);
/// What is kept of the last words of a box, and how long they may take.
const LAST_WORDS: u64 = 8 * 1024;
const LAST_WORDS_TIME: Duration = Duration::from_secs(1);

/// One box with one persistent shell. Dropping it kills it, without waiting.
#[derive(Debug)]
pub struct Cell {
    body: Body,
    talk: Talk,
    disk: DiskWatch,
    killed: CancelToken,
    killer: Killer,
    /// A command runs, or one was given up half-way.
    is_busy: bool,
}

/// Kills a box from elsewhere. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Killer {
    switch: Arc<CancelSwitch>,
    first: Arc<OwnedFd>,
}

/// A command for a box.
#[derive(Debug)]
pub struct CellCommand<'a> {
    /// The command line, for a POSIX shell: at most 128 KiB, without NUL.
    pub command: &'a str,
    /// Where it starts: absolute, in the box.
    pub directory: &'a str,
    /// How long it may take.
    pub timeout: Duration,
    /// How much of its output is kept.
    pub output_limit: ByteCount,
    /// Fires when the turn is stopped.
    pub cancel: &'a CancelToken,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellOutput {
    /// The exit code; none when the shell itself was killed by a signal.
    pub code: Option<i32>,
    /// Both streams in order, cut between characters.
    pub output: Vec<u8>,
    /// So many characters more were printed.
    pub cut_chars: u64,
}

/// The processes of a box, as they are seen from outside. Dropping it kills them.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bubblewrap: Child,
    /// The first process of the box; none before it is known.
    pub(crate) first: Option<Arc<OwnedFd>>,
    pub(crate) group: Option<HeldGroup>,
}

/// A group that is handed over for removal when it is no longer held.
#[derive(Debug)]
pub(crate) struct HeldGroup {
    pub(crate) group: Option<Group>,
    pub(crate) remover: Remover,
}

/// The two pipes to the program in the box.
#[derive(Debug)]
pub(crate) struct Talk {
    input: ChildStdin,
    output: ChildStdout,
    next_id: u64,
}

impl Cell {
    pub(crate) fn new(body: Body, first: Arc<OwnedFd>, talk: Talk, disk: DiskWatch) -> Self {
        let (switch, token) = CancelSwitch::new();
        let killer = Killer { switch: Arc::new(switch), first };
        Self { body, talk, disk, killed: token, killer, is_busy: false }
    }

    /// Runs a command in the shell, which keeps its folder and its variables for the next. What the command leaves
    /// running is killed before this returns.
    ///
    /// # Errors
    /// [`RunError`]; after all but `Refused` the box is dead.
    pub async fn run(&mut self, command: CellCommand<'_>) -> Result<CellOutput, RunError> {
        if command.command.contains('\0') || command.directory.contains('\0') {
            return Err(RunError::Refused("a command cannot hold a NUL character"));
        }
        if command.command.len() > LONGEST_COMMAND {
            return Err(RunError::Refused("the command is longer than 128 KiB"));
        }
        if self.is_busy {
            self.body.end().await;
            return Err(RunError::Dead { said: "an earlier command was given up".to_owned() });
        }
        self.is_busy = true;
        self.disk.begin();
        let mut ended = self.race(&command).await;
        if ended.is_ok()
            && let Some(limit) = self.disk.look().await
        {
            ended = Err(RunError::OverLimit { limit });
        }
        match ended {
            Ok(output) => {
                self.is_busy = false;
                Ok(output)
            }
            Err(error) => Err(self.bury(error).await),
        }
    }

    async fn race(&mut self, command: &CellCommand<'_>) -> Result<CellOutput, RunError> {
        tokio::select! {
            biased;
            () = self.killed.cancelled() => Err(RunError::Killed),
            ended = self.talk.converse(command) => ended,
            () = command.cancel.cancelled() => Err(RunError::Cancelled),
            () = sleep(command.timeout) => Err(RunError::TimedOut(command.timeout)),
            limit = self.disk.exceeded() => Err(RunError::OverLimit { limit }),
        }
    }

    /// Ends the box, and finds out why it died if it died by itself.
    async fn bury(&mut self, error: RunError) -> RunError {
        let kills = self.body.kills_for_memory();
        self.body.end().await;
        match error {
            RunError::Dead { .. } if self.killed.is_cancelled() => RunError::Killed,
            RunError::Dead { .. } if kills > 0 => {
                RunError::OverLimit { limit: "more memory than the box may use".to_owned() }
            }
            RunError::Dead { said } if said.is_empty() => {
                RunError::Dead { said: self.body.last_words().await }
            }
            error => error,
        }
    }

    /// The first process of the box, held.
    pub(crate) fn first_process(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.killer.first)
    }

    /// A handle that kills it.
    pub fn killer(&self) -> Killer {
        self.killer.clone()
    }

    /// Kills the box and waits until no process of it is left, at most five seconds.
    pub async fn kill(mut self) {
        self.body.end().await;
    }
}

impl Killer {
    /// Kills the box at once. A command that runs ends with [`RunError::Killed`].
    pub fn kill(&self) {
        self.switch.cancel();
        // It may be dead already.
        let _ = pidfd_send_signal(&*self.first, Signal::KILL);
    }
}

impl Body {
    /// Kills everything and waits. The kernel ends all processes of a namespace before its first one counts as ended.
    pub(crate) async fn end(&mut self) {
        if let Some(first) = self.first.clone() {
            // It may be dead already. Bubblewrap sees it die, takes leave of it and ends: killed first, it would leave
            // a dead process behind for somebody else to clear up.
            let _ = pidfd_send_signal(&first, Signal::KILL);
            // A process that waits for a disk may outlive this; it is killed all the same.
            let _ = tokio::task::spawn_blocking(move || wait_for_end(&first)).await;
        }
        if self.first.is_none() || timeout(FOLLOWING, self.bubblewrap.wait()).await.is_err() {
            let _ = self.bubblewrap.start_kill();
            let _ = timeout(DYING, self.bubblewrap.wait()).await;
        }
        self.group = None;
    }

    fn kill(&mut self) {
        if let Some(first) = &self.first {
            // It may be dead already.
            let _ = pidfd_send_signal(first, Signal::KILL);
        }
        let _ = self.bubblewrap.start_kill();
    }

    /// What bubblewrap and the program in the box said on their error output. To be asked once they are dead.
    pub(crate) async fn last_words(&mut self) -> String {
        let Some(errors) = self.bubblewrap.stderr.take() else { return String::new() };
        let mut said = Vec::new();
        let reading = timeout(LAST_WORDS_TIME, async {
            // What was read before an error counts.
            let _ = errors.take(LAST_WORDS).read_to_end(&mut said).await;
        });
        // So does what was read in time.
        let _ = reading.await;
        String::from_utf8_lossy(&said).trim().to_owned()
    }

    fn kills_for_memory(&self) -> u64 {
        let group = self.group.as_ref().and_then(|held| held.group.as_ref());
        group.map_or(0, Group::killed_for_memory)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Drop for HeldGroup {
    fn drop(&mut self) {
        // After an orderly end it is empty. Else its processes are dying, and somebody tries again.
        if let Some(group) = self.group.take()
            && !group.try_remove()
        {
            self.remover.remove(group);
        }
    }
}

impl Talk {
    pub(crate) fn new(input: ChildStdin, output: ChildStdout) -> Self {
        Self { input, output, next_id: 1 }
    }

    /// Sends a frame.
    pub(crate) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        self.input.write_all(frame).await?;
        self.input.flush().await
    }

    /// Reads a frame; none at the end.
    pub(crate) async fn read(&mut self) -> io::Result<Option<(Kind, Vec<u8>)>> {
        let mut header = [0; wire::header_len()];
        match self.output.read_exact(&mut header).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let (kind, len) = wire::parse_header(header)?;
        let mut body = vec![0; len];
        self.output.read_exact(&mut body).await?;
        Ok(Some((kind, body)))
    }

    async fn converse(&mut self, command: &CellCommand<'_>) -> Result<CellOutput, RunError> {
        let id = self.next_id;
        self.next_id += 1;
        let request = Request {
            id,
            command: command.command.to_owned(),
            directory: command.directory.to_owned(),
            // A command that writes its own status learns nothing and gains nothing; this only keeps an old one
            // from being taken for a new one.
            marker: format!("done-{id}"),
        };
        let frame = wire::message(Kind::Request, &request).map_err(|error| broken(&error))?;
        self.send(&frame).await.map_err(|error| broken(&error))?;
        let mut capture = Capture::new(command.output_limit.get());
        loop {
            let Some((kind, body)) = self.read().await.map_err(|error| broken(&error))? else {
                return Err(RunError::Dead { said: String::new() });
            };
            match kind {
                Kind::Output => capture.add(&body),
                Kind::End => {
                    let end: End = serde_json::from_slice(&body).map_err(|_| confused())?;
                    if end.id != id {
                        return Err(confused());
                    }
                    let (output, cut_chars) = capture.finish();
                    return Ok(CellOutput { code: end.code, output, cut_chars });
                }
                Kind::Failure => return Err(failed(&body)),
                Kind::Setup | Kind::Request | Kind::Hello => return Err(confused()),
            }
        }
    }
}

/// Blocks until the process has ended, at most [`DYING`].
fn wait_for_end(process: &OwnedFd) {
    let limit = Timespec { tv_sec: DYING.as_secs().cast_signed(), tv_nsec: 0 };
    // An end that is not seen is an end that came late.
    let _ = poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit));
}

fn failed(body: &[u8]) -> RunError {
    match serde_json::from_slice(body) {
        Ok(Failure::OverLimit(limit)) => RunError::OverLimit { limit },
        Ok(Failure::Broken(said)) => RunError::Dead { said },
        Err(_) => confused(),
    }
}

fn confused() -> RunError {
    RunError::Dead { said: "it answered something else than it was asked".to_owned() }
}

/// The pipe broke, or what came over it was no frame.
fn broken(error: &io::Error) -> RunError {
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => RunError::Dead { said: String::new() },
        _ => RunError::Dead { said: error.to_string() },
    }
}
