//! What a sample says when something is wrong.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nanobot_core::cancel::CancelSwitch;
use nanobot_core::model::{ModelCall, ModelError, ModelErrorKind, ModelReply, ModelRequest, ModelTask};
use nanobot_core::ports::{
    BudgetScope, DeltaSink, IdGenerator as _, Journal as _, ModelClient as _, ModelInfo, StoreErrorKind,
};
use nanobot_core::telemetry::{BudgetLevel, CircuitState};
use nanobot_core::testing::journal::{closing, delivery};
use nanobot_core::testing::{
    CollectedDeltas, FakeClock, MemoryBreakers, MemoryBudget, MemoryJournal, RecordingTelemetry, SequenceIds,
};
use nanobot_core::units::NanoDollars;
use nanobot_llm_router::{
    Budgets, Chain, ChatProvider, Escalation, Hop, Manners, Price, PriceInForce, RouterParts, Routes, Seat,
    Trust,
};
use tokio::sync::Semaphore;

use super::*;
use crate::lanes::LaneLimits;
use crate::networks::NetworkState;
use crate::system::{SystemClock, SystemIds};

/// What a sampler looks at.
#[derive(Default)]
struct Scene {
    journal: Arc<MemoryJournal>,
    ledger: Arc<MemoryBudget>,
    breakers: Arc<MemoryBreakers>,
    telemetry: Arc<RecordingTelemetry>,
    clock: Arc<FakeClock>,
}

impl Scene {
    async fn sampler(&self) -> Sampler {
        Sampler {
            lanes: Lanes::new(LaneLimits { queue: 1, lanes: 1 }),
            outbox: self.journal.clone(),
            networks: Vec::new(),
            absent: Vec::new(),
            router: Some(Arc::new(self.router().await)),
            telemetry: self.telemetry.clone(),
            clock: self.clock.clone(),
        }
    }

    /// One model, whose provider refuses the key.
    async fn router(&self) -> Router {
        let seat = Seat {
            credential: "main".to_owned(),
            fingerprint: "1".to_owned(),
            client: Arc::new(Refusing),
            room: Arc::new(Semaphore::new(1)),
        };
        let hop = Hop {
            profile: "only".to_owned(),
            provider: "p".to_owned(),
            model: "m".to_owned(),
            trust: Trust::OwnMachine,
            price: PriceInForce::new(Some(Price::OWN_MACHINE)),
            context_tokens: None,
            max_tokens: 100,
            cooldown: Duration::from_mins(1),
            seats: vec![seat],
        };
        let chain = Chain::new(vec![Arc::new(hop)], Escalation::Forbidden).unwrap();
        let routes = BTreeMap::from([("reply".to_owned(), "only".to_owned())]);
        let parts = RouterParts {
            routes: Routes { routes, chats: BTreeMap::new() },
            chains: BTreeMap::from([("only".to_owned(), chain)]),
            budgets: Budgets { day: Some(NanoDollars::new(5)), ..Budgets::default() },
            manners: Manners::default(),
            ledger: Some(self.ledger.clone()),
            breakers: Some(self.breakers.clone()),
            telemetry: Arc::new(RecordingTelemetry::default()),
            clock: self.clock.clone(),
            ids: Arc::new(SequenceIds::new()),
        };
        Router::open(parts).await.unwrap()
    }

    /// Which stores were said to fail.
    fn failed(&self) -> Vec<(StoreName, StoreErrorKind)> {
        let facts = self.telemetry.events().into_iter();
        let failed = facts.filter_map(|fact| match fact {
            TelemetryEvent::StoreFailed { store, kind, .. } => Some((store, kind)),
            _ => None,
        });
        failed.collect()
    }
}

/// A provider that refuses the key.
struct Refusing;

#[async_trait]
impl ChatProvider for Refusing {
    fn info(&self) -> ModelInfo {
        ModelInfo { provider: "p".to_owned(), model: "m".to_owned(), endpoint: None, is_language_model: true }
    }

    async fn ask(
        &self,
        _request: &ModelRequest,
        _patience: Duration,
        _deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        Err(ModelError::new(ModelErrorKind::Auth))
    }
}

