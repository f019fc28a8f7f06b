//! A home under test, with everybody who talks to it: one run after the other, each with its kill, its recovery and
//! its look at what was promised.

mod load;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::check::{Evidence, How, Stop, Verdict, Violation, check};
use super::control;
use super::daemon::Daemon;
use super::home::Home;
use super::journal::JournalState;
use super::local::Phase;
use super::network::Person;
use super::options::Options;
use super::plan::{Kill, Plan, Program, Stimulus};
use super::record::Record;
use super::sessions;

/// How long recovery may take: a delivery that found nobody is tried again after 3 s, and a busy machine is no
/// failure.
const SETTLE_LIMIT: Duration = Duration::from_secs(40);
/// Distance between two looks whether all is settled.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A home and its people.
pub(super) struct Site {
    options: Options,
    home: Home,
    record: Arc<Record>,
    stops: Vec<Stop>,
    people: [Person; 2],
}

/// A daemon's end, and what it was in the middle of.
#[derive(Debug)]
pub(super) struct Death {
    pub(super) how: How,
    /// Turns without outcome.
    pub(super) open: usize,
    /// Deliveries under way.
    pub(super) waiting: usize,
}

/// What came of one run.
#[derive(Debug)]
pub(super) struct Ran {
    /// The deaths of this run.
    pub(super) deaths: Vec<Death>,
    /// Everything about the home so far.
    pub(super) verdict: Verdict,
}

impl Site {
    /// A fresh home. Its number sets its nicks apart from those of others on the server.
    pub(super) async fn open(options: &Options, server: SocketAddr, number: usize) -> Result<Self> {
        let (bot, channel) = (format!("bot{number}"), format!("#room{number}"));
        let home = Home::new(server.port(), &bot, &channel)?;
        let record = Arc::new(Record::default());
        let join = async |nick: String, hears: bool| {
            Person::join(server, &nick, &bot, &channel, hears, record.clone()).await
        };
        let people = [join(format!("ann{number}"), true).await?, join(format!("bob{number}"), false).await?];
        Ok(Self { options: options.clone(), home, record, stops: Vec::new(), people })
    }

    /// Leaves the home for somebody to look into.
    pub(super) fn keep(self) -> PathBuf {
        self.home.keep()
    }

    /// One run.
    ///
    /// # Errors
    /// When it could not be carried to its end, so that nothing can be said about promises.
    pub(super) async fn run(&mut self, plan: &Plan) -> Result<Ran> {
        let stopped_before = self.stops.len();
        self.home.model_takes(plan.model_delay);
        self.home.drains_for(if plan.stimulus == Stimulus::Interrupt { 0 } else { 5 })?;
        let (phase, watched) = watch::channel(Phase::Load);
        let mut clients = JoinSet::new();
        for chatter in load::chatters(self.options.seed, plan, &self.home, &self.record, &watched) {
            clients.spawn(chatter.run());
        }
        let mut daemon = self.start(plan, true)?;
        let how = self.until_dead(plan, &mut daemon, &phase).await?;
        self.stopped(how).await?;
        self.home.drains_for(5)?;
        phase.send_replace(Phase::Recovery);
        if let Some(after) = plan.second {
            let mut daemon = self.start(plan, false)?;
            tokio::time::sleep(after).await;
            daemon.kill().await?;
            self.stopped(How::Random).await?;
        }
        let mut daemon = self.start(plan, false)?;
        ensure!(daemon.ready().await?, "the daemon does not start again: {}", daemon.last_words());
        let settled = self.settle().await?;
        for person in &mut self.people {
            person.catch_up().await?;
        }
        phase.send_replace(Phase::Over);
        clients.join_all().await;
        let stops = self.stops.get(stopped_before..).unwrap_or_default().iter();
        let deaths = stops.map(|stop| Death {
            how: stop.how.clone(),
            open: stop.journal.open(),
            waiting: stop.journal.waiting(),
        });
        let deaths = deaths.collect();
        self.finish(plan, &mut daemon).await?;
        let mut verdict = self.look()?;
        if !settled {
            let detail =
                format!("{} turns and {} deliveries are open", self.last().open(), self.last().waiting());
            verdict.violations.push(Violation { promise: "after a restart everything settles", detail });
        }
        let errors = daemon.errors().into_iter();
        verdict
            .violations
            .extend(errors.map(|detail| Violation { promise: "recovery has no errors", detail }));
        Ok(Ran { deaths, verdict })
    }

    /// Starts the daemon of this run; the first one with its fault.
    fn start(&self, plan: &Plan, faulty: bool) -> Result<Daemon> {
        let programs = &self.options.programs;
        if let Kill::Random { program: Program::Shipped, .. } = plan.kill {
            return Daemon::start(&programs.shipped, &self.home.folder(), &[]);
        }
        let delay = plan.model_delay.as_millis().to_string();
        let mut flags: Vec<OsString> =
            vec!["--scripted-model".into(), "--model-delay-ms".into(), delay.into()];
        flags.extend(["--counter-ledger".into(), self.home.ledger().into_os_string()]);
        if let Some(sabotage) = self.options.sabotage {
            flags.extend(["--sabotage".into(), sabotage.name().into()]);
        }
        if let (true, Kill::Point { name, count }) = (faulty, &plan.kill) {
            flags.extend(["--fault-point".into(), format!("{name}:{count}").into()]);
        }
        Daemon::start(&programs.faults, &self.home.folder(), &flags)
    }

    /// Notes the state in which a stopped daemon left its home.
    async fn stopped(&mut self, how: How) -> Result<()> {
        let journal = JournalState::read(&self.home.journal()).await?;
        self.stops.push(Stop { how, journal, effects: self.home.effects()? });
        Ok(())
    }

    /// Waits until everything is acknowledged, answered and delivered; false when it is not in time.
    async fn settle(&self) -> Result<bool> {
        let settling = async {
            loop {
                if self.record.is_all_acknowledged() && control::is_idle(&self.home.socket()).await? {
                    return Ok(());
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        match tokio::time::timeout(SETTLE_LIMIT, settling).await {
            Ok(settled) => settled.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    /// Ends the last daemon of a run.
    async fn finish(&mut self, plan: &Plan, daemon: &mut Daemon) -> Result<()> {
        if !plan.ends_in_order {
            daemon.kill().await?;
            return self.stopped(How::Random).await;
        }
        daemon.terminate();
        let status = daemon.end().await?;
        if !status.success() {
            bail!("the daemon ends with {status}: {}", daemon.last_words());
        }
        self.stopped(How::InOrder).await
    }

    /// The journal as the last daemon left it.
    fn last(&self) -> JournalState {
        self.stops.last().map(|stop| stop.journal.clone()).unwrap_or_default()
    }

    /// Holds everything that is known about the home against what was promised.
    fn look(&self) -> Result<Verdict> {
        let record = self.record.copy();
        let names: BTreeSet<&String> = record.sent.values().map(|sent| &sent.session).collect();
        let mut sessions = BTreeMap::new();
        for name in names {
            sessions.insert(name.clone(), sessions::read(&self.home.sessions(), name)?);
        }
        let journal = self.last();
        let effects = self.home.effects()?;
        let evidence = Evidence {
            record: &record,
            journal: &journal,
            effects: &effects,
            stops: &self.stops,
            sessions: &sessions,
        };
        Ok(check(&evidence))
    }
}
