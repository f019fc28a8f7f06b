//! The outage campaign in short: every way of failing once, each sabotage found, and a budget under three kills. The
//! long form is `cargo xtask outage`.

use std::path::PathBuf;

use nanobot_tests::outage::{self, BudgetOptions, Options, Sabotage};

/// Another seed looks elsewhere; this one is as good as any.
const SEED: u64 = 20_250_711;
/// With this one an answer breaks off in the middle early on.
const BREAKS_EARLY: u64 = 2;
/// Every way of failing has its outage.
const TURNS: usize = 450;
/// Enough for three outages: a sabotage shows in the first ones.
const FEW_TURNS: usize = 80;
/// Enough for those of the seed below.
const MORE_TURNS: usize = 120;

/// So often something is forgotten that it is more than what counts for more than it cost.
const FORGETFUL_KILLS: usize = 12;

fn options(turns: usize, sabotage: Option<Sabotage>) -> Options {
    Options { turns, seed: SEED, sabotage }
}

async fn failures(sabotage: Sabotage) -> Vec<String> {
    outage::run(&options(FEW_TURNS, Some(sabotage))).await.unwrap().failures
}

fn budget(kills: usize, sabotage: Option<Sabotage>) -> BudgetOptions {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_outage-campaign"));
    BudgetOptions { program, kills, seed: SEED, sabotage }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_turn_is_answered_once_while_the_provider_fails_in_every_way() {
    let summary = outage::run(&options(TURNS, None)).await.unwrap();
    assert!(summary.is_green(), "{summary}");
    assert!(summary.is_complete, "a way of failing had no outage: {summary}");
    assert!(summary.opened > 0 && summary.probed > 0 && summary.fallbacks > 0, "nothing happened: {summary}");
    assert!(summary.plain.failed > 0, "the same outages do not hurt a client with retries: {summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_asks_once_is_found() {
    let failures = failures(Sabotage::OneAttempt).await;
    assert!(failures.iter().any(|failure| failure.contains("got no answer")), "{failures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_never_probes_is_found() {
    let failures = failures(Sabotage::NoProbe).await;
    assert!(failures.iter().any(|failure| failure.contains("was not found again")), "{failures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_with_holes_are_found() {
    let failures = failures(Sabotage::LostFigures).await;
    assert!(failures.iter().any(|failure| failure.contains("we count")), "{failures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_not_taken_back_are_found() {
    let few = Options { seed: BREAKS_EARLY, ..options(MORE_TURNS, Some(Sabotage::DeafViewer)) };
    let failures = outage::run(&few).await.unwrap().failures;
    assert!(failures.iter().any(|failure| failure.contains("holds something else")), "{failures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_holds_when_the_process_is_killed() {
    let summary = outage::run_budget(&budget(3, None)).await.unwrap();
    assert!(summary.is_green(), "{summary}");
    assert!(summary.kills == 3 && summary.under_way > 0, "nothing happened: {summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_is_forgotten_at_each_start_is_found() {
    let summary = outage::run_budget(&budget(FORGETFUL_KILLS, Some(Sabotage::ForgottenBook))).await.unwrap();
    assert!(summary.failures.iter().any(|failure| failure.contains("more than the budget")), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_that_are_counted_as_free_are_found() {
    let summary = outage::run_budget(&budget(3, Some(Sabotage::FreeFailures))).await.unwrap();
    assert!(summary.failures.iter().any(|failure| failure.contains("more than the budget")), "{summary}");
}
