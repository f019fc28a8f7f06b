//! Number 12: nothing calls a model while the assistant is idle, and no provider is tried out for its own sake.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ids::ChannelName;
use nanobot_core::model::{FinishReason, ModelError, ModelErrorKind, ModelReply, ModelRequest, Usage};
use nanobot_core::ports::{ChannelSender, Clock, Delivery, DeltaSink, ModelInfo, SendError};
use nanobot_core::stand_in::VolatileJournal;
use nanobot_core::telemetry::CircuitState;
use nanobot_core::testing::event::{cli, wa};
use nanobot_core::testing::{MemoryBreakers, MemoryBudget, RecordingTelemetry, ScriptedModel, SequenceIds};
use nanobot_core::units::NanoDollars;
use nanobot_llm_router::{
    Budgets, Chain, ChatProvider, Escalation, Hop, Manners, Price, PriceInForce, Router, RouterParts, Routes,
    Seat, Trust,
};
use nanobotd::{Adapters, App, Drained};
use tokio::sync::Semaphore;

use crate::support::{PATIENCE, TestHome, VirtualClock, Watcher, network};

const AN_HOUR: Duration = Duration::from_hours(1);
const A_DAY: Duration = Duration::from_hours(24);

/// A network that is down.
#[derive(Default)]
struct Down(AtomicUsize);

#[async_trait]
impl ChannelSender for Down {
    fn channel(&self) -> ChannelName {
        ChannelName::WHATSAPP
    }

    async fn send(&self, _delivery: &Delivery) -> Result<(), SendError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(SendError::Unreachable { wait: None })
    }
}

// Invariant 12. The day is one of paused time; an answer that cannot be delivered keeps the pump busy with it. The
// journal is the one in memory: the other has a thread of its own, and paused time does not wait for threads.
#[tokio::test]
async fn an_idle_day_calls_no_model() {
    let home = TestHome::new("");
    let boot = home.boot();
    let model = Arc::new(ScriptedModel::replying(&["hello", "hello there"]));
    let down = Arc::new(Down::default());
    let honest = home.adapters(&boot, model.clone()).await;
    tokio::time::pause();
    let journal = Arc::new(VolatileJournal::new());
    let adapters = Adapters {
        clock: Arc::new(VirtualClock::new()),
        networks: vec![network(down.clone())],
        journal: journal.clone(),
        lines: journal.clone(),
        outbox: journal,
        ..honest
    };
    let mut app = App::start_with(boot, adapters).await.unwrap();
    tokio::time::sleep(AN_HOUR).await;
    assert_eq!(model.requests().len(), 0, "nobody has said anything yet");

    let terminal = Watcher::attach(&mut app, "default").await;
    app.ingest().receive(cli("hi").id("c1").build()).await.unwrap();
    terminal.ends(1).await;
    app.ingest().receive(wa("hi").build()).await.unwrap();
    let control = app.control();
    tokio::time::sleep(A_DAY).await;
    assert_eq!(model.requests().len(), 2, "two messages, two calls, however long the day is");
    assert_eq!(model.unused(), 0);
    let tries = down.0.load(Ordering::Relaxed);
    assert!((2..=20).contains(&tries), "the pump was awake and gave up in the end: {tries} tries");
    let queues = control.status().await.queues;
    assert_eq!((queues.lanes, queues.waiting, queues.running), (0, 0, 0));
    assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
}

/// A model at a provider, which counts how often it is asked.
struct Counted {
    name: &'static str,
    is_up: bool,
    asked: AtomicUsize,
}

