//! A router whose first choice is the real server, every fact that it tells, and a viewer who may pull the plug.
//!
//! Its clock stands still except where a call waits, so that nothing takes longer than the servers do.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::Label;
use nanobot_core::model::{
    AnswerFormat, ChatMessage, ModelCall, ModelErrorKind, ModelReply, ModelRequest, ModelTask, ToolClass,
    ToolSpec,
};
use nanobot_core::ports::{DeltaSink, ModelClient as _};
use nanobot_core::telemetry::TelemetryEvent;
use nanobot_core::testing::{FakeClock, MemoryBreakers, RecordingTelemetry, SequenceIds};
use nanobot_llm_router::{
    AfterFirstToken, Budgets, Chain, Delivery, Endpoint, Escalation, Hop, Manners, Price, PriceInForce,
    ProviderSettings, Router, RouterParts, Routes, Seat, Trust, provider_for,
};
use nanobot_tests::fake_vendor::FakeVendor;
use rustix::process::Signal;
use serde_json::json;
use tokio::sync::Semaphore;

use super::super::harness::LlamaServer;
use super::SPARE;

pub(super) const COOLDOWN: Duration = Duration::from_mins(1);

/// How long a call may take before it counts as hanging.
const LIMIT: Duration = Duration::from_mins(1);

/// A router over these models.
pub(super) struct World {
    pub(super) clock: Arc<FakeClock>,
    router: Router,
    telemetry: Arc<RecordingTelemetry>,
    /// So many facts were looked at.
    known: Cell<usize>,
}

/// What came of a call.
pub(super) struct Heard {
    pub(super) answer: Result<ModelReply, ModelErrorKind>,
    /// What the viewer has before it in the end.
    pub(super) seen: String,
    /// How often it was told to forget what it had seen.
    pub(super) restarts: u32,
}

impl World {
    pub(super) async fn open(hops: Vec<Hop>, after_first_token: AfterFirstToken) -> Self {
        let (clock, telemetry) = (Arc::new(FakeClock::default().auto()), Arc::new(RecordingTelemetry::new()));
        let chain = Chain::new(hops.into_iter().map(Arc::new).collect(), Escalation::Forbidden).unwrap();
        let by_task = BTreeMap::from([("reply".to_owned(), "main".to_owned())]);
        let router = Router::open(RouterParts {
            routes: Routes { routes: by_task, chats: BTreeMap::new() },
            chains: BTreeMap::from([("main".to_owned(), chain)]),
            budgets: Budgets::default(),
            manners: Manners { after_first_token, ..Manners::default() },
            ledger: None,
            breakers: Some(Arc::new(MemoryBreakers::new())),
            telemetry: telemetry.clone(),
            clock: clock.clone(),
            ids: Arc::new(SequenceIds::new()),
        });
        Self { clock, router: router.await.unwrap(), telemetry, known: Cell::new(0) }
    }

    pub(super) async fn ask(&self, request: &ModelRequest) -> Heard {
        self.ask_as(Viewer::default(), request).await
    }

    /// Kills the server as soon as the first words of the answer are seen.
    pub(super) async fn ask_and_kill(&self, request: &ModelRequest, server: &LlamaServer) -> Heard {
        self.ask_as(Viewer { kills: Some(server), ..Viewer::default() }, request).await
    }

    async fn ask_as(&self, mut viewer: Viewer<'_>, request: &ModelRequest) -> Heard {
        let call = ModelCall::own(request, ModelTask::Reply);
        let answer = tokio::time::timeout(LIMIT, self.router.complete(&call, &mut viewer)).await;
        let answer = answer.expect("the call hangs").map_err(|error| error.kind);
        Heard { answer, seen: viewer.text, restarts: viewer.restarts }
    }

    /// What was told since this was last asked, in few words.
    pub(super) fn told(&self) -> Vec<String> {
        let facts = self.telemetry.events();
        let known = self.known.replace(facts.len());
        facts[known..].iter().filter_map(in_few_words).collect()
    }
}

fn in_few_words(fact: &TelemetryEvent) -> Option<String> {
    match fact {
        TelemetryEvent::ModelAttempt(attempt) => Some(format!("{}: {}", attempt.provider, attempt.outcome)),
        TelemetryEvent::ModelFallback { to, reason, .. } => Some(format!("{to} instead: {reason}")),
        TelemetryEvent::Circuit { provider, state, .. } => Some(format!("{provider} is {}", state.name())),
        TelemetryEvent::ModelFailed { outcome, .. } => Some(format!("failed: {outcome}")),
        _ => None,
    }
}

/// Holds what was sent to it.
#[derive(Default)]
struct Viewer<'a> {
    text: String,
    restarts: u32,
    kills: Option<&'a LlamaServer>,
}

impl DeltaSink for Viewer<'_> {
    fn text(&mut self, piece: &str) {
        if let Some(server) = self.kills.take() {
            server.signal(Signal::KILL);
        }
        self.text.push_str(piece);
    }

    fn restart(&mut self) {
        self.restarts += 1;
        self.text.clear();
    }
}

/// The real server as a model of a chain.
pub(super) fn real(server: &LlamaServer, delivery: Delivery) -> Hop {
    hop("real", &server.base_url(), delivery)
}

/// A vendor that works, as one.
pub(super) fn spare(vendor: &FakeVendor, delivery: Delivery) -> Hop {
    hop(SPARE, &vendor.base(), delivery)
}

fn hop(name: &str, base: &str, delivery: Delivery) -> Hop {
    let model = format!("{name}-model");
    let mut settings = ProviderSettings::new(name, &model, Endpoint::parse(base).unwrap());
    settings.delivery = delivery;
    let seat = Seat {
        credential: "main".to_owned(),
        fingerprint: "none".to_owned(),
        client: provider_for(settings).unwrap(),
        room: Arc::new(Semaphore::new(1)),
    };
    Hop {
        profile: name.to_owned(),
        provider: name.to_owned(),
        model,
        trust: Trust::OwnMachine,
        price: PriceInForce::new(Some(Price::OWN_MACHINE)),
        context_tokens: None,
        max_tokens: 4096,
        cooldown: COOLDOWN,
        seats: vec![seat],
    }
}

/// A question that any server can bear.
pub(super) fn harmless(mark: &str) -> ModelRequest {
    let user = ChatMessage::User { text: mark.to_owned(), images: Vec::new(), labels: Label::Owner.into() };
    ModelRequest { messages: vec![user], ..ModelRequest::default() }
}

/// A question of an ordinary kind that the tiny agent's server dies of: a tool is on offer, and the answer has to be a
/// document. Setting up a grammar for both, it aborts.
pub(super) fn deadly(mark: &str) -> ModelRequest {
    let tool = ToolSpec {
        name: "list_dir".to_owned(),
        description: "Lists a folder.".to_owned(),
        parameters: json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}),
        class: ToolClass::Pure,
    };
    let schema = json!({
        "type": "object",
        "properties": {"found": {"type": "string"}},
        "required": ["found"],
        "additionalProperties": false,
    });
    let format = AnswerFormat::Json { name: "listing".to_owned(), schema };
    ModelRequest { tools: vec![tool], format, ..harmless(mark) }
}
