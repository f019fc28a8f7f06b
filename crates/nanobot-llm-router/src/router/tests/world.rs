//! Providers that do what a test says, and a router over them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::model::{
    FinishReason, ModelCall, ModelError, ModelErrorKind, ModelReply, ModelRequest, ModelTask, Usage,
};
use nanobot_core::ports::{DeltaSink, ModelClient as _, ModelInfo};
use nanobot_core::telemetry::TelemetryEvent;
use nanobot_core::testing::{
    CollectedDeltas, FakeClock, MemoryBreakers, MemoryBudget, RecordingTelemetry, SequenceIds,
};
use tokio::sync::Semaphore;

use crate::chat::ChatProvider;
use crate::price::{PerToken, Price, PriceSource};
use crate::router::*;

/// What a provider does when it is asked.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Say(&'static str),
    /// Says so many tokens were read, and so many written.
    SayCounting(&'static str, u64, u64),
    /// Refuses before it begins.
    TurnAway(ModelErrorKind),
    Fail(ModelErrorKind),
    Refuse(ModelErrorKind, Duration),
    /// Streams the text, then fails.
    Break(&'static str, ModelErrorKind),
    Hang,
}

/// A provider; who was asked goes into a log that all of them share.
pub(super) struct Provider {
    name: String,
    acts: Mutex<VecDeque<Act>>,
    standing: Mutex<Act>,
    log: Arc<Mutex<Vec<String>>>,
    clock: Arc<FakeClock>,
    took: Duration,
}

impl Provider {
    pub(super) fn now_does(&self, act: Act) {
        *self.standing.lock().unwrap() = act;
    }
}

#[async_trait]
impl ChatProvider for Provider {
    fn info(&self) -> ModelInfo {
        ModelInfo {
            provider: self.name.clone(),
            model: self.name.clone(),
            endpoint: None,
            is_language_model: true,
        }
    }

    async fn ask(
        &self,
        _request: &ModelRequest,
        _patience: Duration,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        self.log.lock().unwrap().push(self.name.clone());
        let act = self.acts.lock().unwrap().pop_front();
        let act = act.unwrap_or_else(|| self.standing.lock().unwrap().clone());
        self.clock.advance(self.took);
        let mut say = |text: &'static str, input, output| {
            deltas.text(text);
            ModelReply {
                text: text.to_owned(),
                tool_calls: Vec::new(),
                finish: FinishReason::Stop,
                usage: Usage { input: Some(input), output: Some(output), ..Usage::default() },
                served: None,
            }
        };
        match act {
            Act::Say(text) => Ok(say(text, 10, 5)),
            Act::SayCounting(text, input, output) => Ok(say(text, input, output)),
            Act::TurnAway(kind) => Err(ModelError::new(kind).free()),
            Act::Fail(kind) => Err(ModelError::new(kind)),
            Act::Refuse(kind, wait) => Err(ModelError { retry_after: Some(wait), ..ModelError::new(kind) }),
            Act::Break(text, kind) => {
                deltas.text(text);
                Err(ModelError::new(kind))
            }
            Act::Hang => std::future::pending().await,
        }
    }
}

/// One model to be.
#[derive(Clone)]
pub(super) struct Model {
    pub(super) name: &'static str,
    pub(super) trust: Trust,
    /// Dollars per million tokens, read and written; none for unknown.
    pub(super) price: Option<f64>,
    pub(super) credentials: &'static [&'static str],
    pub(super) does: Act,
}

impl Model {
    pub(super) fn new(name: &'static str, does: Act) -> Self {
        Self { name, trust: Trust::ThirdParty, price: Some(1.0), credentials: &["main"], does }
    }
}

pub(super) fn dollars(per_million: f64) -> Price {
    let token = PerToken::from_dollars_per_million(per_million).unwrap();
    Price {
        input: token,
        output: token,
        cached_input: None,
        cache_write: None,
        source: PriceSource::Configured,
    }
}

