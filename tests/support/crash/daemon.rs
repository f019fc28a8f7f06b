//! The daemon as a process that is started, killed, and asked to end.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a start or an end may take. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);
/// Lines of the log that are kept for a report.
const KEPT_LINES: usize = 200;

/// A running daemon. It is killed when it is dropped.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Child,
    log: Arc<Mutex<VecDeque<String>>>,
    ready: watch::Receiver<bool>,
    /// Ends with the process.
    reader: JoinHandle<()>,
}

impl Daemon {
    /// Starts it in the user's folder, with nothing in its environment but that.
    #[expect(clippy::disallowed_methods, reason = "the daemon is a program")]
    pub(super) fn start(program: &Path, folder: &Path, flags: &[OsString]) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(flags).env_clear().env("HOME", folder).current_dir(folder);
        // Several run side by side, and there is one port 8080.
        command.env("NANOBOT_API__ENABLED", "false");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let stderr = child.stderr.take().context("the daemon's log")?;
        let log = Arc::new(Mutex::default());
        let (sender, ready) = watch::channel(false);
        let reader = tokio::spawn(follow(stderr, log.clone(), sender));
        Ok(Self { child, log, ready, reader })
    }

    /// Waits until it is ready; false when it died before.
    pub(super) async fn ready(&self) -> Result<bool> {
        let mut ready = self.ready.clone();
        let waited =
            tokio::time::timeout(LIMIT, ready.wait_for(|&ready| ready)).await.map(|seen| seen.is_ok());
        waited.or_else(|_| bail!("the daemon is not ready in time: {}", self.last_words()))
    }

    /// Waits for its end.
    pub(super) async fn end(&mut self) -> Result<ExitStatus> {
        let ended = tokio::time::timeout(LIMIT, self.child.wait()).await;
        let status = ended.context("the daemon does not end in time")?.context("waiting for the daemon")?;
        // The log has its end, too.
        let _ = (&mut self.reader).await;
        Ok(status)
    }

    /// Waits for its end for so long; none when it goes on.
    pub(super) async fn end_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        match tokio::time::timeout(limit, self.child.wait()).await {
            Ok(status) => Ok(Some(status.context("waiting for the daemon")?)),
            Err(_) => Ok(None),
        }
    }

    pub(super) async fn kill(&mut self) -> Result<()> {
        // It may have died by itself.
        let _ = self.child.start_kill();
        self.end().await.map(drop)
    }

    /// Asks it to end.
    pub(super) fn terminate(&self) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    /// The errors that it logged, of the lines that are kept.
    pub(super) fn errors(&self) -> Vec<String> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter()
            .filter(|line| line.contains("\"level\":\"ERROR\"") || line.contains("panicked"))
            .cloned()
            .collect()
    }

    /// The end of its log.
    pub(super) fn last_words(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().rev().take(5).rev().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

async fn follow(from: impl AsyncRead + Unpin, log: Arc<Mutex<VecDeque<String>>>, ready: watch::Sender<bool>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains("\"message\":\"ready\"") {
            ready.send_replace(true);
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == KEPT_LINES {
            log.pop_front();
        }
        log.push_back(line);
    }
}
