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
    assert_eq!(ask(&router).await.0.unwrap_err(), ModelErrorKind::BudgetExhausted);
    assert_eq!(world.asked(), [] as [&str; 0]);
    let refused = TelemetryEvent::BudgetRefused { scope: BudgetScope::Day, task: ModelTask::Reply };
    assert!(world.facts().contains(&refused));
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
    assert_eq!(ask_for(&router, ModelTask::Bulletin).await.unwrap_err(), ModelErrorKind::BudgetExhausted);
    assert!(ask(&router).await.0.is_ok());
}

#[tokio::test]
async fn a_task_has_a_budget_of_its_own() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    let tasks = BTreeMap::from([(ModelTask::Reply, NanoDollars::new(1))]);
    world.budgets = Budgets { tasks, ..Budgets::default() };
    assert_eq!(ask(&world.router().await).await.0.unwrap_err(), ModelErrorKind::BudgetExhausted);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_written_lets_nothing_through() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    world.budgets = day(u64::MAX);
    world.ledger.trouble.fail_next_in("reserve", nanobot_core::ports::StoreErrorKind::Full);
    assert_eq!(ask(&world.router().await).await.0.unwrap_err(), ModelErrorKind::BudgetExhausted);
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
