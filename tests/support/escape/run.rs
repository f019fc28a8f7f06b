//! Makes one attempt against one box.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nanobot_core::cancel::CancelToken;
use nanobot_core::units::ByteCount;
use nanobot_sandbox::{
    Cell, CellCommand, Launcher, Limits, Mask, MountKind, MountSource, Mounts, Part, Profile, RunError,
};

use super::attempt::{Attempt, How, Sees, Swap};
use super::sight::{self, Before};
use super::site::{Site, grant};
use super::terminal::Terminal;
use super::world::World;

/// For one command. The slowest fills a disk.
const LIMIT: Duration = Duration::from_secs(25);
/// For a command that is to be over its time, and for one that is to be killed.
const SHORT: Duration = Duration::from_millis(700);
/// For everything that belongs to one attempt.
const WHOLE: Duration = Duration::from_secs(90);
/// When it is looked whether something was stopped.
const GLANCE: Duration = Duration::from_millis(400);

/// What a box said.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) output: String,
    pub(super) error: Option<RunError>,
    pub(super) was_stopped: bool,
    pub(super) lives: bool,
}

/// How it went.
#[derive(Debug)]
pub(super) struct Went {
    pub(super) got_through: bool,
    /// What was said, shortened, for people who look for a mistake.
    pub(super) said: String,
}

/// What an attempt is made with.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) world: World,
    pub(super) launcher: Launcher,
    pub(super) terminal: Terminal,
}

impl Ground {
    /// Makes an attempt against the box without these parts.
    ///
    /// # Errors
    /// If the box does not start or time is over: then nothing was shown.
    pub(super) async fn make(&mut self, attempt: &Attempt, without: &[Part]) -> Result<Went> {
        let nonce = self.world.word();
        self.world.revive_victim()?;
        if matches!(attempt.sees, Sees::KeyGone) {
            sight::tool(&["key-add", "nanobot:other"]);
        }
        let place = Site::make(&self.world, &nonce)?;
        let before = Before::look(&self.world, &mut self.terminal)?;
        if matches!(attempt.sees, Sees::Secret("typed")) {
            Terminal::type_in(&self.world.secret("typed"))?;
        }
        let profile = profile(attempt, without);
        let in_time =
            tokio::time::timeout(WHOLE, carry_out(&self.launcher, &profile, attempt, &place, &nonce));
        let said =
            in_time.await.with_context(|| format!("{}: time is over", attempt.id)).and_then(|made| made);
        let got_through = match &said {
            Ok(told) => {
                let (world, terminal) = (&mut self.world, &mut self.terminal);
                sight::sees(attempt.sees, told, &nonce, &place, world, terminal, &before).await
            }
            Err(_) => false,
        };
        sight::end_all(&nonce).await;
        if matches!(attempt.sees, Sees::TerminalSet) {
            self.terminal.restore()?;
        }
        let said = said?;
        let mut text = said.output.replace('\n', " | ");
        if let Some(error) = &said.error {
            text.extend([" [", &error.to_string(), "]"]);
        }
        Ok(Went { got_through, said: text.chars().take(300).collect() })
    }
}

fn profile(attempt: &Attempt, without: &[Part]) -> Profile {
    let mut profile = Profile::default();
    if attempt.is_small {
        profile.limits = Limits {
            processes: 40,
            open_files: 64,
            process_memory: ByteCount::mib(64),
            // Where the outer box keeps its disk in memory, what is written counts as such.
            memory: ByteCount::mib(if attempt.class == "disk" { 1024 } else { 96 }),
            scratch: ByteCount::mib(16),
            workspace: ByteCount::mib(20),
            ..Limits::default()
        };
    }
    if without.is_empty() { profile } else { profile.without(without) }
}

async fn carry_out(
    launcher: &Launcher,
    profile: &Profile,
    attempt: &Attempt,
    site: &Site,
    nonce: &str,
) -> Result<Said> {
    let fill = |command: &str| format!("A=/grants/tools/attack\n{}", command.replace("{n}", nonce));
    match attempt.how {
        How::Command(command) => {
            let cell = Cell::start(launcher, profile, site.mounts()?).await?;
            Ok(run(cell, &fill(command), LIMIT, attempt.sees, nonce).await)
        }
        How::TimedOut(command) => {
            let cell = Cell::start(launcher, profile, site.mounts()?).await?;
            Ok(run(cell, &fill(command), SHORT, attempt.sees, nonce).await)
        }
        How::Killed(command) => {
            let cell = Cell::start(launcher, profile, site.mounts()?).await?;
            let (killer, command) = (cell.killer(), fill(command));
            let killing = async {
                tokio::time::sleep(SHORT).await;
                killer.kill();
            };
            Ok(tokio::join!(run(cell, &command, LIMIT, attempt.sees, nonce), killing).0)
        }
        How::Swapped(swap, first, second) => {
            let mounts = swapped(swap, site)?;
            let cell = Cell::start(launcher, profile, site.mounts()?).await?;
            let prepared = run(cell, &fill(first), LIMIT, attempt.sees, nonce).await;
            anyhow::ensure!(prepared.error.is_none() && prepared.output.is_empty(), "nothing was swapped");
            match Cell::start(launcher, profile, mounts).await {
                Ok(cell) => Ok(run(cell, &fill(second), LIMIT, attempt.sees, nonce).await),
                // The box saw it: that is one way to stop it.
                Err(_) => Ok(Said::default()),
            }
        }
    }
}

/// What is opened before the swap.
fn swapped(swap: Swap, site: &Site) -> Result<Mounts> {
    let mut mounts = site.mounts()?;
    let ws = site.workspace();
    match swap {
        Swap::FolderGrant => mounts.grants.push(grant(&ws.join("sub"), "sub")?),
        Swap::FileGrant => mounts.grants.push(grant(&ws.join("list"), "list")?),
        Swap::Workspace => {
            mounts.workspace = MountSource::open(&ws.join("sub"))?;
            mounts.masks.clear();
        }
        Swap::Mask => {
            let target = Path::new("/workspace/was/key").to_owned();
            mounts.masks.push(Mask { target, kind: MountKind::File });
        }
    }
    Ok(mounts)
}

async fn run(mut cell: Cell, command: &str, timeout: Duration, sees: Sees, nonce: &str) -> Said {
    let glance = async {
        if matches!(sees, Sees::Stopped) {
            tokio::time::sleep(GLANCE).await;
            return sight::has_stopped_bubblewrap();
        }
        false
    };
    let cancel = CancelToken::never();
    let running = cell.run(CellCommand {
        command,
        directory: "/workspace",
        timeout,
        output_limit: ByteCount::kib(256),
        cancel: &cancel,
    });
    let (ended, was_stopped) = tokio::join!(running, glance);
    // What outlives a call is looked for while its box still stands; what outlives its box, afterwards.
    let mut lives = ended.is_ok() && matches!(sees, Sees::Lives) && sight::lives(nonce).await;
    cell.kill().await;
    lives |= ended.is_err() && matches!(sees, Sees::Lives) && sight::lives(nonce).await;
    let (output, error) = match ended {
        Ok(output) => (String::from_utf8_lossy(&output.output).into_owned(), None),
        Err(error) => (String::new(), Some(error)),
    };
    Said { output, error, was_stopped, lives }
}