#[test]
fn a_turn_tells_when_it_was_named() {
    let before = SystemClock::new().now().instant;
    let named = began(&SystemIds.turn_id()).unwrap();
    let apart = named.duration_since(before).as_secs().abs();
    assert!(apart < 60, "{apart} s");
    assert_eq!(began(&TurnId::new("turn-1").unwrap()), None);
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_not_shown_as_empty_and_told_once_until_it_can() {
    let scene = Scene::default();
    let mut waiting = closing("t1");
    waiting.deliveries = vec![delivery("t1", 0, "a", "hello")];
    scene.journal.close(&waiting).await.unwrap();
    let (sampler, mut troubles) = (scene.sampler().await, Troubles::default());
    let level = BudgetLevel { scope: BudgetScope::Day, most: NanoDollars::new(5), left: NanoDollars::new(5) };
    let seen = Some(Undelivered { count: 1, oldest: Duration::ZERO });
    for round in 1..=2 {
        for _ in 0..3 {
            scene.journal.trouble.fail_next_in("count", StoreErrorKind::Busy);
            scene.ledger.trouble.fail_next_in("counted", StoreErrorKind::Full);
            let sample = sampler.sample(&mut troubles).await;
            assert_eq!((sample.undelivered, sample.budgets), (None, Vec::new()));
        }
        scene.journal.trouble.fail_next_in("list", StoreErrorKind::Busy);
        assert_eq!(sampler.sample(&mut troubles).await.undelivered, None, "a half is none");
        let sample = sampler.sample(&mut troubles).await;
        assert_eq!((sample.undelivered, sample.budgets), (seen, vec![level]));
        let once = [(StoreName::Outbox, StoreErrorKind::Busy), (StoreName::Spending, StoreErrorKind::Full)];
        assert_eq!(scene.failed(), once.repeat(round));
    }
}

#[tokio::test]
async fn a_network_that_should_run_and_does_not_is_not_connected() {
    let (irc, absent) = (ChannelName::new("irc").unwrap(), ChannelName::WHATSAPP);
    let state = || NetworkState { words: String::new(), connected: true };
    let sampler = Sampler {
        networks: vec![(irc.clone(), Arc::new(state))],
        absent: vec![absent.clone()],
        ..Scene::default().sampler().await
    };
    let sample = sampler.sample(&mut Troubles::default()).await;
    assert_eq!(sample.channels, [(irc, true), (absent, false)]);
}

#[tokio::test]
async fn circuits_are_shown_as_they_are_also_after_a_restart_and_when_their_time_is_up() {
    let scene = Scene::default();
    let first = scene.sampler().await;
    let (request, mut deltas) = (ModelRequest::default(), CollectedDeltas::default());
    let call = ModelCall::own(&request, ModelTask::Reply);
    let asked = first.router.as_ref().unwrap().complete(&call, &mut deltas).await;
    assert_eq!(asked.unwrap_err().kind, ModelErrorKind::Auth);
    let restarted = scene.sampler().await;
    let shown = async |sampler: &Sampler| {
        let circuits = sampler.sample(&mut Troubles::default()).await.circuits;
        circuits.into_iter().map(|circuit| (circuit.model, circuit.state)).collect::<Vec<_>>()
    };
    let of_key = |state| [(None, state), (Some("m".to_owned()), CircuitState::Closed)];
    assert_eq!(shown(&first).await, of_key(CircuitState::Open));
    assert_eq!(shown(&restarted).await, of_key(CircuitState::Open), "nobody has asked yet");
    scene.clock.advance(Duration::from_mins(1));
    assert_eq!(shown(&restarted).await, of_key(CircuitState::HalfOpen), "it may be tried");
}

#[tokio::test(start_paused = true)]
async fn a_sample_says_when_it_was_taken_and_comes_every_few_seconds() {
    let scene = Scene::default();
    let (switch, cancel) = CancelSwitch::new();
    let running = tokio::spawn(scene.sampler().await.run(cancel));
    tokio::time::sleep(2 * EVERY + Duration::from_secs(1)).await;
    switch.cancel();
    running.await.unwrap();
    let facts = scene.telemetry.events();
    let times = facts.iter().map(|fact| match fact {
        TelemetryEvent::Sample(sample) => sample.at,
        other => panic!("{other:?}"),
    });
    assert_eq!(times.collect::<Vec<_>>(), [scene.clock.instant(); 3]);
}
