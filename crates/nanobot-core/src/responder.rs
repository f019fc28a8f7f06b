//! Finds the answer to a message: assembles the prompt, drives the turn machine over model and tools, shows
//! the text while it comes.

mod brake;
mod history;
mod live_text;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::cancel::unless;
use crate::cooldown::Cooldown;
use crate::decision::{PolicyDecision, VoiceMode};
use crate::event::InboundEvent;
use crate::label::Labels;
use crate::model::{ModelError, ModelErrorKind, ModelReply, ModelRequest, ToolSpec, Usage};
use crate::pipeline::{Answer, Route, TurnScope, chain};
use crate::ports::{
    Clock, DeltaSink, Journal, LiveEvent, LiveSink, LiveTarget, ModelClient, PolicyEngine, SecurityContext,
    SecurityGate, SessionStore, StoreError, Telemetry, ToolExecutor, Workspace,
};
use crate::prompt::{HISTORY_LIMIT, PromptInput, UserContent, VoiceReply, assemble, implied_labels};
use crate::record::{RECORD_VERSION, ReplyRecord, StepAnswer, StepDone, StepKind, StepStarted};
use crate::reply_context::ReplyContext;
use crate::telemetry::TelemetryEvent;
use crate::time::Timestamp;
use crate::turn::{Approval, Step, TurnEnd, TurnLimits, TurnMachine};

use live_text::LiveText;

/// What the responder stage asks: the answer to one message.
#[async_trait]
pub trait Responder: Send + Sync {
    /// Finds it.
    async fn respond(&self, turn: &TurnInput<'_>) -> Response;
}

/// One message and what is known about it.
#[derive(Debug)]
pub struct TurnInput<'a> {
    /// The message.
    pub event: &'a InboundEvent,
    /// Its words.
    pub text: &'a str,
    /// What the policy said.
    pub decision: &'a PolicyDecision,
    /// What it answers.
    pub context: &'a ReplyContext,
    /// The run.
    pub scope: &'a TurnScope,
    /// Where the answer goes, and whose session it belongs to.
    pub route: Route,
}

/// How finding an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// With these words.
    Answer(Answer),
    /// With nothing to say.
    Nothing,
    /// Without an answer.
    Failed(Failure),
    /// Somebody stopped it; what had been shown until then, if anything.
    Cancelled(Option<Answer>),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The model could not.
    Model(ModelErrorKind),
    /// The session could not be read.
    History,
    /// The journal could not be written.
    Journal,
}

impl Failure {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Model(kind) => kind.code(),
            Self::History => "history",
            Self::Journal => "journal",
        }
    }
}

/// What a [`ModelResponder`] works with.
pub struct ResponderParts {
    /// The model.
    pub model: Arc<dyn ModelClient>,
    /// The tools on offer.
    pub tools: Arc<dyn ToolExecutor>,
    /// Asked again at every tool call.
    pub policy: Arc<dyn PolicyEngine>,
    /// Tool stage, and output stage of streamed text.
    pub security: Arc<dyn SecurityGate>,
    /// What was said before.
    pub sessions: Arc<dyn SessionStore>,
    /// Bootstrap files.
    pub workspace: Arc<dyn Workspace>,
    /// Every step is recorded here.
    pub journal: Arc<dyn Journal>,
    /// Shows the text while it comes.
    pub live: Arc<dyn LiveSink>,
    /// Takes facts about calls.
    pub telemetry: Arc<dyn Telemetry>,
    /// Waits, and measures calls.
    pub clock: Arc<dyn Clock>,
    /// Bounds of a turn.
    pub limits: TurnLimits,
}

/// The responder over a model and tools.
pub struct ModelResponder {
    with: ResponderParts,
    cooldown: Cooldown,
}

impl ModelResponder {
    /// With these parts.
    pub fn new(with: ResponderParts) -> Self {
        Self { with, cooldown: Cooldown::default() }
    }

