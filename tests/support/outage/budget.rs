//! A hard budget under fire: a process with fifty chats is killed at random moments and started again on the same
//! journal, until the money is used up. What the vendor charged must not be more than the budget.

use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use nanobot_core::ports::Clock as _;
use nanobot_core::units::NanoDollars;
use nanobotd::system::SystemClock;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::options::{BudgetOptions, Sabotage};
use super::plan::MAIN;
use super::worker::{WORKER, WorkerOptions};
use crate::crash::Chance;
use crate::fake_vendor::{FakeOptions, FakeVendor, Mood, Rule, TokenPrices, Totals};

/// The budget: this much, and so much more for each kill, because a kill leaves promises that count in full.
const BUDGET: u64 = 150_000_000;
const BUDGET_EACH: u64 = 60_000_000;
/// A kill comes behind so many further requests, at most.
const REQUESTS_BETWEEN: u64 = 150;
/// And so long after that, at most.
const MOMENT_US: u64 = 20_000;
/// Until so many requests have come, or the vendor has closed its book.
const LIMIT: Duration = Duration::from_mins(1);
/// How often it is looked whether the process has ended meanwhile.
const LOOK: Duration = Duration::from_millis(50);
/// The last process spends what is left.
const LAST_LIMIT: Duration = Duration::from_mins(5);
/// Words of an answer: more than are allowed, so that every answer costs nearly what was feared, and a budget that leaks
/// shows.
const PIECES: usize = 100;
/// Billionths of a dollar for a token that is read, and for one that is written.
pub(super) const INPUT: u64 = 100;
pub(super) const OUTPUT: u64 = 5_000;
/// A vendor that broke off, or refused, of so many requests.
const TROUBLE: f64 = 0.02;
/// And of so many that thought, and had no room for words then: so many that it shows when nobody counts them. What a kill
/// leaves counts for more than was charged, which would hide a few.
const FAILS_BEHIND_THOUGHTS: f64 = 0.3;
/// Thoughts are charged like words: these cost as much as an answer may have.
const THOUGHTS: usize = 50;
/// A budget of which less than this part was spent shows nothing.
const LEAST_PART: u64 = 2;

/// What came of it.
#[derive(Debug, Clone)]
pub struct BudgetSummary {
    seed: u64,
    /// How often the process was killed.
    pub kills: usize,
    /// The budget.
    pub budget: NanoDollars,
    /// What the vendor charged.
    pub charged: NanoDollars,
    totals: Totals,
    /// Requests that were under way when a process was killed.
    pub under_way: u64,
    /// What is not as promised.
    pub failures: Vec<String>,
}

impl BudgetSummary {
    /// Every promise was kept.
    pub fn is_green(&self) -> bool {
        self.failures.is_empty()
    }

    /// For scripts.
    pub fn json(&self) -> Value {
        json!({
            "seed": self.seed,
            "kills": self.kills,
            "budget_nano_dollars": self.budget.get(),
            "charged_nano_dollars": self.charged.get(),
            "requests": self.totals.requests,
            "answered": self.totals.answered,
            "under_way_when_killed": self.under_way,
            "failures": self.failures,
            "green": self.is_green(),
        })
    }
}

impl fmt::Display for BudgetSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { requests, answered, refused, broken, client_left, .. } = self.totals;
        writeln!(f, "{} kills under 50 chats; seed {}", self.kills, self.seed)?;
        writeln!(
            f,
            "requests {requests}: answered {answered}, refused {refused}, broken {broken}, client left {client_left}; \
             {} were under way when the process was killed",
            self.under_way
        )?;
        writeln!(f, "budget {}, charged by the vendor {}", self.budget, self.charged)?;
        for failure in &self.failures {
            writeln!(f, "FAILED  {failure}")?;
        }
        writeln!(f, "{}", if self.is_green() { "every promise was kept" } else { "NOT as promised" })
    }
}

