//! A pipeline over fakes that a test can kill at any of its writes and start again. No runtime is needed: nothing
//! in here waits, except what never ends.

use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use serde_json::json;

use crate::cancel::{CancelSwitch, CancelToken, StopReason};
use crate::event::InboundEvent;
use crate::ids::{SessionKey, TurnId};
use crate::label::{Label, Labels};
use crate::model::{ToolCall, ToolClass, ToolSpec};
use crate::orchestrator::{Orchestrator, OrchestratorParts};
use crate::pipeline::{Handled, TurnScope};
use crate::ports::{
    Attempt, Closing, InboundId, Ingested, Journal, OpenTurn, Seen, StoreError, StoreErrorKind, Tidied,
    ToolContext, ToolExecutor, ToolOutcome,
};
use crate::record::{RecordedStep, StepDone, StepStarted};
use crate::reply_context::WindowLimits;
use crate::responder::{ModelResponder, ResponderParts};
use crate::stand_in::{NoCommands, NoPersonas, hold};
use crate::testing::event::SENT_AT;
use crate::testing::{
    FakeClock, FixedWorkspace, MemoryArchive, MemoryJournal, MemorySeenChats, MemorySessions, RecordingSink,
    RecordingTelemetry, ScriptedGate, ScriptedModel, ScriptedPolicy,
};
use crate::time::{Timestamp, WallTime};
use crate::turn::TurnLimits;

/// The tools that the policy allows at first. `ban` is on offer and not allowed, `ghost` is nowhere.
pub(crate) const ALLOWED: [&str; 3] = ["look", "put", "pay"];

/// A process: everything in it is gone when it dies, except what the test takes out of its journal.
pub(crate) struct World {
    pub(crate) journal: Arc<Mortal>,
    pub(crate) sessions: Arc<MemorySessions>,
    pub(crate) seen_chats: Arc<MemorySeenChats>,
    pub(crate) model: Arc<ScriptedModel>,
    pub(crate) tools: Arc<Tools>,
    pub(crate) policy: Arc<ScriptedPolicy>,
    pub(crate) security: Arc<ScriptedGate>,
    pub(crate) orchestrator: Orchestrator,
}

impl World {
    pub(crate) fn new(model: ScriptedModel) -> Self {
        Self::behind(ScriptedGate::new(), model)
    }

    pub(crate) fn behind(gate: ScriptedGate, model: ScriptedModel) -> Self {
        let (journal, sessions) = (Arc::new(Mortal::default()), Arc::new(MemorySessions::new()));
        let (model, tools) = (Arc::new(model), Arc::new(Tools::default()));
        let (policy, security) = (Arc::new(ScriptedPolicy::accepting(&ALLOWED)), Arc::new(gate));
        let (live, seen_chats) = (Arc::new(RecordingSink::new()), Arc::new(MemorySeenChats::new()));
        let responder = ModelResponder::new(ResponderParts {
            model: model.clone(),
            tools: tools.clone(),
            policy: policy.clone(),
            security: security.clone(),
            sessions: sessions.clone(),
            workspace: Arc::new(FixedWorkspace::default()),
            journal: journal.clone(),
            lines: journal.inner.clone(),
            live: live.clone(),
            telemetry: Arc::new(RecordingTelemetry::new()),
            clock: Arc::new(FakeClock::default().auto()),
            limits: TurnLimits::default(),
        });
        let orchestrator = Orchestrator::new(OrchestratorParts {
            admin: Arc::new(NoCommands),
            personas: Arc::new(NoPersonas),
            policy: policy.clone(),
            security: security.clone(),
            responder: Arc::new(responder),
            live,
            seen_chats: seen_chats.clone(),
            archive: Some(Arc::new(MemoryArchive::new())),
            windows: WindowLimits::default(),
        });
        Self { journal, sessions, seen_chats, model, tools, policy, security, orchestrator }
    }

    /// One try at the turn, by which this was on record before. None when the process died in it.
    pub(crate) fn attempt(&self, event: &InboundEvent, recorded: Vec<RecordedStep>) -> Option<Handled> {
        self.attempt_until(event, recorded, None)
    }

    /// The same with the turn's switch thrown: whatever does not end at once is stopped.
    pub(crate) fn attempt_until(
        &self,
        event: &InboundEvent,
        recorded: Vec<RecordedStep>,
        stop: Option<StopReason>,
    ) -> Option<Handled> {
        let (switch, cancel) = CancelSwitch::new();
        if let Some(reason) = stop {
            switch.throw(reason);
        }
        self.handle(event, &scope(&turn(), cancel, recorded))
    }

    /// One try at any turn.
    pub(crate) fn handle(&self, event: &InboundEvent, scope: &TurnScope) -> Option<Handled> {
        at_once(self.orchestrator.handle(event.clone(), scope.clone()))
    }

    /// What the journal has of the turn.
    pub(crate) fn steps(&self) -> Vec<RecordedStep> {
        self.journal.inner.steps(&turn())
    }

    /// The calls that ran: tool and key.
    pub(crate) fn ran(&self) -> Vec<(String, String)> {
        let ran = hold(&self.tools.calls);
        ran.iter().map(|(call, key)| (call.name.clone(), key.clone())).collect()
    }
}

