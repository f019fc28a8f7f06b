//! The book of what models cost holds its promises, through crashes, crowds and forgetting.

use std::time::Duration;

use nanobot_core::ids::SessionKey;
use nanobot_core::model::{ModelTask, Usage};
use nanobot_core::ports::{
    BreakerState as _, BudgetLedger as _, BudgetLimit, BudgetRefusal, BudgetScope, Expense, Journal as _,
    OpenCircuit, Paid, StoreErrorKind,
};
use nanobot_core::testing::contract::{breaker_state_contract, budget_ledger_contract};
use nanobot_core::time::WallTime;
use nanobot_core::units::NanoDollars;

use super::contracts::Homes;
use crate::reader::SpendingSum;
use crate::testing::{Home, asked, days_later, edit, expense, now, paid};
use crate::writer::{DropCalls, MAX_CIRCUITS};
use crate::{JournalReader, SpendingBy, SpendingKey, SqliteJournal};

fn amount(nanos: u64) -> NanoDollars {
    NanoDollars::new(nanos)
}

fn limit(scope: BudgetScope, most: u64) -> BudgetLimit {
    BudgetLimit { scope, most: amount(most) }
}

async fn counted(journal: &SqliteJournal, expense: &Expense, scope: BudgetScope) -> u64 {
    journal.counted(expense, scope).await.unwrap().get()
}

async fn sums(home: &Home, by: SpendingBy) -> Vec<SpendingSum> {
    let days = ("2020-01-01".parse().unwrap(), "2030-01-01".parse().unwrap());
    JournalReader::open(home.path()).await.unwrap().spending(by, days, 100).await.unwrap().sums
}

async fn problems(home: &Home) -> Vec<String> {
    JournalReader::open(home.path()).await.unwrap().check().await.unwrap().problems
}

#[tokio::test]
async fn it_keeps_the_contract_of_a_budget_ledger() {
    let homes = Homes::default();
    budget_ledger_contract(async || homes.journal().await).await;
}

#[tokio::test]
async fn it_keeps_the_contract_of_a_breaker_state() {
    let homes = Homes::default();
    breaker_state_contract(async || homes.journal().await).await;
}

#[tokio::test]
async fn a_promise_that_nobody_lived_to_settle_counts_in_full() {
    let homes = Homes::default();
    let (journal, call) = (homes.journal().await, expense("a", 0));
    let settled = journal.reserve(&call, amount(50), &[]).await.unwrap();
    journal.settle(&settled, &paid(Some(20))).await.unwrap();
    let open = journal.reserve(&call, amount(60), &[limit(BudgetScope::Day, 100)]).await.unwrap();
    let journal = homes.killed(journal).await;
    for scope in BudgetScope::ALL {
        assert_eq!(counted(&journal, &call, scope).await, 80, "{scope:?}");
    }
    let refused = journal.reserve(&call, amount(21), &[limit(BudgetScope::Day, 100)]).await.unwrap_err();
    assert!(
        matches!(refused, BudgetRefusal::Exhausted { scope: BudgetScope::Day, left } if left == amount(20))
    );
    let again = journal.settle(&settled, &paid(Some(0))).await.unwrap_err();
    assert_eq!(again.kind, StoreErrorKind::NotFound, "what was settled before the kill stays settled");
    journal.settle(&open, &paid(Some(5))).await.unwrap();
    assert_eq!(
        counted(&journal, &call, BudgetScope::Day).await,
        25,
        "who knows of it after all may settle it"
    );
}

