//! The promises of [`BudgetLedger`] and [`BreakerState`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use std::time::Duration;

use crate::ids::SessionKey;
use crate::model::{ModelTask, Usage};
use crate::ports::{
    BreakerState, BudgetLedger, BudgetLimit, BudgetRefusal, BudgetScope, Expense, OpenCircuit, Paid,
    Reservation, StoreErrorKind,
};
use crate::testing::event::SENT_AT;
use crate::time::{Timestamp, WallTime};
use crate::units::NanoDollars;

/// Checks that money is never promised beyond a limit, and that each scope counts by itself. `make` gives an empty
/// ledger.
///
/// # Panics
/// When a promise is broken.
pub async fn budget_ledger_contract<B: BudgetLedger>(make: impl AsyncFn() -> B) {
    unsettled_reservations_count_in_full(&make().await).await;
    settling_frees_what_was_not_spent(&make().await).await;
    a_call_may_cost_more_than_was_reserved(&make().await).await;
    a_call_of_unknown_cost_counts_in_full(&make().await).await;
    refusals_promise_nothing(&make().await).await;
    settling_twice_is_an_error(&make().await).await;
    scopes_count_by_themselves(&make().await).await;
    booked_calls_count_too(&make().await).await;
}

fn expense() -> Expense {
    let at: Timestamp = SENT_AT.parse().unwrap();
    Expense {
        at: WallTime::utc(at),
        session: Some(SessionKey::new("cli:default").unwrap()),
        task: ModelTask::Reply,
        provider: "openai".to_owned(),
        model: "openai/gpt-4o-mini".to_owned(),
    }
}

fn paid(cost: Option<u64>) -> Paid {
    Paid { cost: cost.map(NanoDollars::new), usage: Usage::default(), outcome: "ok" }
}

fn day(most: u64) -> BudgetLimit {
    BudgetLimit { scope: BudgetScope::Day, most: NanoDollars::new(most) }
}

async fn reserve(ledger: &impl BudgetLedger, amount: u64) -> Option<Reservation> {
    reserve_for(ledger, &expense(), amount, &[day(100)]).await
}

async fn reserve_for(
    ledger: &impl BudgetLedger,
    expense: &Expense,
    amount: u64,
    limits: &[BudgetLimit],
) -> Option<Reservation> {
    let worst = NanoDollars::new(amount);
    match ledger.reserve(expense, worst, limits).await {
        Ok(reservation) => {
            assert_eq!(reservation.worst, worst, "the promise is what was asked for");
            Some(reservation)
        }
        Err(BudgetRefusal::Exhausted { scope, left }) => {
            assert!(limits.iter().any(|limit| limit.scope == scope), "a limit that was named is passed");
            assert!(left < worst, "what is left is too little");
            None
        }
        Err(BudgetRefusal::Store(error)) => panic_on(&error),
    }
}

#[expect(clippy::panic, reason = "contract suites are test code")]
fn panic_on(error: &dyn std::error::Error) -> ! {
    panic!("the ledger itself failed: {error}")
}

async fn counted(ledger: &impl BudgetLedger, scope: BudgetScope) -> u64 {
    ledger.counted(&expense(), scope).await.unwrap().get()
}

async fn unsettled_reservations_count_in_full(ledger: &impl BudgetLedger) {
    let first = reserve(ledger, 60).await.unwrap();
    assert_eq!(reserve(ledger, 41).await, None, "what is promised counts before it is spent");
    let second = reserve(ledger, 40).await.unwrap();
    assert_ne!(first.id, second.id, "each promise has a number of its own");
    assert_eq!(reserve(ledger, 1).await, None, "exactly the limit is promised");
    assert_eq!(counted(ledger, BudgetScope::Day).await, 100);
}

async fn settling_frees_what_was_not_spent(ledger: &impl BudgetLedger) {
    let worst_case = reserve(ledger, 100).await.unwrap();
    ledger.settle(&worst_case, &paid(Some(30))).await.unwrap();
    assert_eq!(reserve(ledger, 71).await, None, "what was spent stays spent");
    assert!(reserve(ledger, 70).await.is_some(), "the rest is free again");
}

async fn a_call_may_cost_more_than_was_reserved(ledger: &impl BudgetLedger) {
    let reservation = reserve(ledger, 50).await.unwrap();
    ledger.settle(&reservation, &paid(Some(90))).await.unwrap();
    assert_eq!(reserve(ledger, 11).await, None, "the real cost counts, not the promise");
}

async fn a_call_of_unknown_cost_counts_in_full(ledger: &impl BudgetLedger) {
    let reservation = reserve(ledger, 50).await.unwrap();
    ledger.settle(&reservation, &paid(None)).await.unwrap();
    assert_eq!(counted(ledger, BudgetScope::Day).await, 50);
}

