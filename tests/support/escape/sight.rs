//! What is seen of an attempt from outside of its box.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nanobot_sandbox::RunError;
use rustix::process::{Pid, Signal, kill_process};

use super::attempt::{Mark, Sees};
use super::run::Said;
use super::site::Site;
use super::terminal::Terminal;
use super::world::{TOOLS, World};

/// For a word to get from a socket to the server that notes it.
const ON_ITS_WAY: Duration = Duration::from_millis(100);
/// For a signal to be counted, and for a process that was killed to be gone.
const SETTLING: Duration = Duration::from_millis(60);

/// What was before, for things that are not made anew for each attempt.
pub(super) struct Before {
    signals: u64,
    speed: String,
}

impl Before {
    pub(super) fn look(world: &World, terminal: &mut Terminal) -> anyhow::Result<Self> {
        terminal.typed();
        Terminal::printed();
        Ok(Self { signals: world.signals(), speed: terminal.speed()? })
    }
}

/// Whether it got through.
pub(super) async fn sees(
    what: Sees,
    said: &Said,
    nonce: &str,
    place: &Site,
    world: &mut World,
    terminal: &mut Terminal,
    before: &Before,
) -> bool {
    match what {
        Sees::Secret(name) => said.output.contains(&world.secret(name)),
        Sees::Proof => said.output.contains("ESCAPED"),
        Sees::Heard => {
            tokio::time::sleep(ON_ITS_WAY).await;
            world.ears().heard(nonce)
        }
        Sees::Forged => matches!(&said.error, Some(RunError::Dead { said }) if said.contains(nonce)),
        Sees::BoxDies => matches!(said.error, Some(RunError::Dead { .. })),
        Sees::File(path, mark) => {
            let (ws, docs) = (place.workspace(), place.docs());
            let path = path.replace("{n}", nonce);
            let path = path.replace("{ws}", &ws.to_string_lossy()).replace("{docs}", &docs.to_string_lossy());
            shows(Path::new(&path), mark, nonce)
        }
        // Looked at while the box stood, or as soon as it was gone.
        Sees::Lives => said.lives,
        Sees::VictimDies => {
            tokio::time::sleep(SETTLING).await;
            !world.victim_lives()
        }
        Sees::Signalled => {
            tokio::time::sleep(SETTLING).await;
            world.signals() > before.signals
        }
        // Looked at while the command ran.
        Sees::Stopped => said.was_stopped,
        Sees::Typed => terminal.typed().contains(nonce),
        Sees::Printed => Terminal::printed().contains(nonce),
        Sees::TerminalSet => terminal.speed().is_ok_and(|speed| speed != before.speed),
        Sees::HostName => {
            fs::read_to_string("/proc/sys/kernel/hostname").is_ok_and(|name| name.trim() == nonce)
        }
        Sees::KeyPlanted => has_key(nonce),
        Sees::KeyGone => !has_key("nanobot:other"),
    }
}

fn shows(path: &Path, mark: Mark, nonce: &str) -> bool {
    let meta = || fs::metadata(path);
    match mark {
        Mark::Word => fs::read_to_string(path).is_ok_and(|text| text.contains(nonce)),
        Mark::SetId => meta().is_ok_and(|meta| meta.mode() & 0o4000 != 0),
        Mark::Open => meta().is_ok_and(|meta| meta.mode() & 0o777 == 0o777),
        Mark::Capabilities => rustix::fs::getxattr(path, "security.capability", &mut [0_u8; 64]).is_ok(),
        Mark::Long => meta().is_ok_and(|meta| meta.len() > 1 << 30),
    }
}

/// Runs one of the attacks outside, where it is none.
#[expect(clippy::disallowed_methods, reason = "a campaign starts processes")]
pub(super) fn tool(arguments: &[&str]) -> bool {
    let mut tool = Command::new(Path::new(TOOLS).join("attack"));
    tool.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    tool.status().is_ok_and(|status| status.success())
}

fn has_key(name: &str) -> bool {
    tool(&["key-read", name])
}

/// Whether a process with this word among its arguments lives on.
pub(super) async fn lives(nonce: &str) -> bool {
    tokio::time::sleep(SETTLING).await;
    // One that forks away all the time is missed by a single look: it is gone by the time its words are read.
    (0..LOOKS).any(|_| !holding(nonce).is_empty())
}

/// So often it is looked for a process.
const LOOKS: usize = 50;

/// Processes with this word among their arguments, but this one.
fn holding(nonce: &str) -> Vec<Pid> {
    processes()
        .filter(|pid| *pid != rustix::process::getpid())
        .filter(|pid| {
            let line = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
            line.windows(nonce.len()).any(|part| part == nonce.as_bytes())
        })
        .collect()
}

/// Ends what an attempt that got through has left behind.
pub(super) async fn end_all(nonce: &str) {
    // A process that forks away is caught in the end: it is over by itself after some seconds.
    for _ in 0..2000 {
        let left = holding(nonce);
        if left.is_empty() {
            return;
        }
        for process in left {
            // It may have gone in between.
            let _ = kill_process(process, Signal::KILL);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Whether a bubblewrap is stopped.
pub(super) fn has_stopped_bubblewrap() -> bool {
    processes().any(|pid| {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(name, rest)| name.ends_with("(bwrap") && rest.starts_with('T'))
    })
}

fn processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| {
        let name = entry.file_name();
        Pid::from_raw(std::str::from_utf8(name.as_bytes()).ok()?.parse().ok()?)
    })
}