pub(crate) fn turn() -> TurnId {
    TurnId::new("turn-1").unwrap()
}

pub(crate) fn scope(turn: &TurnId, cancel: CancelToken, recorded: Vec<RecordedStep>) -> TurnScope {
    let now = WallTime::utc(SENT_AT.parse().unwrap());
    TurnScope { beside: false, turn: turn.clone(), now, seen: Seen::First, cancel, recorded: recorded.into() }
}

/// What work comes to that never waits; none when it hangs: then it is dropped, as a process that is killed.
pub(crate) fn at_once<F: Future>(work: F) -> Option<F::Output> {
    match pin!(work).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// How a process ends at a write of a step, and at every one behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// It lives, and the journal takes no more.
    JournalFails,
    /// It is killed, and the write was not made.
    BeforeTheWrite,
    /// It is killed, and the write was made.
    BehindTheWrite,
}

/// A journal that takes so many steps and no more.
#[derive(Default)]
pub(crate) struct Mortal {
    pub(crate) inner: Arc<MemoryJournal>,
    end: Mutex<Option<(usize, Death)>>,
    refused: Mutex<bool>,
}

impl Mortal {
    /// So many writes are made, then this happens.
    pub(crate) fn ends_after(&self, writes: usize, death: Death) {
        *hold(&self.end) = Some((writes, death));
    }

    /// All is well again.
    pub(crate) fn recovers(&self) {
        *hold(&self.end) = None;
    }

    async fn step(
        &self,
        write: impl Future<Output = Result<(), StoreError>> + Send,
    ) -> Result<(), StoreError> {
        match self.due() {
            None => write.await,
            Some(Death::JournalFails) => {
                *hold(&self.refused) = true;
                Err(StoreError::new(StoreErrorKind::Full, "recording a step"))
            }
            Some(Death::BeforeTheWrite) => pending().await,
            Some(Death::BehindTheWrite) => {
                write.await?;
                pending().await
            }
        }
    }

    /// Whether a write was refused.
    pub(crate) fn has_failed(&self) -> bool {
        *hold(&self.refused)
    }

    fn due(&self) -> Option<Death> {
        let mut end = hold(&self.end);
        let (left, death) = end.as_mut()?;
        if *left == 0 {
            return Some(*death);
        }
        *left -= 1;
        None
    }
}

#[async_trait]
impl Journal for Mortal {
    fn name(&self) -> &'static str {
        "mortal"
    }

    fn is_durable(&self) -> bool {
        true
    }

    async fn ingest(
        &self,
        event: &InboundEvent,
        turn: &TurnId,
        at: Timestamp,
    ) -> Result<Ingested, StoreError> {
        self.inner.ingest(event, turn, at).await
    }

    async fn begin(&self, inbound: InboundId, at: &WallTime) -> Result<Attempt, StoreError> {
        self.inner.begin(inbound, at).await
    }

    async fn hand_back(&self, inbound: InboundId) -> Result<(), StoreError> {
        self.inner.hand_back(inbound).await
    }

    async fn step_started(&self, turn: &TurnId, step: &StepStarted) -> Result<(), StoreError> {
        self.step(self.inner.step_started(turn, step)).await
    }

    async fn step_done(&self, turn: &TurnId, step: &StepDone) -> Result<(), StoreError> {
        self.step(self.inner.step_done(turn, step)).await
    }

    async fn close(&self, closing: &Closing) -> Result<(), StoreError> {
        self.inner.close(closing).await
    }

    async fn open_turns(&self, after: InboundId, limit: usize) -> Result<Vec<OpenTurn>, StoreError> {
        self.inner.open_turns(after, limit).await
    }

    async fn forget(&self, session: &SessionKey) -> Result<u64, StoreError> {
        self.inner.forget(session).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<Tidied, StoreError> {
        self.inner.tidy(now).await
    }

    async fn shut_down(&self) {
        self.inner.shut_down().await;
    }
}

/// One tool of each class, and `ban`. What a call answers depends on the call alone: it fails with the argument
/// `fail`, and never ends with `hang`.
#[derive(Default)]
pub(crate) struct Tools {
    pub(crate) calls: Mutex<Vec<(ToolCall, String)>>,
}

#[async_trait]
impl ToolExecutor for Tools {
    fn specs(&self) -> Vec<ToolSpec> {
        let spec = |(name, class): (&str, ToolClass)| ToolSpec {
            name: name.to_owned(),
            description: String::new(),
            parameters: json!({"type": "object"}),
            class,
        };
        let known = [
            ("look", ToolClass::Pure),
            ("put", ToolClass::Idempotent),
            ("pay", ToolClass::Once),
            ("ban", ToolClass::Once),
        ];
        known.map(spec).into()
    }

    async fn execute(&self, call: &ToolCall, context: &ToolContext) -> ToolOutcome {
        hold(&self.calls).push((call.clone(), context.key.clone()));
        if call.arguments.get("hang").is_some() {
            return pending().await;
        }
        let failed = call.arguments.get("fail").is_some();
        let labels = if call.name == "look" { Label::Web.into() } else { Labels::NONE };
        ToolOutcome { content: format!("{} {}", call.name, call.arguments), labels, failed }
    }
}
