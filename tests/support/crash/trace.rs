//! Whether the disk was waited for, as a trace of system calls shows it: kill -9 cannot, since what a dead process wrote
//! is in the kernel all the same.

mod judge;
mod lines;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::watch;

use super::control;
use super::daemon::Daemon;
use super::home::Home;
use super::local::{Chatter, Phase};
use super::options::{Programs, Sabotage};
use super::record::{Record, Wants, id_in};
use crate::irc::Ngircd;

/// Messages that are traced, one after the other.
const MESSAGES: usize = 5;
/// How long all of it may take; a traced daemon is slow.
const LIMIT: Duration = Duration::from_mins(1);
/// Distance between two looks whether an answer is there.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Bytes of each call that are written down: more than a page of the journal has.
const SHOWN: &str = "9000";
/// The calls that matter: words that come and go, and the disk.
const CALLS: &str =
    "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync";

/// What a trace shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// Messages whose acknowledgement came behind a wait for the disk.
    pub acknowledged: usize,
    /// Answers whose delivery came behind a wait for the disk.
    pub delivered: usize,
    /// What went out without one, or could not be found.
    pub failures: Vec<String>,
}

impl Trace {
    /// Whether everything was found, and the disk was waited for each time.
    pub fn is_green(&self) -> bool {
        self.failures.is_empty() && self.acknowledged == MESSAGES && self.delivered == MESSAGES
    }
}

/// Traces a daemon while some messages come and are answered.
///
/// # Errors
/// When it cannot be carried through; one that begins with `NOT RUN:` when there is no `strace`.
pub async fn trace(programs: &Programs, sabotage: Option<Sabotage>) -> Result<Trace> {
    let strace = strace().await?;
    let server = Ngircd::start().await?;
    let home = Home::new(server.port(), "traced", "#traced")?;
    let output = home.folder().join("trace");
    let mut flags: Vec<OsString> =
        ["-f", "-tt", "-yy", "-s", SHOWN, "-e", CALLS, "-o"].map(OsString::from).to_vec();
    flags.extend([output.clone().into(), "--".into(), programs.faults.clone().into()]);
    flags.extend(["--scripted-model".into(), "--counter-ledger".into(), home.ledger().into()]);
    if let Some(sabotage) = sabotage {
        flags.extend(["--sabotage".into(), sabotage.name().into()]);
    }
    let mut daemon = Daemon::start(&strace, &home.folder(), &flags)?;
    if !daemon.ready().await? {
        bail!("the traced daemon does not start: {}", daemon.last_words());
    }
    let ids: Vec<String> = (1..=MESSAGES).map(|number| format!("msg-0-{number}")).collect();
    let talked = tokio::time::timeout(LIMIT, talk(&home, &ids)).await;
    talked.context("the traced daemon does not answer in time")??;
    end(&home).await?;
    daemon.end().await?;
    let text = tokio::fs::read(&output).await.context("reading the trace")?;
    Ok(judge::judge(&lines::read(&String::from_utf8_lossy(&text)), &ids))
}

#[expect(clippy::disallowed_methods, reason = "where a program is, the shell knows")]
async fn strace() -> Result<PathBuf> {
    let found =
        Command::new("sh").args(["-c", "command -v strace"]).output().await.context("looking for strace")?;
    let path = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    if path.is_empty() {
        bail!("NOT RUN: strace is not installed; on Debian, as root: apt-get install strace");
    }
    Ok(path.into())
}

/// Sends each message and waits for its answer.
async fn talk(home: &Home, ids: &[String]) -> Result<()> {
    for id in ids {
        let record = Arc::new(Record::default());
        let (phase, watched) = watch::channel(Phase::Load);
        let chatter = Chatter {
            socket: home.socket(),
            chat: "traced".to_owned(),
            messages: vec![(id.clone(), Wants { once: true, idempotent: true })],
            gap: Duration::ZERO,
            leaves: false,
            record: record.clone(),
            phase: watched,
        };
        let talking = tokio::spawn(chatter.run());
        while !record.copy().heard.iter().any(|heard| id_in(&heard.text) == Some(id)) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        phase.send_replace(Phase::Over);
        talking.await.context("a client broke")?;
    }
    Ok(())
}

/// Ends the daemon itself; `strace` ends with it.
async fn end(home: &Home) -> Result<()> {
    let Ok(status) = control::ask(&home.socket(), json!({"op": "status"})).await? else {
        bail!("the traced daemon does not say how it is");
    };
    let pid = status.get("pid").and_then(Value::as_i64).and_then(|pid| i32::try_from(pid).ok());
    let pid = pid.and_then(Pid::from_raw).context("the traced daemon has no process id")?;
    kill_process(pid, Signal::TERM).context("ending the traced daemon")
}