/// Carries it through.
///
/// # Errors
/// When it cannot be begun: no port, no folder, no program.
pub async fn run_budget(options: &BudgetOptions) -> Result<BudgetSummary> {
    let mut chance = Chance::of(options.seed, 1);
    let folder = tempfile::tempdir().context("a folder for the journal")?;
    let vendor = vendor(options.seed)?;
    let budget = BUDGET + BUDGET_EACH * options.kills as u64;
    let journal = |start: usize| {
        let book = if options.sabotage == Some(Sabotage::ForgottenBook) { start } else { 0 };
        WorkerOptions {
            journal: folder.path().join(format!("journal-{book}.db")),
            base: vendor.base(),
            day: budget,
            failures_are_free: options.sabotage == Some(Sabotage::FreeFailures),
        }
    };
    let clock = SystemClock::new();
    let first_day = clock.now().local().date();
    let (mut under_way, mut kills, mut failures) = (0, 0, Vec::new());
    for start in 0..options.kills {
        let mut worker = start_worker(&options.program, &journal(start))?;
        let wanted = vendor.ledger().totals.requests + 1 + chance.below(REQUESTS_BETWEEN);
        if !requests(&vendor, wanted, &mut worker).await? {
            failures.push(format!("the money was used up after {kills} kills"));
            break;
        }
        tokio::time::sleep(Duration::from_micros(chance.below(MOMENT_US))).await;
        under_way += vendor.ledger().totals.open;
        worker.kill().await.context("killing the process")?;
        kills += 1;
    }
    let mut last = start_worker(&options.program, &journal(options.kills))?;
    let ended =
        tokio::time::timeout(LAST_LIMIT, last.wait()).await.context("the last process does not end")??;
    if !ended.success() {
        failures.push("the last process did not end because the money was used up".to_owned());
    }
    ensure!(book(&vendor, LIMIT, |totals| totals.open == 0).await?, "the vendor still works on something");
    let days = u64::from(clock.now().local().date() != first_day) + 1;
    let totals = vendor.ledger().totals;
    if totals.charged > budget * days {
        failures.push("the vendor charged more than the budget".to_owned());
    }
    if totals.charged < budget / LEAST_PART {
        failures.push("too little of the budget was spent to show anything".to_owned());
    }
    Ok(BudgetSummary {
        seed: options.seed,
        kills,
        budget: NanoDollars::new(budget),
        charged: NanoDollars::new(totals.charged),
        totals,
        under_way,
        failures,
    })
}

fn vendor(seed: u64) -> Result<Arc<FakeVendor>> {
    let vendor = FakeVendor::start(FakeOptions {
        credentials: vec![MAIN.to_owned()],
        think: Duration::from_millis(10),
        pieces: PIECES,
        usual_prices: TokenPrices { input: INPUT, output: OUTPUT },
        seed,
        ..FakeOptions::named("primary")
    });
    let vendor = vendor.context("starting the vendor")?;
    let troubles =
        [Mood::ResetBeforeHeaders, Mood::StallMidStream { after: 3 }, Mood::Status(500), Mood::HalfSseFrame];
    let troubles = troubles.into_iter().map(|mood| Rule::sometimes(mood, TROUBLE));
    let thoughts = Rule::sometimes(Mood::ErrorInStream { after: THOUGHTS }, FAILS_BEHIND_THOUGHTS);
    vendor.set_rules(troubles.chain([thoughts]).collect());
    Ok(Arc::new(vendor))
}

#[expect(clippy::disallowed_methods, reason = "what is killed is a program")]
fn start_worker(program: &Path, options: &WorkerOptions) -> Result<Child> {
    let mut command = Command::new(program);
    command.arg(WORKER).args(options.words()).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    command
        .spawn()
        .with_context(|| format!("NOT RUN: {} cannot be started; run cargo xtask outage", program.display()))
}

/// Waits until so many requests have come; false when the process ends before.
async fn requests(vendor: &Arc<FakeVendor>, wanted: u64, worker: &mut Child) -> Result<bool> {
    let looks = LIMIT.as_millis() / LOOK.as_millis();
    for _ in 0..looks {
        if book(vendor, LOOK, move |totals| totals.requests >= wanted).await? {
            return Ok(true);
        }
        if worker.try_wait()?.is_some() {
            return Ok(false);
        }
    }
    bail!("the process asks nobody any more, and does not end")
}

/// Waits for the vendor's book, off the threads that serve tasks.
async fn book(
    vendor: &Arc<FakeVendor>,
    limit: Duration,
    is_so: impl Fn(&Totals) -> bool + Send + 'static,
) -> Result<bool> {
    let vendor = Arc::clone(vendor);
    Ok(tokio::task::spawn_blocking(move || vendor.wait_for(limit, is_so)).await?)
}