    async fn prepare(&self, turn: &TurnInput<'_>) -> Result<TurnMachine, StoreError> {
        let session = turn.route.session();
        let history =
            history::load(self.with.sessions.as_ref(), self.with.journal.as_ref(), &session).await?;
        let bootstrap = self.with.workspace.bootstrap().await?;
        let voice = &turn.decision.voice;
        let speaks = match voice.mode {
            VoiceMode::Always => true,
            VoiceMode::InKind => turn.event.is_voice(),
            VoiceMode::Text | VoiceMode::Off => false,
        };
        let messages = assemble(&PromptInput {
            workspace: &self.with.workspace.path(),
            bootstrap: &bootstrap,
            persona: turn.decision.persona.as_ref(),
            channel: &turn.route.channel,
            chat: &turn.route.chat,
            history: history.get(history.len().saturating_sub(HISTORY_LIMIT)..).unwrap_or_default(),
            unlabelled: implied_labels(turn.decision.is_owner, turn.event.chat_kind),
            user: UserContent {
                text: turn.text,
                context: turn.context,
                spoken: turn.event.is_voice(),
                voice_reply: (speaks && turn.event.channel == crate::ids::ChannelName::WHATSAPP)
                    .then_some(VoiceReply { max_sentences: voice.max_sentences, max_chars: voice.max_chars }),
            },
            labels: turn.event.labels().join(turn.context.labels),
            now: &turn.scope.now,
        });
        Ok(TurnMachine::new(messages, self.offered(turn), self.with.limits))
    }

    fn offered(&self, turn: &TurnInput<'_>) -> Vec<ToolSpec> {
        let mut specs = self.with.tools.specs();
        specs.retain(|spec| turn.decision.allowed_tools.contains(&spec.name));
        specs
    }

    /// Drives the turn machine to its end.
    async fn converse(&self, run: &mut Run<'_>) -> Result<Response, StoreError> {
        let mut machine = match self.prepare(run.turn).await {
            Ok(machine) => machine,
            Err(error) => {
                self.report_store("sessions", &error);
                return Ok(Response::Failed(Failure::History));
            }
        };
        loop {
            match machine.next() {
                Step::CallModel(request) => run.call_model(&request, &mut machine).await?,
                Step::CallTools(calls) => run.call_tools(&calls, &mut machine).await?,
                // Nobody can be asked yet, so the answer is no.
                Step::AwaitApproval(_) => machine.approval(Approval::Refused),
                Step::Done(end) => return Ok(run.finish(end, machine.labels())),
            }
        }
    }

    fn report_store(&self, store: &'static str, error: &StoreError) {
        let detail = chain(error);
        self.with.telemetry.record(&TelemetryEvent::StoreFailed { store, kind: error.kind, detail });
    }
}

#[async_trait]
impl Responder for ModelResponder {
    async fn respond(&self, turn: &TurnInput<'_>) -> Response {
        let mut run = Run { responder: self, turn, steps: 0, shown: String::new() };
        let answered = match run.brake().await {
            Ok(Some(response)) => Ok(response),
            Ok(None) => self.converse(&mut run).await,
            Err(error) => Err(error),
        };
        answered.unwrap_or_else(|error| {
            self.report_store("journal", &error);
            Response::Failed(Failure::Journal)
        })
    }
}

/// One conversation under way.
struct Run<'a> {
    responder: &'a ModelResponder,
    turn: &'a TurnInput<'a>,
    /// Steps started.
    steps: u32,
    /// What the last model call has shown.
    shown: String,
}

