//! Budgets: what is promised, what is refused, what is written down.

use std::collections::BTreeMap;
use std::time::Duration;

use nanobot_core::model::{ModelErrorKind, ModelTask};
use nanobot_core::ports::BudgetScope;
use nanobot_core::telemetry::TelemetryEvent;
use nanobot_core::units::NanoDollars;

use super::world::{Act, Model, World, ask, ask_for};
use crate::router::{Budgets, Share, Trust};

const CLOSE: Duration = Duration::from_secs(10);

/// The worst case of one call here: 2,048 tokens of templates and 1,000 written, at a dollar a million.
const WORST: u64 = (2_048 + 1_000) * 1_000;

fn day(nanos: u64) -> Budgets {
    Budgets { day: Some(NanoDollars::new(nanos)), ..Budgets::default() }
}

fn own_machine(name: &'static str) -> Model {
    Model { trust: Trust::OwnMachine, price: Some(0.0), ..Model::new(name, Act::Say("from home")) }
}

#[tokio::test]
async fn what_a_call_cost_is_written_down_under_the_model_that_served() {
    let first = Model::new("a/one", Act::Fail(ModelErrorKind::Server));
    let world = World::new(&[first, Model { price: Some(0.5), ..Model::new("b/two", Act::Say("hello")) }]);
    let router = world.router().await;
    ask(&router).await.0.unwrap();
    assert!(router.close(CLOSE).await);
    let entries = world.ledger.entries();
    let rows: Vec<_> = entries
        .iter()
        .map(|(expense, paid)| (expense.model.as_str(), paid.outcome, paid.cost.map(NanoDollars::get)))
        .collect();
    assert_eq!(rows, [("a/one", "server", None), ("b/two", "ok", Some(15 * 500))], "15 tokens");
}

#[tokio::test]
async fn a_call_without_room_in_the_budget_is_refused_before_it_is_made() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    world.budgets = day(WORST - 1);
    let router = world.router().await;
    assert_eq!(ask(&router).await.0.unwrap_err(), ModelErrorKind::BudgetTooSmall);
    assert_eq!(world.asked(), [] as [&str; 0]);
    let refused = TelemetryEvent::BudgetRefused { scope: BudgetScope::Day, task: ModelTask::Reply };
    assert!(world.facts().contains(&refused));
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_told_apart_from_one_that_is_too_small() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    world.budgets = day(WORST);
    let router = world.router().await;
    assert!(ask(&router).await.0.is_ok());
    assert_eq!(ask(&router).await.0.unwrap_err(), ModelErrorKind::BudgetExhausted);
}

#[tokio::test]
async fn what_was_not_spent_is_free_again() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    world.budgets = day(WORST + 100_000);
    let router = world.router().await;
    // Each costs 15,000, so seven fit beside a worst case.
    let mut answered = 0;
    while ask(&router).await.0.is_ok() {
        answered += 1;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(answered, 7);
}

#[tokio::test]
async fn a_model_of_ones_own_answers_when_the_money_is_gone() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello")), own_machine("home/llama")]);
    world.budgets = day(10);
    let router = world.router().await;
    assert_eq!(ask(&router).await.0.unwrap().text, "from home");
    assert_eq!(world.asked(), ["home/llama"]);
}

#[tokio::test]
async fn under_a_budget_nothing_of_unknown_price_is_asked() {
    let unknown = Model { price: None, ..Model::new("a/one", Act::Say("hello")) };
    let mut world = World::new(&[unknown]);
    assert!(ask(&world.router().await).await.0.is_ok(), "without a budget it may");
    world.budgets = day(1_000_000_000);
    assert_eq!(ask(&world.router().await).await.0.unwrap_err(), ModelErrorKind::NoPrice);
}

