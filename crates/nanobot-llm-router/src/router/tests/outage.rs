//! A model that cannot answer, and who answers in its place.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::model::{ChatMessage, ModelErrorKind, ModelRequest};
use nanobot_core::ports::BreakerState as _;
use nanobot_core::telemetry::{CircuitState, TelemetryEvent};
use nanobot_core::testing::FakeClock;
use nanobot_core::testing::contract::model_client_contract;

use tokio::sync::Semaphore;

use super::world::{Act, Model, World, ask, ask_this};
use crate::router::{AfterFirstToken, Manners, Router, Trust};

fn two(first: Act) -> World {
    World::new(&[Model::new("a/one", first), Model::new("b/two", Act::Say("from two"))])
}

#[tokio::test]
async fn it_looks_like_one_model() {
    model_client_contract(async || {
        World::new(&[Model::new("a/one", Act::Say("Zwölf Boxkämpfer, thanks."))]).router().await
    })
    .await;
}

#[tokio::test]
async fn the_first_model_answers_while_it_can() {
    let world = two(Act::Say("from one"));
    let (answer, deltas) = ask(&world.router().await).await;
    let answer = answer.unwrap();
    assert_eq!(answer.text, "from one");
    assert_eq!(deltas.0, ["from one"]);
    let served = answer.served.unwrap();
    assert_eq!((served.model.as_str(), served.lost), ("a/one", Duration::ZERO));
    assert_eq!(world.asked(), ["a/one"]);
}

#[tokio::test]
async fn the_next_model_answers_when_the_first_one_is_down() {
    let world = two(Act::Fail(ModelErrorKind::Server));
    let (answer, deltas) = ask(&world.router().await).await;
    let served = answer.unwrap().served.unwrap();
    assert_eq!((served.model.as_str(), served.lost), ("b/two", Duration::from_millis(100)));
    assert_eq!(deltas.0, ["from two"], "nobody noticed");
    let served_by = world.facts().into_iter().filter_map(|fact| match fact {
        TelemetryEvent::ModelAttempt(attempt) => Some((attempt.model, attempt.outcome)),
        _ => None,
    });
    let expected = [("a/one".to_owned(), "server"), ("b/two".to_owned(), "ok")];
    assert_eq!(served_by.collect::<Vec<_>>(), expected, "each attempt under the name of its own model");
    assert!(world.facts().contains(&TelemetryEvent::ModelFallback {
        task: nanobot_core::model::ModelTask::Reply,
        from: "a/one".to_owned(),
        to: "b/two".to_owned(),
        reason: "server",
    }));
}

