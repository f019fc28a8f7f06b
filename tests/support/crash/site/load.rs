//! What is said to the daemon until it dies, and the death itself.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::sync::watch;

use super::Site;
use crate::crash::check::How;
use crate::crash::control;
use crate::crash::daemon::Daemon;
use crate::crash::home::Home;
use crate::crash::local::{Chatter, Phase};
use crate::crash::network::Person;
use crate::crash::plan::{Kill, Plan, Program, Stimulus};
use crate::crash::record::{Record, Wants, Words};
use crate::crash::seed::Chance;

/// Chats over the socket.
const CHATS: [&str; 3] = ["a", "b", "c"];
/// Messages of a chat in one run.
const MESSAGES: usize = 4;
/// Messages that somebody on IRC says in one run, half of them in the channel.
const SAID: usize = 4;
/// The chat whose session is reset, and the one whose client leaves.
const FORGOTTEN: &str = "forgotten";
const LEFT: &str = "left";
/// How long a daemon may go on that should have died, or whose last work should be done.
const LOAD_LIMIT: Duration = Duration::from_secs(40);
/// Distance between two looks whether it has died, or has nothing more to do.
const LOOK_EVERY: Duration = Duration::from_millis(15);
const SIGKILL: i32 = 9;

/// Names the messages of a run, and decides what they want.
struct Messages {
    run: usize,
    next: usize,
    chance: Chance,
    /// The program has the counting tools.
    counts: bool,
}

impl Messages {
    fn of(seed: u64, plan: &Plan, part: u64) -> Self {
        let counts = !matches!(plan.kill, Kill::Random { program: Program::Shipped, .. });
        // Each part numbers its messages apart from the others.
        let next = usize::try_from(part * 100).unwrap_or_default();
        Self { run: plan.number, next, chance: Chance::of(seed ^ (part << 32), plan.number), counts }
    }

    fn next(&mut self) -> (String, Wants) {
        self.next += 1;
        let mut wants = || self.counts && self.chance.once_in(2);
        let wants = Wants { once: wants(), idempotent: wants() };
        (format!("msg-{}-{}", self.run, self.next), wants)
    }
}

/// The clients of the socket.
pub(super) fn chatters(
    seed: u64,
    plan: &Plan,
    home: &Home,
    record: &Arc<Record>,
    phase: &watch::Receiver<Phase>,
) -> Vec<Chatter> {
    let mut messages = Messages::of(seed, plan, 0);
    let mut chatter = |chat: &str, count: usize| Chatter {
        socket: home.socket(),
        chat: chat.to_owned(),
        messages: (0..count).map(|_| messages.next()).collect(),
        gap: plan.gap,
        leaves: chat == LEFT,
        record: record.clone(),
        phase: phase.clone(),
    };
    let mut chatters: Vec<Chatter> = CHATS.iter().map(|chat| chatter(chat, MESSAGES)).collect();
    match plan.stimulus {
        Stimulus::Reset => chatters.push(chatter(FORGOTTEN, 2)),
        Stimulus::Leave => chatters.push(chatter(LEFT, 1)),
        Stimulus::Load | Stimulus::Interrupt => {}
    }
    chatters
}

impl Site {
    /// Lets everybody talk until the daemon is dead. From then on the phase is that of recovery.
    pub(super) async fn until_dead(
        &mut self,
        plan: &Plan,
        daemon: &mut Daemon,
        phase: &watch::Sender<Phase>,
    ) -> Result<How> {
        let is_up = daemon.ready().await?;
        let (socket, record) = (self.home.socket(), self.record.clone());
        let end = End { plan, socket: &socket, record: &record };
        let mut messages = Messages::of(self.options.seed, plan, 1);
        let (said, is_said) = watch::channel(false);
        let talking = async {
            if is_up {
                let is_alive = || *phase.borrow() == Phase::Load;
                talk(&mut self.people, &mut messages, plan.gap, is_alive).await?;
            }
            said.send_replace(true);
            Ok(())
        };
        let dying = async {
            let how = end.come(daemon, is_up, &is_said).await;
            phase.send_replace(Phase::Recovery);
            how
        };
        let (talked, how) = tokio::join!(talking, dying);
        talked.and(how)
    }
}

