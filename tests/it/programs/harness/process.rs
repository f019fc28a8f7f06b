//! Running a process to its end, within a limit.

use std::io::{Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a program may run. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);

/// What came of a program.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; 128 and the signal when one ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The one JSON document that it printed.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The one line that it said on stderr.
    #[track_caller]
    pub(crate) fn one_line(&self) -> &str {
        assert_eq!(self.stderr.lines().count(), 1, "one line is expected: {self:?}");
        self.stderr.trim_end()
    }

    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// Runs a command with this input.
pub(super) fn run(command: &mut Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    // A program that does not read its input to the end is no failure.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let status = wait(&mut child, LIMIT);
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    writer.join().unwrap();
    let status = status.unwrap_or_else(|| panic!("still running: {command:?}\n{stdout}\n{stderr}"));
    Ran { code: code_of(status), stdout, stderr }
}

/// Runs a command whose stdout is closed at the other end.
pub(super) fn run_unread(command: &mut Command) -> Ran {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stderr = self::reader(child.stderr.take());
    let status = wait(&mut child, LIMIT).expect("it ends");
    Ran { code: code_of(status), stdout: String::new(), stderr: stderr.join().unwrap() }
}

/// Waits for the end; none, and the process is killed, when it does not come in time.
pub(super) fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if Instant::now() > until {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(super) fn code_of(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

fn reader(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.unwrap().read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
