//! All runs of a campaign, on several homes side by side.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;
use tokio::task::JoinSet;

use super::check::Verdict;
use super::options::Options;
use super::plan::Plan;
use super::site::{Ran, Site};
use super::summary::{Failure, Summary};
use crate::irc::Ngircd;

/// Runs on one home before it is exchanged: long enough for it to have a past, short enough to look through it.
const RUNS_PER_HOME: usize = 12;
/// Failures after which a campaign ends early: by then it is clear that there is something to look into.
const ENOUGH: usize = 8;
/// How long one run may take altogether.
const RUN_LIMIT: Duration = Duration::from_mins(3);

/// What the workers share.
struct Campaign {
    options: Options,
    points: Vec<String>,
    server: SocketAddr,
    next_run: AtomicUsize,
    next_home: AtomicUsize,
    summary: Mutex<Summary>,
}

/// Carries a campaign through.
///
/// # Errors
/// When it cannot be begun: a program is missing. One that begins with `NOT RUN:` names what to install.
#[expect(clippy::disallowed_methods, reason = "a campaign tells how long it took")]
pub async fn run(options: &Options) -> Result<Summary> {
    let begun = Instant::now();
    let points = points(&options.programs.faults).await?;
    let server = Ngircd::start().await?;
    let campaign = Arc::new(Campaign {
        options: options.clone(),
        server: server.address(),
        next_run: AtomicUsize::new(options.first),
        next_home: AtomicUsize::new(0),
        summary: Mutex::new(Summary { seed: options.seed, ..Summary::default() }),
        points,
    });
    let mut workers = JoinSet::new();
    for _ in 0..options.sites.max(1) {
        workers.spawn(campaign.clone().work());
    }
    while let Some(worked) = workers.join_next().await {
        worked.context("a worker of the campaign broke")??;
    }
    let mut summary = std::mem::take(&mut *campaign.summary.lock().unwrap_or_else(PoisonError::into_inner));
    let met: BTreeSet<&String> = summary.kills.keys().collect();
    let due = campaign.points.iter().skip(options.first).take(summary.runs);
    summary.missed = due.filter(|point| !met.contains(point)).cloned().collect();
    summary.took = begun.elapsed();
    Ok(summary)
}

/// The names of all fault points that the program has.
///
/// # Errors
/// When it cannot be asked.
#[expect(clippy::disallowed_methods, reason = "the daemon is a program")]
pub async fn points(program: &Path) -> Result<Vec<String>> {
    let output = Command::new(program).arg("--list-fault-points").output().await.with_context(|| {
        format!("NOT RUN: {} cannot be started; run cargo xtask crash", program.display())
    })?;
    ensure!(output.status.success(), "{} has no fault points", program.display());
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

impl Campaign {
    /// One run after the other, until there are none left.
    async fn work(self: Arc<Self>) -> Result<()> {
        loop {
            let number = self.next_home.fetch_add(1, Ordering::Relaxed);
            let mut site = Site::open(&self.options, self.server, number).await?;
            let mut last = Verdict::default();
            for _ in 0..RUNS_PER_HOME {
                let Some(run) = self.take_run() else {
                    self.retire(&last);
                    return Ok(());
                };
                let plan = Plan::of(self.options.seed, run, &self.points);
                let limited = tokio::time::timeout(RUN_LIMIT, site.run(&plan)).await;
                let ran = limited.context("the run takes too long").and_then(|ran| ran);
                let failures = self.note(&plan, &ran);
                if let Ok(ran) = ran {
                    last = ran.verdict;
                }
                if !failures.is_empty() {
                    self.fail(failures, site);
                    break;
                }
            }
            self.retire(&last);
        }
    }

    fn take_run(&self) -> Option<usize> {
        let is_enough = self.summary.lock().unwrap_or_else(PoisonError::into_inner).failures.len() >= ENOUGH;
        let run = self.next_run.fetch_add(1, Ordering::Relaxed);
        (run < self.options.first + self.options.runs && !is_enough).then_some(run)
    }

    /// Counts what a run did, and answers what is to be said against it.
    fn note(&self, plan: &Plan, ran: &Result<Ran>) -> Vec<Failure> {
        let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        summary.runs += 1;
        let failure = |promise: &str, detail: String| Failure {
            run: plan.number,
            promise: promise.to_owned(),
            detail,
            home: None,
        };
        match ran {
            Ok(Ran { deaths, verdict }) => {
                for death in deaths {
                    summary.died(death);
                }
                let violations = verdict.violations.iter();
                violations.map(|violation| failure(violation.promise, violation.detail.clone())).collect()
            }
            Err(error) => vec![failure("a run can be carried through", format!("{error:#}"))],
        }
    }

    fn fail(&self, mut failures: Vec<Failure>, site: Site) {
        let home = site.keep();
        for failure in &mut failures {
            failure.home = Some(home.clone());
        }
        self.summary.lock().unwrap_or_else(PoisonError::into_inner).failures.extend(failures);
    }

    fn retire(&self, last: &Verdict) {
        self.summary.lock().unwrap_or_else(PoisonError::into_inner).add(&last.counts);
    }
}
