//! All of an outage campaign: the router through the script, and beside it the plain client through the same one.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nanobot_core::ports::Clock as _;
use nanobotd::system::SystemClock;

use super::books::Books;
use super::check;
use super::drive::{Driven, drive};
use super::house::{Routed, Vendors};
use super::options::{Options, Sabotage};
use super::plain::Plain;
use super::plan::Plan;
use super::summary::{Found, PlainResult, Summary};
use super::tally::Tally;
use super::turn::Turn;

/// Until vendors have closed their books and the journal has written what waits.
const END_LIMIT: Duration = Duration::from_secs(10);
/// So many failures are told; the rest is only counted.
const TOLD: usize = 20;
/// Of so many attempts the sabotage of figures loses one.
const LOSES: u64 = 10;

/// Carries a campaign through. Both clients meet the script at the same time, each with vendors of its own.
///
/// # Errors
/// When it cannot be begun: no port, no folder.
pub async fn run(options: &Options) -> Result<Summary> {
    let script = Plan::new(options.turns, options.seed);
    let clock = SystemClock::new();
    let began = clock.now().instant;
    let (routed, plain) = tokio::join!(routed(options, &script), plain(options, &script));
    let mut summary = routed?;
    summary.plain = plain?;
    summary.took = Duration::try_from(clock.now().instant.duration_since(began)).unwrap_or_default();
    Ok(summary)
}

async fn routed(options: &Options, plan: &Plan) -> Result<Summary> {
    let vendors = Arc::new(Vendors::start(options.seed)?);
    let loses = (options.sabotage == Some(Sabotage::LostFigures)).then_some(LOSES);
    let tally = Arc::new(Tally::new(Arc::new(SystemClock::new()), loses));
    let house = Routed::open(&vendors, tally.clone(), plan.tempo.cooldown, options.sabotage).await?;
    let house = Arc::new(house);
    let driven = drive(plan, &vendors, house.clone(), Some(tally.clone())).await?;
    ensure!(house.router.close(END_LIMIT).await, "the router did not write down in time what calls cost");
    house.journal.clone().shut_down().await;
    let books = books(&vendors).await?;
    let counts = tally.counts();
    let mut failures = check::failures(plan, &driven, &books, &counts);
    let failed = failures.len();
    failures.truncate(TOLD);
    let found = check::recoveries(plan, &driven, &counts).map(|recovery| Found {
        outage: recovery.outage.name.clone(),
        lasted: recovery.lasted,
        after: recovery.found,
        allowed: recovery.allowed,
    });
    Ok(Summary {
        seed: options.seed,
        turns: driven.turns.len(),
        answered: driven.turns.iter().filter(|turn| turn.answer.is_ok()).count(),
        added: added(&driven),
        restarts: driven.turns.iter().map(|turn| u64::from(turn.restarts)).sum(),
        most_attempts: books.most_attempts(),
        is_complete: plan.is_complete(),
        recoveries: found.collect(),
        books: books.rows,
        at_shut_door: counts.at_shut_door.values().sum(),
        fallbacks: counts.fallbacks,
        opened: counts.opened,
        probed: counts.probed,
        closed: counts.closed,
        failures,
        failed,
        plain: PlainResult::default(),
        took: Duration::ZERO,
    })
}

async fn plain(options: &Options, plan: &Plan) -> Result<PlainResult> {
    let vendors = Arc::new(Vendors::start(options.seed)?);
    let driven = drive(plan, &vendors, Arc::new(Plain::open(&vendors)?), None).await?;
    let answered = driven.turns.iter().filter(|turn| turn.answer.is_ok()).count();
    Ok(PlainResult {
        failed: driven.turns.len() - answered,
        added: added(&driven),
        attempts: books(&vendors).await?.rows.values().map(|row| row.requests).sum(),
    })
}

/// What turns took longer than a healthy answer, shortest first.
fn added(driven: &Driven) -> Vec<Duration> {
    let mut added: Vec<Duration> = driven.turns.iter().map(|turn: &Turn| check::added(turn)).collect();
    added.sort_unstable();
    added
}

async fn books(vendors: &Arc<Vendors>) -> Result<Books> {
    let vendors = Arc::clone(vendors);
    let read = move || {
        let mut books = Books::default();
        for (name, vendor) in vendors.each() {
            ensure!(
                vendor.wait_for(END_LIMIT, |totals| totals.open == 0),
                "the vendor {name} still works on something"
            );
            books.add(name, &vendor.ledger());
        }
        Ok(books)
    };
    tokio::task::spawn_blocking(read).await.context("reading the vendors' books")?
}