async fn refusals_promise_nothing(ledger: &impl BudgetLedger) {
    assert_eq!(reserve(ledger, 101).await, None, "more than the limit is never promised");
    assert_eq!(reserve(ledger, u64::MAX).await, None, "nor does a sum wrap around");
    assert!(reserve(ledger, 100).await.is_some(), "a refusal took nothing");
    assert_eq!(reserve(ledger, u64::MAX).await, None, "nor does a sum wrap around");
}

async fn settling_twice_is_an_error(ledger: &impl BudgetLedger) {
    let reservation = reserve(ledger, 50).await.unwrap();
    ledger.settle(&reservation, &paid(Some(10))).await.unwrap();
    let again = ledger.settle(&reservation, &paid(Some(40))).await.unwrap_err();
    assert_eq!(again.kind, StoreErrorKind::NotFound);
    assert_eq!(counted(ledger, BudgetScope::Day).await, 10, "and changes nothing");
}

async fn scopes_count_by_themselves(ledger: &impl BudgetLedger) {
    let here = expense();
    let elsewhere = Expense { session: Some(SessionKey::new("cli:other").unwrap()), ..here.clone() };
    let nobody = Expense { session: None, task: ModelTask::Extract, ..here.clone() };
    let most = NanoDollars::new(100);
    let limits =
        [BudgetScope::Month, BudgetScope::Chat, BudgetScope::Task].map(|scope| BudgetLimit { scope, most });
    let chat = [BudgetLimit { scope: BudgetScope::Chat, most }];
    let task = [BudgetLimit { scope: BudgetScope::Task, most }];

    assert!(reserve_for(ledger, &here, 100, &limits).await.is_some());
    assert!(reserve_for(ledger, &here, 1, &chat).await.is_none(), "the chat has nothing left");
    assert!(reserve_for(ledger, &elsewhere, 1, &chat).await.is_some(), "another chat has all of its own");
    assert!(reserve_for(ledger, &elsewhere, 1, &task).await.is_none(), "the task has nothing left");
    assert!(reserve_for(ledger, &nobody, 1, &task).await.is_some(), "another task has all of its own");

    let tomorrow = here.at.instant.checked_add(Duration::from_hours(24)).unwrap();
    let tomorrow = Expense { at: WallTime::utc(tomorrow), ..here };
    let month = [BudgetLimit { scope: BudgetScope::Month, most }];
    assert!(reserve_for(ledger, &tomorrow, 100, &[day(100)]).await.is_some(), "a new day begins at nothing");
    assert!(reserve_for(ledger, &tomorrow, 1, &month).await.is_none(), "the month does not");
}

async fn booked_calls_count_too(ledger: &impl BudgetLedger) {
    ledger.book(&expense(), &paid(Some(99))).await.unwrap();
    ledger.book(&expense(), &paid(None)).await.unwrap();
    assert_eq!(counted(ledger, BudgetScope::Chat).await, 99);
    assert_eq!(reserve(ledger, 2).await, None);
    assert!(reserve(ledger, 1).await.is_some());
}

/// Checks that circuits open and close one by one, and are found again. `make` gives a store without any.
///
/// # Panics
/// When a promise is broken.
pub async fn breaker_state_contract<B: BreakerState>(make: impl AsyncFn() -> B) {
    let breakers = make().await;
    let until: Timestamp = SENT_AT.parse().unwrap();
    let circuit =
        |name: &str| OpenCircuit { name: name.to_owned(), until, trips: 1, reason: "overloaded".to_owned() };
    let found = async || {
        let mut circuits = breakers.open_circuits().await.unwrap();
        circuits.sort_by(|one, other| one.name.cmp(&other.name));
        circuits
    };

    assert_eq!(found().await, [], "every circuit is closed at first");
    let (one, other) = (circuit("openai/main"), circuit("openai/main/gpt"));
    breakers.opened(&other).await.unwrap();
    breakers.opened(&one).await.unwrap();
    assert_eq!(found().await, [one.clone(), other.clone()]);
    let later = until.checked_add(Duration::from_mins(1)).unwrap();
    let longer = OpenCircuit { until: later, trips: 2, reason: "auth".to_owned(), ..one };
    breakers.opened(&longer).await.unwrap();
    assert_eq!(found().await, [longer.clone(), other.clone()], "what is known last counts");
    breakers.closed(&longer.name).await.unwrap();
    breakers.closed(&longer.name).await.unwrap();
    assert_eq!(found().await, [other], "another circuit stays open");
}