impl Counted {
    fn new(name: &'static str, is_up: bool) -> Arc<Self> {
        Arc::new(Self { name, is_up, asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl ChatProvider for Counted {
    fn info(&self) -> ModelInfo {
        let name = || self.name.to_owned();
        ModelInfo { provider: name(), model: name(), endpoint: None, is_language_model: true }
    }

    async fn ask(
        &self,
        _request: &ModelRequest,
        _patience: Duration,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if !self.is_up {
            return Err(ModelError::new(ModelErrorKind::Overloaded));
        }
        deltas.text("hello");
        Ok(ModelReply {
            text: "hello".to_owned(),
            tool_calls: Vec::new(),
            finish: FinishReason::Stop,
            usage: Usage { input: Some(1), output: Some(1), ..Usage::default() },
            served: None,
        })
    }
}

fn hop(provider: &Arc<Counted>) -> Arc<Hop> {
    let seat = Seat {
        credential: "main".to_owned(),
        fingerprint: "1".to_owned(),
        client: provider.clone(),
        room: Arc::new(Semaphore::new(4)),
    };
    Arc::new(Hop {
        profile: provider.name.to_owned(),
        provider: provider.name.to_owned(),
        model: provider.name.to_owned(),
        trust: Trust::OwnMachine,
        price: PriceInForce::new(Some(Price::OWN_MACHINE)),
        context_tokens: None,
        max_tokens: 100,
        cooldown: Duration::from_mins(1),
        seats: vec![seat],
    })
}

async fn router(providers: [&Arc<Counted>; 2], clock: Arc<dyn Clock>) -> Arc<Router> {
    let chain = Chain::new(providers.map(hop).into(), Escalation::Forbidden).unwrap();
    let parts = RouterParts {
        routes: Routes {
            routes: BTreeMap::from([("reply".to_owned(), "main".to_owned())]),
            chats: BTreeMap::new(),
        },
        chains: BTreeMap::from([("main".to_owned(), chain)]),
        budgets: Budgets { day: Some(NanoDollars::new(1)), ..Budgets::default() },
        manners: Manners::default(),
        ledger: Some(Arc::new(MemoryBudget::default())),
        breakers: Some(Arc::new(MemoryBreakers::default())),
        telemetry: Arc::new(RecordingTelemetry::default()),
        clock,
        ids: Arc::new(SequenceIds::new()),
    };
    Arc::new(Router::open(parts).await.unwrap())
}

// A circuit that is open is looked at by whoever asks next, and by nobody before.
#[tokio::test]
async fn an_idle_day_tries_no_provider_out_though_its_circuit_is_open() {
    let home = TestHome::new("");
    let boot = home.boot();
    let (down, up) = (Counted::new("first", false), Counted::new("second", true));
    let honest = home.adapters(&boot, Arc::new(ScriptedModel::replying(&[]))).await;
    tokio::time::pause();
    let clock = Arc::new(VirtualClock::new());
    let router = router([&down, &up], clock.clone()).await;
    let journal = Arc::new(VolatileJournal::new());
    let adapters = Adapters {
        clock,
        model: router.clone(),
        router: Some(router.clone()),
        journal: journal.clone(),
        lines: journal.clone(),
        outbox: journal,
        ..honest
    };
    let mut app = App::start_with(boot, adapters).await.unwrap();
    let terminal = Watcher::attach(&mut app, "default").await;
    for (place, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        app.ingest().receive(cli("hi").id(id).build()).await.unwrap();
        terminal.ends(place + 1).await;
    }
    let is_any = |state| router.circuits().iter().any(|circuit| circuit.state == state);
    assert!(is_any(CircuitState::Open), "three failures in a row");
    assert_eq!((down.asked(), up.asked()), (3, 4));
    tokio::time::sleep(A_DAY).await;
    assert_eq!((down.asked(), up.asked()), (3, 4), "nobody was asked all day");
    assert!(is_any(CircuitState::HalfOpen), "nothing mended itself by being tried; it may be");

    app.ingest().receive(cli("hi").id("e").build()).await.unwrap();
    terminal.ends(5).await;
    assert_eq!((down.asked(), up.asked()), (4, 5), "whoever asks next tries, and is answered all the same");
    assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
}
