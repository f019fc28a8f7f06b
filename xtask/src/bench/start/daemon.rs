//! A daemon on a home of its own, and a client that speaks to its socket as the console does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{LIMIT, resident_mib};
use crate::process;
use crate::progress::Stopwatch;

/// A running daemon; killed when dropped.
pub(in crate::bench) struct Daemon {
    child: Child,
    home: Home,
    /// From the start of the process to its readiness.
    pub(in crate::bench) ready_after: Duration,
}

/// The folder that a daemon lives in.
pub(in crate::bench) enum Home {
    /// Goes with the daemon.
    OfItsOwn(PathBuf),
    /// Somebody else's.
    Kept(PathBuf),
}

impl Home {
    fn path(&self) -> &Path {
        match self {
            Self::OfItsOwn(path) | Self::Kept(path) => path,
        }
    }
}

impl Daemon {
    /// Starts it on a fresh home and waits until it says that it is ready.
    pub(super) fn start(program: &Path, provider: &str) -> Result<Self> {
        let home = fresh_home()?;
        std::fs::write(home.join("config.json"), r#"{"configVersion": 2}"#)?;
        Self::start_on(program, Home::OfItsOwn(home), provider)
    }

    /// Starts it and waits until it says that it is ready, as a service manager would.
    pub(in crate::bench) fn start_on(program: &Path, home: Home, provider: &str) -> Result<Self> {
        let notify = home.path().join("notify");
        // Left by the daemon that had this home before.
        let _ = std::fs::remove_file(&notify);
        let readiness = UnixDatagram::bind(&notify).context("cannot listen for readiness")?;
        readiness.set_read_timeout(Some(LIMIT))?;
        let stopwatch = Stopwatch::start();
        let child = process::command(program, home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("NOTIFY_SOCKET", &notify)
            .env("OPENAI_BASE_URL", provider)
            .arg("--home")
            .arg(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start nanobotd")?;
        let mut daemon = Self { child, home, ready_after: Duration::ZERO };
        let mut message = [0; 256];
        let length = readiness.recv(&mut message).context("nanobotd did not get ready in time")?;
        daemon.ready_after = stopwatch.elapsed();
        if !message.get(..length).is_some_and(|said| said.starts_with(b"READY=1")) {
            bail!("nanobotd said something else than READY=1");
        }
        Ok(daemon)
    }

    pub(in crate::bench) fn resident_mib(&self) -> Result<f64> {
        resident_mib(self.child.id())
    }

    /// A client that is attached to one chat.
    pub(super) fn connect(&self, chat: &str) -> Result<Console> {
        let stream = UnixStream::connect(self.home.path().join("var/run/nanobot.sock"))?;
        stream.set_read_timeout(Some(LIMIT))?;
        let mut console =
            Console { lines: BufReader::new(stream.try_clone()?), stream, chat: chat.to_owned() };
        console.say(&json!({"t": "hello", "v": 1, "client": "bench"}))?;
        console.wait_for("hello")?;
        console.say(&json!({"t": "attach", "chat": chat}))?;
        Ok(console)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Home::OfItsOwn(path) = &self.home {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// A client of the local socket.
pub(super) struct Console {
    lines: BufReader<UnixStream>,
    stream: UnixStream,
    chat: String,
}

impl Console {
    /// Sends a message and reads up to the first piece of its answer.
    pub(super) fn first_token(&mut self) -> Result<()> {
        self.say(&json!({"t": "inbound", "id": "m1", "chat": self.chat, "text": "hello"}))?;
        self.wait_for("delta")
    }

    /// Reads up to the end of the turn, confirming what is delivered.
    pub(super) fn until_ended(&mut self) -> Result<()> {
        self.wait_for("ended")
    }

    fn say(&mut self, frame: &Value) -> Result<()> {
        writeln!(self.stream, "{frame}")?;
        Ok(())
    }

    fn wait_for(&mut self, kind: &str) -> Result<()> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).context("the daemon did not answer in time")? == 0 {
                bail!("the daemon closed the connection");
            }
            let frame: Value = serde_json::from_str(&line)?;
            match frame.get("t").and_then(Value::as_str) {
                Some(found) if found == kind => return Ok(()),
                Some("deliver") => {
                    let key = frame.get("key").cloned().unwrap_or_default();
                    self.say(&json!({"t": "confirm", "key": key}))?;
                }
                Some("error" | "refused") => bail!("the daemon says {frame}"),
                _ => {}
            }
        }
    }
}

/// An empty folder below the system's folder for temporary files.
#[expect(clippy::disallowed_methods, reason = "a bench leaves nothing in the workspace")]
fn fresh_home() -> Result<PathBuf> {
    let folder = std::env::temp_dir();
    for number in 0..10_000_u32 {
        let home = folder.join(format!("nanobot-bench-{}-{number}", std::process::id()));
        match std::fs::create_dir(&home) {
            Ok(()) => return Ok(home),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).context("cannot make a home"),
        }
    }
    bail!("no free name for a home in {}", folder.display())
}
