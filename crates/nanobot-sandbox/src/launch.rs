//! Starts boxes: makes what a plan names, hands it over, and lets nobody in before every wall that is demanded stands.

mod handover;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::{Pid, PidfdFlags, geteuid, pidfd_open};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Command;
use tokio::time::timeout;

use self::handover::Ends;
use crate::cell::{Body, Cell, HeldGroup, Talk};
use crate::cgroup::{Group, Groups};
use crate::error::StartError;
use crate::keeper::Keeper;
use crate::machine::Machine;
use crate::mounts::{MountSource, Mounts};
use crate::plan::{self, Plan};
use crate::profile::{Profile, Wall};
use crate::walls::{self, Outside, Standing};
use crate::watch::DiskWatch;
use crate::wire::{self, Failure, Hello, Kind};

/// From the start of bubblewrap to the report from inside. It takes some 20 ms.
const START: Duration = Duration::from_secs(10);
/// For bubblewrap to say its version.
const VERSION: Duration = Duration::from_secs(2);
/// bubblewrap's own report: a few numbers.
const LONGEST_INFO: usize = 4096;

/// What it takes to start boxes. Made once and shared.
#[derive(Debug)]
pub struct Launcher {
    settings: LauncherSettings,
    init: OwnedFd,
    machine: Machine,
    groups: Groups,
    keeper: Keeper,
    counts_by_namespace: bool,
}

/// Where the programs are, and what commands may know of the caller's surroundings.
#[derive(Debug, Clone)]
pub struct LauncherSettings {
    /// bubblewrap.
    pub bubblewrap: PathBuf,
    /// Our own program, whose `main` calls [`take_over`](crate::take_over) first.
    pub init: PathBuf,
    /// Those of LANG, LC_ALL, LC_CTYPE, TERM and TZ that are set. Others are left out.
    pub locale: Vec<(String, String)>,
}

/// A box that stands, and how its walls do.
struct Standings {
    cell: Cell,
    walls: Vec<Standing>,
}