#[tokio::test]
async fn a_model_that_stays_down_is_left_alone_and_found_again_by_a_probe() {
    let world = two(Act::Fail(ModelErrorKind::Overloaded));
    let router = world.router().await;
    for _ in 0..5 {
        ask(&router).await.0.unwrap();
    }
    let asked = world.asked();
    assert_eq!(asked.iter().filter(|name| *name == "a/one").count(), 3, "three failures open it: {asked:?}");
    world.providers["a/one"].now_does(Act::Say("back"));
    ask(&router).await.0.unwrap();
    assert_eq!(world.asked(), ["b/two"], "not before the cooldown is over");
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(ask(&router).await.0.unwrap().text, "back");
    assert_eq!(world.asked(), ["a/one"]);
    let states = world.facts().into_iter().filter_map(|fact| match fact {
        TelemetryEvent::Circuit { state, .. } => Some(state),
        _ => None,
    });
    let expected = [CircuitState::Open, CircuitState::HalfOpen, CircuitState::Closed];
    assert_eq!(states.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn open_circuits_survive_a_restart() {
    let world = two(Act::Refuse(ModelErrorKind::RateLimited, Duration::from_hours(1)));
    ask(&world.router().await).await.0.unwrap();
    assert_eq!(world.asked(), ["a/one", "b/two"]);
    let restarted = world.router().await;
    ask(&restarted).await.0.unwrap();
    assert_eq!(world.asked(), ["b/two"], "the provider asked for an hour");
    world.clock.advance(Duration::from_hours(1));
    world.providers["a/one"].now_does(Act::Say("from one"));
    ask(&restarted).await.0.unwrap();
    assert_eq!(world.breakers.open_circuits().await.unwrap(), [], "and is forgotten when it works again");
}

#[tokio::test]
async fn another_credential_is_asked_before_another_model() {
    let mut one = Model::new("a/one", Act::Say("with the other key"));
    one.credentials = &["main", "second"];
    let world = World::new(&[one, Model::new("b/two", Act::Say("from two"))]);
    world.providers["a/one@main"].now_does(Act::Fail(ModelErrorKind::Auth));
    let router = world.router().await;
    assert_eq!(ask(&router).await.0.unwrap().text, "with the other key");
    assert_eq!(world.asked(), ["a/one@main", "a/one@second"]);
    ask(&router).await.0.unwrap();
    assert_eq!(world.asked(), ["a/one@second"], "a refused key is not tried again and again");
    assert!(world.facts().iter().any(|fact| matches!(
        fact,
        TelemetryEvent::Circuit { model: None, credential, reason: "auth", .. } if credential == "main"
    )));
}

#[tokio::test]
async fn all_cooling_is_no_reason_to_ask_nobody() {
    let world = two(Act::Refuse(ModelErrorKind::RateLimited, Duration::from_mins(10)));
    world.providers["b/two"].now_does(Act::Refuse(ModelErrorKind::RateLimited, Duration::from_mins(5)));
    let router = world.router().await;
    assert_eq!(ask(&router).await.0.unwrap_err(), ModelErrorKind::RateLimited);
    world.asked();
    world.providers["b/two"].now_does(Act::Say("after all"));
    assert_eq!(ask(&router).await.0.unwrap().text, "after all");
    assert_eq!(world.asked(), ["b/two"], "the one that is back first");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_withdrawn_and_begun_anew() {
    let world = two(Act::Break("half of a sen", ModelErrorKind::IdleTimeout));
    let (answer, deltas) = ask(&world.router().await).await;
    assert_eq!(answer.unwrap().text, "from two");
    assert_eq!(deltas.0, ["from two"], "nothing is said twice");
}

#[tokio::test]
async fn what_was_seen_can_be_the_answer_or_an_error_instead() {
    let broken = || two(Act::Break("half of a sen", ModelErrorKind::IdleTimeout));
    let mut world = broken();
    world.manners = Manners { after_first_token: AfterFirstToken::Finish, ..Manners::default() };
    let (answer, deltas) = ask(&world.router().await).await;
    assert_eq!((answer.unwrap().text, deltas.0.concat()), ("half of a sen".into(), "half of a sen".into()));
    let mut world = broken();
    world.manners = Manners { after_first_token: AfterFirstToken::Tell, ..Manners::default() };
    assert_eq!(ask(&world.router().await).await.0.unwrap_err(), ModelErrorKind::IdleTimeout);
    assert_eq!(world.asked(), ["a/one"]);
}

#[tokio::test]
async fn what_is_our_fault_is_not_sent_to_others() {
    for kind in [ModelErrorKind::BadRequest, ModelErrorKind::ContentFilter] {
        let world = two(Act::Fail(kind));
        assert_eq!(ask(&world.router().await).await.0.unwrap_err(), kind);
        assert_eq!(world.asked(), ["a/one"]);
    }
}

#[tokio::test]
async fn a_dropped_probe_is_nobodys_failure() {
    let world = two(Act::Refuse(ModelErrorKind::RateLimited, Duration::from_mins(1)));
    let router = world.router().await;
    ask(&router).await.0.unwrap();
    world.clock.advance(Duration::from_mins(1));
    world.providers["a/one"].now_does(Act::Hang);
    {
        let mut call = std::pin::pin!(ask(&router));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx).is_pending())).await);
    }
    world.providers["a/one"].now_does(Act::Say("back"));
    world.asked();
    assert_eq!(ask(&router).await.0.unwrap().text, "back", "the next one may probe at once");
    let cancelled = |fact: &TelemetryEvent| matches!(fact, TelemetryEvent::ModelAttempt(attempt) if attempt.outcome == "cancelled");
    assert_eq!(world.facts().iter().filter(|fact| cancelled(fact)).count(), 1);
}

#[tokio::test]
async fn a_model_that_became_dearer_is_not_asked_any_more() {
    let world = two(Act::Fail(ModelErrorKind::Server));
    let router = world.router().await;
    world.hops[1].price.set(Some(super::world::dollars(9.0)));
    assert_eq!(ask(&router).await.0.unwrap_err(), ModelErrorKind::Server);
    assert!(world.asked().iter().all(|name| name == "a/one"));
}

