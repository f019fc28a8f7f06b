//! The crash campaign in short: every fault point, some random moments, and each sabotage found. The long form is
//! `cargo xtask crash`.

use std::process::Command;

use nanobot_tests::crash::{self, Options, Sabotage, Summary};

use super::harness::daemons;

/// Another seed looks elsewhere; this one is as good as any.
const SEED: u64 = 20_250_711;
/// Homes side by side. A run mostly waits.
const SITES: usize = 4;

fn options(first: usize, runs: usize, sabotage: Option<Sabotage>) -> Options {
    Options { programs: daemons(), runs, first, seed: SEED, sites: SITES, sabotage }
}

async fn points() -> usize {
    crash::points(&daemons().faults).await.unwrap().len()
}

#[track_caller]
fn green(summary: &Summary) {
    assert!(summary.is_green(), "{summary}");
    assert!(summary.acknowledged() > 0 && summary.kills() > 0, "nothing happened: {summary}");
}

/// Failures of a campaign that was to fail. Nobody looks into the homes that it kept.
async fn failures(sabotage: Sabotage) -> Vec<String> {
    let summary = crash::run(&options(points().await, 16, Some(sabotage))).await.unwrap();
    for home in summary.failures.iter().filter_map(|failure| failure.home.as_ref()) {
        let _ = std::fs::remove_dir_all(home);
    }
    summary.failures.into_iter().map(|failure| failure.promise).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_answered_once_when_the_daemon_dies_at_any_fault_point() {
    let points = points().await;
    assert!(points > 30, "{points} points");
    green(&crash::run(&options(0, points, None)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_answered_once_when_the_daemon_dies_at_any_moment() {
    green(&crash::run(&options(points().await, 32, None)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_before_the_commit_is_found() {
    let failures = failures(Sabotage::AckBeforeCommit).await;
    let promise = "an acknowledged message is in the journal";
    assert!(failures.iter().any(|failure| failure == promise), "{failures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_without_outbox_rows_is_found() {
    let failures = failures(Sabotage::CloseWithoutOutbox).await;
    assert!(failures.iter().any(|failure| failure == "an answer is delivered"), "{failures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn session_lines_that_ignore_their_place_are_found() {
    let failures = failures(Sabotage::BlindAppend).await;
    let promise = "a session file holds each line once, in order";
    assert!(failures.iter().any(|failure| failure == promise), "{failures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_waited_for_before_anything_is_promised() {
    let trace = crash::trace(&daemons(), None).await.unwrap();
    assert!(trace.is_green(), "{trace:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_does_not_wait_for_the_disk_is_found() {
    let trace = crash::trace(&daemons(), Some(Sabotage::SyncOff)).await.unwrap();
    assert_eq!((trace.acknowledged, trace.delivered), (0, 0), "{trace:?}");
}

#[test]
fn the_shipped_daemon_has_no_faults() {
    let flags =
        ["--fault-point=close.after:1", "--sabotage=sync-off", "--scripted-model", "--counter-ledger=x"];
    for flag in flags {
        let refused = Command::new(&daemons().shipped).arg(flag).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{flag}");
    }
}
