//! All runs of a campaign, on several homes side by side.

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

/// So often the campaign comes back to points that no daemon died at: some are passed only when the moment is right.
const MAX_RETURNS: usize = 5;

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
    for _ in 0..MAX_RETURNS {
        campaign.clone().return_to(campaign.missed()).await?;
    }
    let missed = campaign.missed();
    let mut summary = std::mem::take(&mut *campaign.summary.lock().unwrap_or_else(PoisonError::into_inner));
    summary.missed = missed.into_iter().filter_map(|point| campaign.points.get(point).cloned()).collect();
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
                let failures = self.run(&mut site, run, &mut last).await;
                if !failures.is_empty() {
                    self.fail(failures, site);
                    break;
                }
            }
            self.retire(&last);
        }
    }

    /// Once more, each on a home of its own, to points that were not met.
    async fn return_to(self: Arc<Self>, points: Vec<usize>) -> Result<()> {
        for point in points {
            let number = self.next_home.fetch_add(1, Ordering::Relaxed);
            let mut site = Site::open(&self.options, self.server, number).await?;
            let mut last = Verdict::default();
            let failures = self.run(&mut site, point, &mut last).await;
            if !failures.is_empty() {
                self.fail(failures, site);
            }
            self.retire(&last);
        }
        Ok(())
    }

    /// One run; what is to be said against it.
    async fn run(&self, site: &mut Site, number: usize, last: &mut Verdict) -> Vec<Failure> {
        let plan = Plan::of(self.options.seed, number, &self.points);
        let limited = tokio::time::timeout(RUN_LIMIT, site.run(&plan)).await;
        let ran = limited.context("the run takes too long").and_then(|ran| ran);
        let failures = self.note(&plan, &ran);
        if let Ok(ran) = ran {
            *last = ran.verdict;
        }
        failures
    }

    /// The points that were due and that no daemon died at.
    fn missed(&self) -> Vec<usize> {
        let summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        let last = (self.options.first + self.options.runs).min(self.points.len());
        let due = self.options.first..last;
        if !summary.failures.is_empty() {
            return Vec::new();
        }
        due.filter(|point| self.points.get(*point).is_some_and(|name| !summary.kills.contains_key(name)))
            .collect()
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