#[tokio::test]
async fn work_that_nobody_waits_for_stops_first() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    world.budgets = Budgets { background_share: Share::new(0.5), ..day(WORST + 100) };
    let mut router = world.router().await;
    router.with.routes.routes.insert("bulletin".to_owned(), "main".to_owned());
    assert_eq!(ask_for(&router, ModelTask::Bulletin).await.unwrap_err(), ModelErrorKind::BudgetTooSmall);
    assert!(ask(&router).await.0.is_ok());
}

#[tokio::test]
async fn a_task_has_a_budget_of_its_own() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    let tasks = BTreeMap::from([(ModelTask::Reply, NanoDollars::new(1))]);
    world.budgets = Budgets { tasks, ..Budgets::default() };
    assert_eq!(ask(&world.router().await).await.0.unwrap_err(), ModelErrorKind::BudgetTooSmall);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_written_lets_nothing_through() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    world.budgets = day(u64::MAX);
    world.ledger.trouble.fail_next_in("reserve", nanobot_core::ports::StoreErrorKind::Full);
    assert_eq!(ask(&world.router().await).await.0.unwrap_err(), ModelErrorKind::LedgerFailed);
    assert_eq!(world.asked(), [] as [&str; 0]);
}

#[tokio::test]
async fn every_retry_is_promised_anew_and_what_failed_without_a_count_counts_in_full() {
    let mut world = World::new(&[Model::new("a/one", Act::Fail(ModelErrorKind::IdleTimeout))]);
    world.budgets = day(2 * WORST + 5);
    let router = world.router().await;
    assert_eq!(ask(&router).await.0.unwrap_err(), ModelErrorKind::IdleTimeout);
    assert_eq!(world.asked().len(), 2, "the third try has no room");
}

#[tokio::test]
async fn what_is_left_is_left_of_the_whole_budget_and_of_todays() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    world.budgets = Budgets { month: Some(NanoDollars::new(90 * WORST)), ..day(10 * WORST) };
    let mut router = world.router().await;
    router.with.routes.routes.insert("bulletin".to_owned(), "main".to_owned());
    let left = async || {
        let levels = router.budgets().await.unwrap();
        levels.into_iter().map(|level| (level.scope, level.left.get())).collect::<Vec<_>>()
    };
    assert_eq!(
        left().await,
        [(BudgetScope::Day, 10 * WORST), (BudgetScope::Month, 90 * WORST)],
        "from the start"
    );
    // Work that may use a part of it only: what is left is left for everybody.
    ask_for(&router, ModelTask::Bulletin).await.unwrap();
    assert!(router.close(CLOSE).await);
    let cost = 15_000;
    let expected = [(BudgetScope::Day, 10 * WORST - cost), (BudgetScope::Month, 90 * WORST - cost)];
    assert_eq!(left().await, expected);
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(left().await[0], (BudgetScope::Day, 10 * WORST), "another day");
}

#[tokio::test]
async fn a_refusal_is_free_and_what_began_to_answer_is_not() {
    let fails = |act| World::new(&[Model::new("a/one", act)]);
    let cost = async |world: World| {
        let router = world.router().await;
        ask(&router).await.0.unwrap_err();
        assert!(router.close(CLOSE).await);
        world.ledger.entries()[0].1.cost
    };
    let overloaded = ModelErrorKind::Overloaded;
    assert_eq!(cost(fails(Act::TurnAway(overloaded))).await, Some(NanoDollars::ZERO));
    assert_eq!(cost(fails(Act::Fail(overloaded))).await, None, "the same words after thousands of tokens");
}

#[tokio::test]
async fn what_cannot_have_been_counted_is_no_reason_to_give_the_promise_back() {
    let mut world = World::new(&[Model::new("a/one", Act::SayCounting("hello", 10, 0))]);
    world.budgets = day(2 * WORST);
    let router = world.router().await;
    ask(&router).await.0.unwrap();
    assert!(router.close(CLOSE).await);
    assert_eq!(world.ledger.entries()[0].1.cost, None, "nothing was written, it says, and said something");
    assert_eq!(router.budgets().await.unwrap()[0].left.get(), WORST, "it counts in full");
}