/// Everything around a router.
pub(super) struct World {
    pub(super) clock: Arc<FakeClock>,
    pub(super) telemetry: Arc<RecordingTelemetry>,
    pub(super) ledger: Arc<MemoryBudget>,
    pub(super) breakers: Arc<MemoryBreakers>,
    pub(super) providers: BTreeMap<String, Arc<Provider>>,
    pub(super) log: Arc<Mutex<Vec<String>>>,
    pub(super) hops: Vec<Arc<Hop>>,
    pub(super) budgets: Budgets,
    pub(super) manners: Manners,
    pub(super) escalation: Escalation,
}

impl World {
    pub(super) fn new(models: &[Model]) -> Self {
        let mut world = Self {
            clock: Arc::new(FakeClock::default().auto()),
            telemetry: Arc::default(),
            ledger: Arc::default(),
            breakers: Arc::default(),
            providers: BTreeMap::new(),
            log: Arc::default(),
            hops: Vec::new(),
            budgets: Budgets::default(),
            manners: Manners::default(),
            escalation: Escalation::Forbidden,
        };
        world.hops = models.iter().map(|model| Arc::new(world.hop(model))).collect();
        world
    }

    /// The provider of `a/b` is `a`; each credential has a client of its own.
    fn hop(&mut self, model: &Model) -> Hop {
        let provider = model.name.split('/').next().unwrap().to_owned();
        let seats = model.credentials.iter().map(|credential| {
            let name = match model.credentials {
                [_] => model.name.to_owned(),
                _ => format!("{}@{credential}", model.name),
            };
            let client = Arc::new(Provider {
                name: name.clone(),
                acts: Mutex::default(),
                standing: Mutex::new(model.does.clone()),
                log: self.log.clone(),
                clock: self.clock.clone(),
                took: Duration::from_millis(100),
            });
            self.providers.insert(name, client.clone());
            Seat {
                credential: (*credential).to_owned(),
                fingerprint: "f".to_owned(),
                client,
                room: Arc::new(Semaphore::new(16)),
            }
        });
        let seats = seats.collect();
        Hop {
            profile: format!("profile of {}", model.name),
            provider,
            model: model.name.to_owned(),
            trust: model.trust,
            price: PriceInForce::new(model.price.map(dollars)),
            context_tokens: None,
            max_tokens: 1_000,
            cooldown: Duration::from_mins(1),
            seats,
        }
    }

    pub(super) async fn router(&self) -> Router {
        let chain = Chain::new(self.hops.clone(), self.escalation).unwrap();
        let routes = BTreeMap::from([("reply".to_owned(), "main".to_owned())]);
        Router::open(RouterParts {
            routes: Routes { routes, chats: BTreeMap::new() },
            chains: BTreeMap::from([("main".to_owned(), chain)]),
            budgets: self.budgets.clone(),
            manners: self.manners,
            ledger: Some(self.ledger.clone()),
            breakers: Some(self.breakers.clone()),
            telemetry: self.telemetry.clone(),
            clock: self.clock.clone(),
            ids: Arc::new(SequenceIds::new()),
        })
        .await
        .unwrap()
    }

    /// Who was asked since it was last looked at.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    pub(super) fn facts(&self) -> Vec<TelemetryEvent> {
        self.telemetry.events()
    }
}

/// Asks once, for a chat.
pub(super) async fn ask(router: &Router) -> (Result<ModelReply, ModelErrorKind>, CollectedDeltas) {
    ask_this(router, &ModelRequest::default()).await
}

pub(super) async fn ask_this(
    router: &Router,
    request: &ModelRequest,
) -> (Result<ModelReply, ModelErrorKind>, CollectedDeltas) {
    let session = SessionKey::new("cli:default").unwrap();
    let mut deltas = CollectedDeltas::default();
    let answer = router.complete(&ModelCall::reply(request, &session), &mut deltas).await;
    (answer.map_err(|error| error.kind), deltas)
}

pub(super) async fn ask_for(router: &Router, task: ModelTask) -> Result<ModelReply, ModelErrorKind> {
    let request = ModelRequest::default();
    let mut deltas = CollectedDeltas::default();
    router.complete(&ModelCall::own(&request, task), &mut deltas).await.map_err(|error| error.kind)
}