impl Run<'_> {
    /// One step of the machine: asks the model and shows its text while it comes.
    async fn call_model(
        &mut self,
        request: &ModelRequest,
        machine: &mut TurnMachine,
    ) -> Result<(), StoreError> {
        let target = self.target();
        let guard = self.responder.with.security.open_output(&self.security(machine.labels()));
        let mut live = LiveText::new(self.responder.with.live.as_ref(), &target, guard);
        let called = self.ask(request, &mut live, None).await?;
        let goes_on = matches!(&called, Ok(reply) if !reply.tool_calls.is_empty());
        self.shown = if goes_on || called.is_err() { live.abandon(goes_on) } else { live.finish() };
        match called {
            Ok(reply) => machine.model_answered(reply),
            Err(error)
                if error.kind == ModelErrorKind::Cancelled && self.turn.scope.cancel.is_cancelled() =>
            {
                machine.cancel();
            }
            Err(error) => machine.model_failed(error.kind),
        }
        Ok(())
    }

    /// One model call: recorded before and after, measured, ended by the turn's switch or at `until`.
    async fn ask(
        &mut self,
        request: &ModelRequest,
        deltas: &mut dyn DeltaSink,
        until: Option<Timestamp>,
    ) -> Result<Result<ModelReply, ModelError>, StoreError> {
        let with = &self.responder.with;
        let step = self.start(StepKind::Model).await?;
        let began = with.clock.now().instant;
        let limit = async {
            match until {
                Some(until) => with.clock.sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        let timed = unless(with.model.complete(request, deltas), limit);
        let called = match self.turn.scope.cancel.race(timed).await {
            Some(Some(called)) => called,
            Some(None) => Err(ModelError::new(ModelErrorKind::FirstByteTimeout)),
            None => Err(ModelError::new(ModelErrorKind::Cancelled)),
        };
        let took = Duration::try_from(with.clock.now().instant.duration_since(began)).unwrap_or_default();
        let (outcome, usage) = match &called {
            Ok(reply) => ("ok", reply.usage),
            Err(error) => (error.kind.code(), Usage::default()),
        };
        let detail = called.as_ref().err().map(|error| chain(error));
        with.telemetry.record(&TelemetryEvent::ModelCall { outcome, usage, took, detail });
        self.done(step, model_answer(&called)).await?;
        Ok(called)
    }

    fn finish(&mut self, end: TurnEnd, labels: Labels) -> Response {
        match end {
            TurnEnd::Answer(text) => Response::Answer(Answer { text, labels }),
            TurnEnd::Failed(kind) => Response::Failed(Failure::Model(kind)),
            TurnEnd::Cancelled => {
                let text = std::mem::take(&mut self.shown);
                Response::Cancelled((!text.trim().is_empty()).then_some(Answer { text, labels }))
            }
        }
    }

    async fn start(&mut self, kind: StepKind) -> Result<u32, StoreError> {
        let index = self.steps;
        self.steps += 1;
        let started = StepStarted { v: RECORD_VERSION, index, step: kind };
        self.responder.with.journal.step_started(&self.turn.scope.turn, &started).await?;
        Ok(index)
    }

    async fn done(&self, index: u32, answer: StepAnswer) -> Result<(), StoreError> {
        let done = StepDone { v: RECORD_VERSION, index, answer };
        self.responder.with.journal.step_done(&self.turn.scope.turn, &done).await
    }

    fn security(&self, labels: Labels) -> SecurityContext {
        SecurityContext { channel: self.turn.event.channel.clone(), labels, path: "turn" }
    }

    fn target(&self) -> LiveTarget {
        LiveTarget {
            channel: self.turn.event.channel.clone(),
            chat: self.turn.event.chat.clone(),
            turn: self.turn.scope.turn.clone(),
        }
    }

    fn show_tool(&self, name: &str) {
        self.responder.with.live.show(&self.target(), LiveEvent::Tool(name));
    }
}

fn model_answer(called: &Result<ModelReply, ModelError>) -> StepAnswer {
    match called {
        Ok(reply) => StepAnswer::Model(ReplyRecord::from(reply)),
        Err(error) => StepAnswer::ModelFailed { code: error.kind.code().to_owned() },
    }
}

#[cfg(test)]
mod tests;
