//! What others see of a router: its circuits, its budgets, and how it reports attempts.

use std::time::Duration;

use nanobot_core::model::ModelErrorKind;
use nanobot_core::ports::StoreErrorKind;
use nanobot_core::telemetry::{CircuitState, ModelAttempt, TelemetryEvent};
use nanobot_core::units::NanoDollars;

use super::world::{Act, Model, World, ask};
use crate::router::{Budgets, Router};

fn attempts(world: &World) -> Vec<ModelAttempt> {
    let facts = world.facts().into_iter();
    let attempts = facts.filter_map(|fact| match fact {
        TelemetryEvent::ModelAttempt(attempt) => Some(attempt),
        _ => None,
    });
    attempts.collect()
}

fn state_of_model(router: &Router) -> CircuitState {
    router.circuits().into_iter().find(|circuit| circuit.model.is_some()).unwrap().state
}

#[tokio::test]
async fn circuits_are_seen_as_an_earlier_run_left_them_and_half_open_when_their_time_is_up() {
    let world = World::new(&[Model::new(
        "a/one",
        Act::Refuse(ModelErrorKind::UnknownModel, Duration::from_hours(1)),
    )]);
    ask(&world.router().await).await.0.unwrap_err();
    let restarted = world.router().await;
    assert_eq!(state_of_model(&restarted), CircuitState::Open);
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(state_of_model(&restarted), CircuitState::HalfOpen, "it may be tried");
    world.providers["a/one"].now_does(Act::Say("back"));
    ask(&restarted).await.0.unwrap();
    assert_eq!(state_of_model(&restarted), CircuitState::Closed);
}

#[tokio::test]
async fn budgets_that_cannot_be_read_are_none_and_not_full() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    world.budgets = Budgets { day: Some(NanoDollars::new(5)), ..Budgets::default() };
    let router = world.router().await;
    world.ledger.trouble.fail_next_in("counted", StoreErrorKind::Busy);
    assert_eq!(router.budgets().await.unwrap_err().kind, StoreErrorKind::Busy);
    assert_eq!(router.budgets().await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_an_attempt_that_was_made_has_a_duration() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("hello"))]);
    ask(&world.router().await).await.0.unwrap();
    world.budgets = Budgets { day: Some(NanoDollars::new(5)), ..Budgets::default() };
    ask(&world.router().await).await.0.unwrap_err();
    let seen: Vec<_> = attempts(&world).into_iter().map(|at| (at.outcome, at.took, at.cost)).collect();
    let (took, cost) = (Some(Duration::from_millis(100)), Some(NanoDollars::new(15_000)));
    assert_eq!(seen, [("ok", took, cost), ("budget_too_small", None, Some(NanoDollars::ZERO))]);
}

/// Begins a call and drops it in the middle; what it cost, if that is known.
async fn cancelled(price: f64) -> Option<NanoDollars> {
    let world = World::new(&[Model { price: Some(price), ..Model::new("a/one", Act::Hang) }]);
    let router = world.router().await;
    {
        let mut call = std::pin::pin!(ask(&router));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx).is_pending())).await);
    }
    let [attempt] = attempts(&world).try_into().unwrap();
    assert_eq!(attempt.outcome, "cancelled");
    attempt.cost
}

#[tokio::test]
async fn a_cancelled_call_cost_nobody_knows_what_unless_the_model_is_free() {
    assert_eq!(cancelled(1.0).await, None);
    assert_eq!(cancelled(0.0).await, Some(NanoDollars::ZERO));
}
