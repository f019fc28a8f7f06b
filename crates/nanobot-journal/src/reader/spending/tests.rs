//! The book as operators see it.

use nanobot_core::ports::{BudgetLedger as _, Expense, Paid};

use super::*;
use crate::JournalReader;
use crate::testing::{Home, VERSION_2, expense, home_of, paid};

fn day(days: u32) -> Date {
    expense("a", days).day()
}

/// Sums, in words: what of, calls, failed, unreconciled, of unknown cost, cost, held.
fn told(report: &SpendingReport) -> Vec<(String, [u64; 4], u64, u64)> {
    let of = |sum: &SpendingSum| match &sum.of {
        SpendingKey::Day(day) => day.to_string(),
        SpendingKey::Model { provider, model } => format!("{provider} {model}"),
        SpendingKey::Task(task) => task.clone(),
        SpendingKey::Session(session) => {
            session.as_ref().map_or_else(|| "own".to_owned(), ToString::to_string)
        }
    };
    let counts = |sum: &SpendingSum| [sum.calls, sum.failed, sum.unreconciled, sum.unknown_cost];
    report.sums.iter().map(|sum| (of(sum), counts(sum), sum.cost.get(), sum.held.get())).collect()
}

/// A home with a few calls on two days.
async fn home() -> Home {
    let home = Home::new();
    let journal = home.open().await;
    let first = expense("a", 0);
    let failed = Paid { outcome: "overloaded", ..paid(Some(0)) };
    journal.book(&first, &failed).await.unwrap();
    journal.book(&first, &paid(None)).await.unwrap();
    let other = Expense { model: "other".to_owned(), ..expense("b", 0) };
    let unknown = journal.reserve(&other, NanoDollars::new(30), &[]).await.unwrap();
    journal.settle(&unknown, &paid(None)).await.unwrap();
    journal.reserve(&expense("a", 1), NanoDollars::new(500), &[]).await.unwrap();
    let own = Expense { session: None, task: nanobot_core::model::ModelTask::Embed, ..expense("a", 1) };
    journal.book(&own, &paid(Some(2_000_000_001))).await.unwrap();
    journal.shut_down().await;
    home
}

#[tokio::test]
async fn calls_are_summed_up_by_what_they_have_in_common() {
    let home = home().await;
    let reader = JournalReader::open(home.path()).await.unwrap();
    let sums = async |by| told(&reader.spending(by, (day(0), day(1)), 10).await.unwrap());
    let sum = |of: &str, counts, cost, held| (of.to_owned(), counts, cost, held);
    assert_eq!(
        sums(SpendingBy::Day).await,
        [sum("2026-02-23", [2, 0, 1, 0], 2_000_000_001, 500), sum("2026-02-22", [3, 1, 0, 2], 0, 30)]
    );
    assert_eq!(
        sums(SpendingBy::Model).await,
        [sum("openai gpt", [4, 1, 1, 1], 2_000_000_001, 500), sum("openai other", [1, 0, 0, 1], 0, 30)]
    );
    assert_eq!(
        sums(SpendingBy::Task).await,
        [sum("embed", [1, 0, 0, 0], 2_000_000_001, 0), sum("reply", [4, 1, 1, 2], 0, 530)]
    );
    assert_eq!(
        sums(SpendingBy::Session).await,
        [
            sum("own", [1, 0, 0, 0], 2_000_000_001, 0),
            sum("whatsapp:a", [3, 1, 1, 1], 0, 500),
            sum("whatsapp:b", [1, 0, 0, 1], 0, 30),
        ]
    );
}

#[tokio::test]
async fn only_the_days_that_were_asked_for_and_the_newest_sums_are_told() {
    let home = home().await;
    let reader = JournalReader::open(home.path()).await.unwrap();
    let sums = async |days, limit| reader.spending(SpendingBy::Day, days, limit).await.unwrap();
    let second = sums((day(1), day(1)), 10).await;
    assert_eq!((told(&second)[0].1[0], second.sums.len(), second.is_cut_short), (2, 1, false));
    let newest = sums((day(0), day(1)), 1).await;
    assert_eq!((newest.sums[0].of.clone(), newest.is_cut_short), (SpendingKey::Day(day(1)), true));
    assert_eq!(sums((day(2), day(9)), 10).await, SpendingReport::default());
    assert_eq!(sums((day(1), day(0)), 10).await, SpendingReport::default(), "the last day before the first");
}

#[tokio::test]
async fn however_many_sums_are_asked_for_there_is_a_limit() {
    let home = Home::new();
    let journal = home.open().await;
    let mut calls = tokio::task::JoinSet::new();
    for index in 0..=JournalReader::MAX_SUMS {
        let journal = journal.clone();
        let call = Expense { model: format!("m{index}"), ..expense("a", 0) };
        calls.spawn(async move { journal.book(&call, &paid(Some(1))).await.unwrap() });
    }
    calls.join_all().await;
    let reader = JournalReader::open(home.path()).await.unwrap();
    let report = reader.spending(SpendingBy::Model, (day(0), day(0)), usize::MAX).await.unwrap();
    assert_eq!((report.sums.len(), report.is_cut_short), (JournalReader::MAX_SUMS, true));
}

#[tokio::test]
async fn a_journal_without_a_book_has_nothing_to_tell() {
    let home = home_of(VERSION_2);
    let reader = JournalReader::open(home.path()).await.unwrap();
    let report = reader.spending(SpendingBy::Day, (day(0), day(1)), 10).await.unwrap();
    assert_eq!(report, SpendingReport::default());
    assert_eq!(reader.check().await.unwrap().problems, Vec::<String>::new());
}