#[tokio::test]
async fn of_many_at_once_only_those_get_money_for_whom_there_is_room() {
    let home = Home::new();
    let journal = home.open().await;
    let before = journal.commits();
    let mut calls = tokio::task::JoinSet::new();
    for index in 0..64 {
        let journal = journal.clone();
        calls.spawn(async move {
            let call = expense(["a", "b", "c"][index % 3], 0);
            journal.reserve(&call, amount(7), &[limit(BudgetScope::Month, 76)]).await
        });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    for refused in answers.into_iter().filter_map(Result::err) {
        assert!(
            matches!(refused, BudgetRefusal::Exhausted { scope: BudgetScope::Month, left } if left == amount(6))
        );
    }
    assert_eq!(counted(&journal, &expense("a", 0), BudgetScope::Month).await, 70);
    let commits = journal.commits() - before;
    assert!(commits <= 10, "64 reservations took {commits} commits");
    assert_eq!(problems(&home).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_refusal_leaves_what_is_committed_with_it_alone() {
    let home = Home::new();
    let journal = home.open().await;
    let call = expense("a", 0);
    let (none, most) = ([limit(BudgetScope::Chat, 0)], [limit(BudgetScope::Chat, 10)]);
    let unknown = nanobot_core::ports::Reservation { id: 77, worst: amount(1) };
    let before = journal.commits();
    let (first, refused, unsettled, too_much, _, booked, last) = {
        let (journal, call) = (&journal, &call);
        let bill = paid(Some(3));
        tokio::join!(
            journal.reserve(call, amount(4), &most),
            journal.reserve(call, amount(1), &none),
            journal.settle(&unknown, &bill),
            journal.reserve(call, amount(u64::MAX), &[]),
            asked(journal, "t1", "a", "hello"),
            journal.book(call, &bill),
            journal.reserve(call, amount(3), &most),
        )
    };
    assert!(journal.commits() - before <= 3, "they were committed together");
    assert!(first.is_ok() && booked.is_ok() && last.is_ok());
    assert!(matches!(refused, Err(BudgetRefusal::Exhausted { left: NanoDollars::ZERO, .. })));
    assert_eq!(unsettled.unwrap_err().kind, StoreErrorKind::NotFound);
    assert!(matches!(too_much, Err(BudgetRefusal::Store(error)) if error.kind == StoreErrorKind::Limit));
    assert_eq!(counted(&journal, &call, BudgetScope::Chat).await, 10);
    assert_eq!(problems(&home).await, Vec::<String>::new());
}

#[tokio::test]
async fn amounts_beyond_all_measure_fill_a_budget_and_never_wrap() {
    let home = Home::new();
    let journal = home.open().await;
    let call = expense("a", 0);
    let reserved = journal.reserve(&call, amount(40), &[]).await.unwrap();
    for _ in 0..3 {
        journal.book(&call, &paid(Some(u64::MAX))).await.unwrap();
    }
    let full = i64::MAX.cast_unsigned();
    assert_eq!(counted(&journal, &call, BudgetScope::Day).await, full);
    journal.settle(&reserved, &paid(Some(1))).await.unwrap();
    assert_eq!(
        counted(&journal, &call, BudgetScope::Day).await,
        full,
        "what is full does not become emptier"
    );
    let refused = journal.reserve(&call, amount(1), &[limit(BudgetScope::Day, u64::MAX)]).await.unwrap_err();
    assert!(matches!(refused, BudgetRefusal::Store(error) if error.kind == StoreErrorKind::Limit));
    let paid = sums(&home, SpendingBy::Day).await;
    assert_eq!(paid[0].cost, amount(u64::MAX), "three times the largest stored amount is more than fits");
    assert_eq!(problems(&home).await, Vec::<String>::new());
}

#[tokio::test]
async fn days_are_those_of_the_operator() {
    let home = Home::new();
    let journal = home.open().await;
    let late = WallTime {
        instant: "2026-02-28T23:30:00Z".parse().unwrap(),
        offset: jiff::tz::Offset::from_hours(1).unwrap(),
        zone: "CET".to_owned(),
    };
    let call = Expense { at: late, ..expense("a", 0) };
    journal.book(&call, &paid(Some(5))).await.unwrap();
    let sums = sums(&home, SpendingBy::Day).await;
    assert_eq!(sums[0].of, SpendingKey::Day("2026-03-01".parse().unwrap()));
    let noon = WallTime::utc("2026-03-20T12:00:00Z".parse().unwrap());
    let later = Expense { at: noon, ..call };
    assert_eq!(counted(&journal, &later, BudgetScope::Month).await, 5, "it is paid by March");
}

#[tokio::test]
async fn a_forgotten_session_leaves_its_money_and_not_its_name() {
    let home = Home::new();
    let journal = home.open().await;
    let key = SessionKey::new("whatsapp:a").unwrap();
    for (chat, day) in [("a", 0), ("b", 0), ("a", 1)] {
        journal.book(&expense(chat, day), &paid(Some(10))).await.unwrap();
    }
    let open = journal.reserve(&expense("a", 1), amount(50), &[]).await.unwrap();
    journal.forget(&key).await.unwrap();

    let sums = sums(&home, SpendingBy::Session).await;
    let of = |sum: &SpendingSum| (sum.of.clone(), sum.calls, sum.cost.get(), sum.held.get());
    let other = SessionKey::new("whatsapp:b").unwrap();
    assert_eq!(
        sums.iter().map(of).collect::<Vec<_>>(),
        [(SpendingKey::Session(None), 3, 20, 50), (SpendingKey::Session(Some(other)), 1, 10, 0)]
    );
    assert_eq!(counted(&journal, &expense("a", 0), BudgetScope::Chat).await, 0, "a day that is over");
    assert_eq!(
        counted(&journal, &expense("b", 0), BudgetScope::Chat).await,
        10,
        "another chat keeps its own"
    );
    assert_eq!(counted(&journal, &expense("a", 0), BudgetScope::Day).await, 20);
    assert_eq!(counted(&journal, &expense("a", 1), BudgetScope::Chat).await, 60, "a reset is no new budget");
    journal.settle(&open, &paid(Some(5))).await.unwrap();
    assert_eq!(
        counted(&journal, &expense("a", 1), BudgetScope::Chat).await,
        15,
        "what was under way is settled"
    );
    assert_eq!(problems(&home).await, Vec::<String>::new());

    journal.book(&expense("b", 9), &paid(Some(1))).await.unwrap();
    journal.tidy(days_later(9)).await.unwrap();
    assert!(!String::from_utf8_lossy(&home.bytes()).contains("whatsapp:a"), "the last day is over");
}

#[tokio::test]
async fn totals_go_when_their_time_is_over_and_calls_after_four_hundred_days() {
    let home = Home::new();
    let journal = home.open().await;
    let first = expense("a", 0);
    let unsettled = journal.reserve(&first, amount(10), &[]).await.unwrap();
    journal.book(&expense("a", 3), &paid(Some(5))).await.unwrap();
    journal.tidy(days_later(3)).await.unwrap();
    assert_eq!(
        counted(&journal, &first, BudgetScope::Day).await,
        0,
        "three days later the day is over everywhere"
    );
    assert_eq!(counted(&journal, &first, BudgetScope::Month).await, 15, "the month is not");
    journal.settle(&unsettled, &paid(Some(4))).await.unwrap();
    assert_eq!(
        counted(&journal, &first, BudgetScope::Month).await,
        9,
        "a late settlement finds what is left"
    );
    assert_eq!(problems(&home).await, Vec::<String>::new());

    journal.book(&expense("b", 400), &paid(Some(5))).await.unwrap();
    journal.tidy(days_later(400)).await.unwrap();
    assert_eq!(sums(&home, SpendingBy::Day).await.len(), 3, "the four hundredth day is not over yet");
    assert_eq!(counted(&journal, &first, BudgetScope::Month).await, 0);
    journal.book(&expense("b", 401), &paid(Some(5))).await.unwrap();
    journal.tidy(days_later(401)).await.unwrap();
    assert_eq!(sums(&home, SpendingBy::Day).await.len(), 3, "the first is gone and a new one is there");
    assert_eq!(problems(&home).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_open_promise_of_the_day_or_month_is_never_forgotten() {
    let home = Home::new();
    let journal = home.open().await;
    let call = expense("a", 0);
    let open = journal.reserve(&call, amount(10), &[]).await.unwrap();
    for days in [0, 1, 2, 1_000] {
        // The book ends on the first day, so a clock that has run ahead is not believed.
        journal.tidy(days_later(days)).await.unwrap();
        for scope in BudgetScope::ALL {
            assert_eq!(counted(&journal, &call, scope).await, 10, "{scope:?} after {days} days");
        }
    }
    journal.settle(&open, &paid(Some(1))).await.unwrap();
}

#[tokio::test]
async fn calls_that_are_too_many_go_unless_their_month_still_counts() {
    let home = Home::new();
    let journal = home.open().await;
    for day in [0, 0, 0, 20, 40, 40, 40] {
        journal.book(&expense("a", day), &paid(Some(1))).await.unwrap();
    }
    // From 22 February on: day 20 is in March, day 40 in April.
    let dropped = journal.write(DropCalls { now: days_later(40), keep: 2 }).await.unwrap();
    assert_eq!(dropped, 4, "those before April");
    assert_eq!(sums(&home, SpendingBy::Day).await[0].calls, 3, "the current month is whole");
    assert_eq!(journal.write(DropCalls { now: days_later(40), keep: 2 }).await.unwrap(), 0);
}

#[tokio::test]
async fn a_check_names_totals_that_are_not_what_their_calls_come_to() {
    let edits = [
        ("UPDATE budget_totals SET nanos = 1 WHERE scope = 'day'", "(of one day, 2026-02-22)"),
        ("UPDATE budget_totals SET nanos = nanos + 1 WHERE scope = 'month'", "(of one month, 2026-02)"),
        ("UPDATE budget_totals SET nanos = 0 WHERE scope = 'chat'", "(of one chat, 2026-02-22)"),
        ("UPDATE budget_totals SET name = 'embed' WHERE scope = 'task'", "(of one task, 2026-02-22)"),
        ("UPDATE spending SET cost = 0 WHERE state = 'settled'", "counts $"),
        ("DELETE FROM spending WHERE state = 'promised'", "counts $"),
        ("DELETE FROM budget_totals WHERE scope = 'day'", "3 calls of models count against no budget"),
        ("DELETE FROM budget_totals WHERE scope = 'month'", "3 calls of models count against no budget"),
        ("DELETE FROM budget_totals WHERE scope = 'chat'", "3 calls of models count against no budget"),
        ("DELETE FROM budget_totals WHERE scope = 'task'", "3 calls of models count against no budget"),
    ];
    for (statement, expected) in edits {
        let home = Home::new();
        let journal = home.open().await;
        let call = expense("a", 0);
        let settled = journal.reserve(&call, amount(50_000), &[]).await.unwrap();
        journal.settle(&settled, &paid(Some(20_000))).await.unwrap();
        journal.reserve(&call, amount(60_000), &[]).await.unwrap();
        journal.book(&call, &paid(Some(70_000))).await.unwrap();
        assert_eq!(problems(&home).await, Vec::<String>::new());
        journal.shut_down().await;
        edit(&home, statement).await;
        let found = problems(&home).await;
        assert!(found.iter().any(|line| line.contains(expected)), "{statement}: {found:?}");
        assert!(found.iter().all(|line| line.contains("restore a backup") && !line.contains("whatsapp")));
    }
}

#[tokio::test]
async fn what_is_told_of_tokens_is_stored_as_it_was_told_and_never_beyond_measure() {
    let home = Home::new();
    let journal = home.open().await;
    let usage = Usage {
        input: Some(1_000),
        cached_input: Some(800),
        cache_write: None,
        output: Some(u64::MAX),
        reasoning: Some(0),
    };
    let call = expense("a", 0);
    for _ in 0..2 {
        journal.book(&call, &Paid { usage, ..paid(None) }).await.unwrap();
    }
    let tokens = sums(&home, SpendingBy::Task).await[0].tokens;
    assert_eq!((tokens.input, tokens.cached_input, tokens.cache_write), (Some(2_000), Some(1_600), None));
    assert_eq!((tokens.output, tokens.reasoning), (Some(2 << 40), Some(0)));
}

fn circuit(name: &str, days: u32) -> OpenCircuit {
    OpenCircuit { name: name.to_owned(), until: days_later(days), trips: u32::MAX, reason: "auth".to_owned() }
}

#[tokio::test]
async fn open_circuits_survive_a_kill() {
    let homes = Homes::default();
    let journal = homes.journal().await;
    let mut open = circuit("openai/main", 0);
    open.until += Duration::from_nanos(1);
    journal.opened(&open).await.unwrap();
    journal.opened(&circuit("openai/other", 0)).await.unwrap();
    journal.closed("openai/other").await.unwrap();
    let journal = homes.killed(journal).await;
    assert_eq!(journal.open_circuits().await.unwrap(), [open]);
}

#[tokio::test]
async fn a_circuit_that_nobody_tries_is_forgotten_after_a_month() {
    let home = Home::new();
    let journal = home.open().await;
    journal.opened(&circuit("old", 0)).await.unwrap();
    journal.opened(&circuit("new", 1)).await.unwrap();
    journal.tidy(days_later(30)).await.unwrap();
    assert_eq!(journal.open_circuits().await.unwrap().len(), 2);
    journal.tidy(days_later(31)).await.unwrap();
    assert_eq!(journal.open_circuits().await.unwrap(), [circuit("new", 1)]);
}

#[tokio::test]
async fn there_is_a_limit_of_open_circuits() {
    let home = Home::new();
    let journal = home.open().await;
    let mut opening = tokio::task::JoinSet::new();
    for index in 0..MAX_CIRCUITS {
        let journal = journal.clone();
        opening.spawn(async move { journal.opened(&circuit(&format!("c{index}"), 0)).await.unwrap() });
    }
    opening.join_all().await;
    let refused = journal.opened(&circuit("one-more", 0)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Limit);
    journal.opened(&circuit("c7", 1)).await.unwrap();
    journal.closed("c7").await.unwrap();
    journal.opened(&circuit("one-more", 0)).await.unwrap();
}

#[tokio::test]
async fn work_of_the_assistants_own_counts_apart_from_chats() {
    let home = Home::new();
    let journal = home.open().await;
    let own = Expense { session: None, task: ModelTask::Bulletin, ..expense("a", 0) };
    journal.book(&own, &paid(Some(5))).await.unwrap();
    journal.book(&expense("a", 0), &paid(Some(7))).await.unwrap();
    journal.forget(&SessionKey::new("whatsapp:a").unwrap()).await.unwrap();
    assert_eq!(counted(&journal, &own, BudgetScope::Chat).await, 5, "nor does a forgotten chat join it");
    assert_eq!(counted(&journal, &own, BudgetScope::Day).await, 12);
    assert_eq!(journal.tidy(now()).await.unwrap(), nanobot_core::ports::Tidied::default());
}