impl Launcher {
    /// Looks at the machine and starts the thread that starts boxes. Blocks for a moment.
    ///
    /// # Errors
    /// [`StartError`] if our own program cannot be opened, or the system has no thread left.
    pub fn new(settings: LauncherSettings) -> Result<Self, StartError> {
        // Held from now on, so that boxes run the same program as the daemon, also after an update.
        let init = openat(CWD, &settings.init, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
            .map_err(|source| StartError::Source { path: settings.init.clone(), source: source.into() })?;
        Ok(Self {
            init,
            machine: Machine::look(),
            groups: Groups::look(),
            keeper: Keeper::start()
                .map_err(|error| StartError::machine("start the thread for boxes", error))?,
            counts_by_namespace: counts_by_namespace(),
            settings,
        })
    }

    /// What a box would be. Starts nothing.
    ///
    /// # Errors
    /// [`StartError::Target`] for a place that cannot be.
    pub fn plan(&self, profile: &Profile, mounts: &Mounts) -> Result<Plan, StartError> {
        plan::plan(profile, mounts, &self.machine, &self.settings.locale)
    }

    /// Starts a box and reports on its walls instead of insisting on them. The box is killed.
    pub(crate) async fn inspect(
        &self,
        profile: &Profile,
        workspace: MountSource,
    ) -> Result<Vec<Standing>, StartError> {
        let started = timeout(START, self.start(profile, Mounts::only(workspace))).await;
        let Standings { cell, mut walls } = started.map_err(|_| StartError::Slow(START))??;
        cell.kill().await;
        let program = walls.iter_mut().find(|standing| standing.wall == Wall::Bubblewrap);
        if let (Some(program), Some(version)) = (program, self.version().await) {
            program.detail = format!("{version}, {}", program.detail);
        }
        Ok(walls)
    }

    /// What bubblewrap calls itself (`bubblewrap 0.8.0`).
    #[expect(clippy::disallowed_methods, reason = "this is the room where processes are started")]
    async fn version(&self) -> Option<String> {
        let mut command = Command::new(&self.settings.bubblewrap);
        command.arg("--version").env_clear().stdin(Stdio::null()).kill_on_drop(true);
        let said = timeout(VERSION, command.output()).await.ok()?.ok()?.stdout;
        let line = String::from_utf8_lossy(&said);
        Some(line.lines().next()?.trim().to_owned())
    }

    async fn start(&self, profile: &Profile, mounts: Mounts) -> Result<Standings, StartError> {
        let plan = self.plan(profile, &mounts)?;
        #[cfg(not(feature = "weakened"))]
        let limits = &profile.limits;
        #[cfg(feature = "weakened")]
        let limits = &crate::weakened::limits_outside(profile);
        let group = self
            .groups
            .make(limits)
            .map_err(|error| StartError::machine("make a control group for the box", error))?;
        let outside = self.outside(profile, group.as_ref());
        let group = HeldGroup { group, remover: self.keeper.remover() };
        let workspace = mounts
            .workspace
            .as_fd()
            .try_clone_to_owned()
            .map_err(|error| StartError::machine("hold the workspace open", error))?;
        // Only to be read from here on: the watch counts files, and follows no link.
        let disk = DiskWatch::new(handover::reopened(&workspace)?, limits.workspace);
        let mut ends = Ends::new()?;
        let mappings = handover::mappings(&plan, &self.init, profile.network, mounts, &mut ends)?;
        let child = self.keeper.spawn(self.command(&plan, profile, mappings)?).await;
        let bubblewrap = child.map_err(|error| no_bubblewrap(error, &self.settings))?;
        let mut body = Body { bubblewrap, first: None, group: Some(group) };
        match self.bring_up(&mut body, &plan, ends).await {
            Ok((first, talk, hello)) => {
                #[cfg(feature = "weakened")]
                let hello = {
                    let mut hello = hello;
                    crate::weakened::overlook(profile, &mut hello);
                    hello
                };
                let walls = walls::judge(profile, &hello, outside);
                if let Some(flaw) = walls::flaw(&hello) {
                    body.end().await;
                    return Err(StartError::Ended { said: flaw.to_owned() });
                }
                Ok(Standings { cell: Cell::new(body, first, talk, disk), walls })
            }
            Err(Stopped::Machine(error)) => {
                body.end().await;
                Err(error)
            }
            Err(Stopped::Silent) => {
                body.end().await;
                Err(why(body.last_words().await))
            }
        }
    }

    /// From a process that has begun to a report from inside.
    async fn bring_up(
        &self,
        body: &mut Body,
        plan: &Plan,
        ends: Ends,
    ) -> Result<(Arc<OwnedFd>, Talk, Hello), Stopped> {
        let pid = first_process(ends.info).await?;
        let first = Pid::from_raw(pid.cast_signed()).ok_or(Stopped::Silent)?;
        // The box waits for us, so that the number is its own until we let it go on.
        let first = pidfd_open(first, PidfdFlags::empty()).map_err(|_| Stopped::Silent)?;
        let first = Arc::new(first);
        body.first = Some(Arc::clone(&first));
        if let Some(group) = body.group.as_ref().and_then(|held| held.group.as_ref()) {
            group.add(pid).map_err(machine("put the box into its control group"))?;
        }
        rustix::io::write(&ends.block, b"x").map_err(|_| Stopped::Silent)?;
        let (Some(input), Some(output)) = (body.bubblewrap.stdin.take(), body.bubblewrap.stdout.take())
        else {
            return Err(Stopped::Silent);
        };
        let mut talk = Talk::new(input, output);
        let setup = wire::message(Kind::Setup, &plan.setup).map_err(machine("describe the box"))?;
        talk.send(&setup).await.map_err(|_| Stopped::Silent)?;
        let (kind, report) = talk.read().await.ok().flatten().ok_or(Stopped::Silent)?;
        match kind {
            Kind::Hello => {
                let hello = serde_json::from_slice(&report)
                    .map_err(|error| machine("read the report of the box")(error.into()))?;
                Ok((first, talk, hello))
            }
            _ => Err(Stopped::Machine(StartError::Ended { said: complaint(&report) })),
        }
    }

    fn outside(&self, profile: &Profile, group: Option<&Group>) -> Outside {
        Outside {
            is_root: profile.run_as.map_or_else(|| geteuid().is_root(), |user| user.uid == 0),
            counts_processes: group.is_some_and(|group| group.counts_processes),
            limits_memory: group.is_some_and(|group| group.limits_memory),
            counts_by_namespace: self.counts_by_namespace,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the room where processes are started")]
    fn command(
        &self,
        plan: &Plan,
        profile: &Profile,
        mappings: Vec<FdMapping>,
    ) -> Result<Command, StartError> {
        let mut command = Command::new(&self.settings.bubblewrap);
        command
            .args(&plan.argv)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(user) = profile.run_as {
            command.gid(user.gid).uid(user.uid);
        }
        command
            .fd_mappings(mappings)
            .map_err(|error| StartError::machine("hand descriptors over", io::Error::other(error)))?;
        Ok(command)
    }
}

impl Cell {
    /// Starts a box. All that is in `mounts` goes over to it.
    ///
    /// # Errors
    /// [`StartError`]: then nothing is left running.
    pub async fn start(launcher: &Launcher, profile: &Profile, mounts: Mounts) -> Result<Self, StartError> {
        let started = timeout(START, launcher.start(profile, mounts)).await;
        let Standings { cell, walls } = started.map_err(|_| StartError::Slow(START))??;
        match walls.into_iter().find(|standing| !standing.is_live && profile.demands(standing.wall)) {
            None => Ok(cell),
            Some(missing) => {
                cell.kill().await;
                Err(StartError::NotClosed { wall: missing.wall, reason: missing.detail })
            }
        }
    }
}

/// Why a start did not come to its end.
enum Stopped {
    /// The other side is gone; its last words say why.
    Silent,
    /// Something else.
    Machine(StartError),
}

fn machine(attempt: &'static str) -> impl Fn(io::Error) -> Stopped {
    move |error| Stopped::Machine(StartError::machine(attempt, error))
}

/// What bubblewrap tells about the box.
#[derive(Deserialize)]
struct Info {
    #[serde(rename = "child-pid")]
    child_pid: u32,
}

/// The number of the first process, as bubblewrap writes it.
async fn first_process(info: OwnedFd) -> Result<u32, Stopped> {
    let mut pipe = Receiver::from_owned_fd(info).map_err(machine("listen to bubblewrap"))?;
    let mut said = Vec::new();
    while said.len() < LONGEST_INFO {
        let mut piece = [0; 256];
        let len = pipe.read(&mut piece).await.map_err(|_| Stopped::Silent)?;
        if len == 0 {
            break;
        }
        said.extend_from_slice(piece.get(..len).unwrap_or_default());
        if let Ok(info) = serde_json::from_slice::<Info>(&said) {
            return Ok(info.child_pid);
        }
    }
    Err(Stopped::Silent)
}

fn no_bubblewrap(error: io::Error, settings: &LauncherSettings) -> StartError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => StartError::NotClosed {
            wall: Wall::Bubblewrap,
            reason: format!("{} cannot be run; install bubblewrap", settings.bubblewrap.display()),
        },
        _ => StartError::machine("start bubblewrap", error),
    }
}

/// What it means when bubblewrap gives up with these words.
fn why(said: String) -> StartError {
    let has = |part: &str| said.contains(part);
    if has("Unknown option") {
        let reason = format!("too old, update it: {said}");
        return StartError::NotClosed { wall: Wall::Bubblewrap, reason };
    }
    if has("namespace") || has("uid map") {
        let reason = format!("user namespaces are switched off for this user: {said}");
        return StartError::NotClosed { wall: Wall::Namespaces, reason };
    }
    StartError::Ended { said }
}

fn complaint(report: &[u8]) -> String {
    match serde_json::from_slice(report) {
        Ok(Failure::Broken(said) | Failure::OverLimit(said)) => said,
        Err(_) => "it answered something else than it was asked".to_owned(),
    }
}

/// Since Linux 5.14 the limit on processes counts those of one user namespace.
fn counts_by_namespace() -> bool {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    version(&release).is_some_and(|version| version >= (5, 14))
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_kernels_are_compared_as_numbers() {
        assert_eq!(version("6.18.44-fc"), Some((6, 18)));
        assert!(version("5.9.0-rc1").unwrap() < (5, 14));
        assert_eq!(version("strange"), None);
    }

    #[test]
    fn what_bubblewrap_says_names_the_wall() {
        let wall = |said: &str| match why(said.to_owned()) {
            StartError::NotClosed { wall, .. } => Some(wall),
            _ => None,
        };
        assert_eq!(wall("bwrap: Unknown option --bind-fd"), Some(Wall::Bubblewrap));
        assert_eq!(wall("bwrap: setting up uid map: Permission denied"), Some(Wall::Namespaces));
        assert_eq!(wall("bwrap: Can't mkdir /x"), None);
    }
}