#[test]
fn chains_never_go_to_a_dearer_or_less_trusted_model_by_themselves() {
    use crate::router::{Chain, Escalation};
    let say = || Act::Say("x");
    let model = |name, trust, price| Model { trust, price, ..Model::new(name, say()) };
    let refusal = |from: Model, to: Model| {
        let world = World::new(&[from, to]);
        assert!(Chain::new(world.hops.clone(), Escalation::Allowed).is_ok(), "unless somebody said so");
        Chain::new(world.hops.clone(), Escalation::Forbidden).err().map(|error| error.to_string())
    };
    let own = || model("o/own", Trust::OwnMachine, Some(0.0));
    let cheap = || model("c/cheap", Trust::ThirdParty, Some(1.0));
    let dear = || model("d/dear", Trust::ThirdParty, Some(2.0));
    let unknown = || model("u/unknown", Trust::ThirdParty, None);
    let account = || model("a/account", Trust::OwnAccount, Some(1.0));
    assert_eq!(refusal(dear(), cheap()), None);
    assert_eq!(refusal(cheap(), own()), None);
    assert_eq!(refusal(cheap(), account()), None);
    let texts = [
        refusal(cheap(), dear()),
        refusal(own(), cheap()),
        refusal(account(), cheap()),
        refusal(cheap(), unknown()),
    ];
    insta::assert_snapshot!(texts.map(Option::unwrap).join("\n"), @r"
    falling back from profile of c/cheap (c/cheap) to profile of d/dear (d/dear) is refused: it is dearer on input: $2.00 against $1.00 for a million tokens; choose another fallback, or set allow_escalation
    falling back from profile of o/own (o/own) to profile of c/cheap (c/cheap) is refused: its provider is trusted less; choose another fallback, or set allow_escalation
    falling back from profile of a/account (a/account) to profile of c/cheap (c/cheap) is refused: its provider is trusted less; choose another fallback, or set allow_escalation
    falling back from profile of c/cheap (c/cheap) to profile of u/unknown (u/unknown) is refused: nobody knows its price, which counts as dearer; choose another fallback, or set allow_escalation
    ");
}

fn with_contexts(world: &mut World, tokens: &[u32]) {
    for (hop, tokens) in world.hops.iter_mut().zip(tokens) {
        Arc::get_mut(hop).unwrap().context_tokens = Some(*tokens);
    }
}

/// A request of a thousand tokens or so.
fn long_request() -> ModelRequest {
    let text = "word ".repeat(800);
    ModelRequest { messages: vec![ChatMessage::System(text)], ..ModelRequest::default() }
}

#[tokio::test]
async fn a_bad_request_that_hardly_fits_is_tried_where_more_fits() {
    let mut world = two(Act::Fail(ModelErrorKind::BadRequest));
    with_contexts(&mut world, &[1_200, 100_000]);
    let (answer, _) = ask_this(&world.router().await, &long_request()).await;
    assert_eq!(answer.unwrap().text, "from two");
    let kinds = world.facts().into_iter().filter_map(|fact| match fact {
        TelemetryEvent::ModelAttempt(attempt) => Some(attempt.outcome),
        _ => None,
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["context_overflow", "ok"]);
}

#[tokio::test]
async fn a_bad_request_that_fits_stops_the_call() {
    let mut world = two(Act::Fail(ModelErrorKind::BadRequest));
    with_contexts(&mut world, &[2_000, 100_000]);
    let (answer, _) = ask_this(&world.router().await, &long_request()).await;
    assert_eq!(answer.unwrap_err(), ModelErrorKind::BadRequest);
    assert_eq!(world.asked(), ["a/one"]);
}

/// A router whose first model was down, and whose cooldown is over.
async fn after_an_outage(world: &World) -> Router {
    let router = world.router().await;
    for _ in 0..3 {
        ask(&router).await.0.unwrap();
    }
    world.clock.advance(Duration::from_mins(1));
    world.asked();
    router
}

#[tokio::test]
async fn one_call_tries_whether_it_works_again_however_slow_the_book_is() {
    let world = two(Act::Fail(ModelErrorKind::Overloaded));
    let router = after_an_outage(&world).await;
    world.providers["a/one"].now_does(Act::Hang);
    let calls = (0..5).map(|_| ask(&router));
    let calls = futures_util::future::join_all(calls);
    let answered = tokio::time::timeout(Duration::from_millis(200), calls).await;
    assert!(answered.is_err(), "the one that tries is still at it");
    let mut asked = world.asked();
    asked.sort();
    assert_eq!(asked, ["a/one", "b/two", "b/two", "b/two", "b/two"]);
}

#[tokio::test]
async fn a_place_is_worth_waiting_for_while_nobody_else_can_be_asked() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("at last"))]);
    // Nobody moves it but this test.
    world.clock = Arc::new(FakeClock::default());
    let room = Arc::new(Semaphore::new(1));
    Arc::get_mut(&mut world.hops[0]).unwrap().seats[0].room = room.clone();
    let router = world.router().await;
    let taken = room.clone().acquire_owned().await.unwrap();
    let (answer, ()) = tokio::join!(ask(&router), async {
        for _ in 0..6 {
            tokio::task::yield_now().await;
            world.clock.advance(Duration::from_secs(10));
        }
        drop(taken);
    });
    assert_eq!(answer.0.unwrap().text, "at last");
    assert_eq!(world.asked(), ["a/one"], "waiting was no attempt");
}

#[tokio::test]
async fn without_a_place_for_long_the_chat_is_told_that_others_ask() {
    let mut world = World::new(&[Model::new("a/one", Act::Say("never"))]);
    let room = Arc::new(Semaphore::new(0));
    Arc::get_mut(&mut world.hops[0]).unwrap().seats[0].room = room;
    let router = world.router().await;
    assert_eq!(ask(&router).await.0.unwrap_err(), ModelErrorKind::NoRoom);
    assert!(world.asked().is_empty());
    assert!(router.circuits().iter().all(|circuit| circuit.state == CircuitState::Closed));
}