/// What the people on IRC say.
async fn talk(
    people: &mut [Person; 2],
    messages: &mut Messages,
    gap: Duration,
    is_alive: impl Fn() -> bool,
) -> Result<()> {
    for person in people.iter_mut() {
        if !person.finds_bot(&is_alive).await? {
            return Ok(());
        }
    }
    for turn in 0..SAID {
        if !is_alive() {
            break;
        }
        for person in people.iter_mut() {
            let (id, wants) = messages.next();
            if turn % 2 == 0 {
                person.query(&id, wants).await?;
            } else {
                person.say(&id, wants).await?;
            }
        }
        tokio::time::sleep(gap).await;
    }
    // The server has handed on, or dropped, all of it: nothing of it reaches the next daemon.
    for person in people.iter_mut() {
        person.catch_up().await?;
    }
    Ok(())
}

/// How the daemon of a run comes to its end.
struct End<'a> {
    plan: &'a Plan,
    socket: &'a std::path::Path,
    record: &'a Record,
}

impl End<'_> {
    async fn come(&self, daemon: &mut Daemon, is_up: bool, is_said: &watch::Receiver<bool>) -> Result<How> {
        match &self.plan.kill {
            Kill::Random { after, .. } => {
                tokio::time::sleep(*after).await;
                daemon.kill().await?;
                Ok(How::Random)
            }
            Kill::Point { name, .. } => {
                let coming = self.pass_point(daemon, is_up, is_said);
                let Ok(status) = tokio::time::timeout(LOAD_LIMIT, coming).await else {
                    bail!("the daemon neither dies nor comes to an end: {}", daemon.last_words());
                };
                how(status?, name, daemon)
            }
        }
    }

    /// Waits until it passes its point; helps with the stimulus; asks it to end when it has nothing more to do, since
    /// some points are on that way.
    async fn pass_point(
        &self,
        daemon: &mut Daemon,
        is_up: bool,
        is_said: &watch::Receiver<bool>,
    ) -> Result<ExitStatus> {
        if !is_up {
            return daemon.end().await;
        }
        let mut provoked = false;
        loop {
            if let Some(status) = daemon.end_within(LOOK_EVERY).await? {
                return Ok(status);
            }
            provoked = provoked || self.provoke().await;
            let is_interrupted = provoked && self.plan.stimulus == Stimulus::Interrupt;
            // It may die while it is asked.
            let is_idle = || async { control::is_idle(self.socket).await.unwrap_or(false) };
            let is_done =
                provoked && *is_said.borrow() && self.record.is_all_acknowledged() && is_idle().await;
            if is_interrupted || is_done {
                daemon.terminate();
                return daemon.end().await;
            }
        }
    }

    /// Does what the point needs beside the load; false while it is too early for it.
    async fn provoke(&self) -> bool {
        match self.plan.stimulus {
            // The one that left has no answer, so nothing is ever idle; its answer is put off meanwhile.
            Stimulus::Load | Stimulus::Leave => true,
            Stimulus::Interrupt => self.record.copy().acknowledged.len() > 2,
            Stimulus::Reset => {
                let session = format!("cli:{FORGOTTEN}");
                let is_ready =
                    self.record.is_all_acknowledged() && control::is_idle(self.socket).await.unwrap_or(false);
                if is_ready {
                    self.record.words(&session, Words::Unsure);
                    if let Ok(true) = control::reset(self.socket, &session).await {
                        self.record.words(&session, Words::Gone);
                    }
                }
                is_ready
            }
        }
    }
}

/// A daemon that ended in order has not passed its point as often as it was asked to.
fn how(status: ExitStatus, point: &str, daemon: &Daemon) -> Result<How> {
    if status.signal() == Some(SIGKILL) {
        Ok(How::Point(point.to_owned()))
    } else if status.success() {
        Ok(How::InOrder)
    } else {
        bail!("the daemon ends with {status}: {}", daemon.last_words())
    }
}
