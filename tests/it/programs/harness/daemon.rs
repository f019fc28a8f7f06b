//! A process that stays: its log is read as it comes, and it is killed when the test lets go of it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::process::{Ran, code_of, wait};

/// How long something that must happen may take. Generous: a busy machine is no failure.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// A running process.
pub(crate) struct Daemon {
    child: Child,
    log: Arc<Log>,
    /// Ends with the process.
    reader: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grown: Condvar,
    /// There will be no more lines.
    ended: AtomicBool,
}

impl Daemon {
    /// Starts a command that logs to stderr.
    pub(super) fn spawn(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Log::default());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let growing = log.clone();
        let reader = std::thread::spawn(move || {
            for line in stderr.split(b'\n').map_while(Result::ok) {
                growing.lines.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
                growing.grown.notify_all();
            }
            // Under the lock, so that nobody goes to sleep between looking and being told.
            let _lines = growing.lines.lock().unwrap();
            growing.ended.store(true, Ordering::Release);
            growing.grown.notify_all();
        });
        Self { child, log, reader: Some(reader) }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that contains `text`, and answers it.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let find = |lines: &Vec<String>| lines.iter().find(|line| line.contains(text)).cloned();
        let lines = self.log.lines.lock().unwrap();
        let (lines, _) =
            self.log.grown.wait_timeout_while(lines, LIMIT, |lines| find(lines).is_none()).unwrap();
        find(&lines).unwrap_or_else(|| panic!("no line with {text:?} in\n{}", lines.join("\n")))
    }

    /// Waits until it is ready; answers what came of it if it ends instead.
    #[track_caller]
    pub(super) fn ready_or_end(mut self) -> Result<Self, Ran> {
        let is_ready = |lines: &Vec<String>| lines.iter().any(|line| line.contains("\"message\":\"ready\""));
        let lines = self.log.lines.lock().unwrap();
        let is_early = |lines: &mut Vec<String>| !is_ready(lines) && !self.log.ended.load(Ordering::Acquire);
        let (lines, _) = self.log.grown.wait_timeout_while(lines, LIMIT, is_early).unwrap();
        let (is_ready, stderr) = (is_ready(&lines), lines.join("\n"));
        drop(lines);
        if is_ready {
            return Ok(self);
        }
        let status = wait(&mut self.child, LIMIT).unwrap_or_else(|| panic!("it does not end:\n{stderr}"));
        Err(Ran { code: code_of(status), stdout: String::new(), stderr })
    }

    /// Waits until there are this many warnings and errors, and answers all.
    #[track_caller]
    pub(crate) fn wait_for_complaints(&self, count: usize) -> Vec<Value> {
        let lines = self.log.lines.lock().unwrap();
        let too_few = |lines: &mut Vec<String>| complaints(lines).len() < count;
        let (lines, _) = self.log.grown.wait_timeout_while(lines, LIMIT, too_few).unwrap();
        complaints(&lines)
    }

    /// The lines so far.
    fn log(&self) -> Vec<String> {
        self.log.lines.lock().unwrap().clone()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end, and answers the exit code.
    #[track_caller]
    pub(crate) fn wait(mut self) -> i32 {
        let status = wait(&mut self.child, LIMIT);
        code_of(status.unwrap_or_else(|| panic!("it does not end:\n{}", self.log().join("\n"))))
    }

    /// Ends it as a service manager does, and answers its whole log.
    #[track_caller]
    pub(crate) fn stop(mut self) -> Vec<String> {
        self.signal(Signal::TERM);
        let reader = self.reader.take();
        let log = self.log.clone();
        assert_eq!(self.wait(), 0);
        reader.unwrap().join().unwrap();
        let lines = log.lines.lock().unwrap();
        lines.clone()
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a log that are warnings or errors. What was said about the composition before `ready` does not
/// count.
pub(crate) fn complaints(log: &[String]) -> Vec<Value> {
    let parsed = log.iter().map(|line| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error} in the log line {line:?}"))
    });
    let running = parsed.skip_while(|line| line["message"] != "ready");
    running.filter(|line| line["level"] == "WARN" || line["level"] == "ERROR").collect()
}
