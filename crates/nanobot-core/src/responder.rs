//! Finds the answer to a message: assembles the prompt, drives the turn machine over model and tools, shows
//! the text while it comes.

mod brake;
mod gate;
mod history;
mod live_text;
mod steps;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::cancel::{StopReason, unless};
use crate::cooldown::Cooldown;
use crate::decision::{PolicyDecision, VoiceMode};
use crate::event::InboundEvent;
use crate::label::Labels;
use crate::model::{ModelCall, ModelError, ModelErrorKind, ModelReply, ModelRequest, ModelTask, ToolSpec};
use crate::pipeline::{Answer, Route, TurnScope, chain};
use crate::ports::{
    Clock, DeltaSink, Journal, LineQueue, LiveEvent, LiveSink, LiveTarget, ModelClient, PolicyEngine,
    SecurityContext, SecurityGate, SessionStore, StoreError, Telemetry, ToolExecutor, Workspace,
};
use crate::prompt::{HISTORY_LIMIT, PromptInput, UserContent, VoiceReply, assemble, implied_labels};
use crate::record::{StepAnswer, StepKind};
use crate::reply_context::ReplyContext;
use crate::telemetry::{StoreName, TelemetryEvent};
use crate::time::Timestamp;
use crate::turn::{Approval, Step, TurnEnd, TurnLimits, TurnMachine};

use live_text::LiveText;
use steps::{Claim, Steps, model_answer, recorded_model};

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
    /// The journal could not be written, and a tool that does more than read had been started by then.
    Unrecorded,
}

impl Failure {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Model(kind) => kind.code(),
            Self::History => "history",
            Self::Journal => "journal",
            Self::Unrecorded => "unrecorded",
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
    /// What was said and is not in the session's file yet.
    pub lines: Arc<dyn LineQueue>,
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
        let history = history::load(self.with.sessions.as_ref(), self.with.lines.as_ref(), &session).await?;
        let bootstrap = self.with.workspace.bootstrap().await?;
        let voice = &turn.decision.voice;
        let speaks = match voice.mode {
            VoiceMode::Always => true,
            VoiceMode::InKind => turn.event.is_voice(),
            VoiceMode::Text | VoiceMode::Off => false,
        };
        let recorded = first_asked(turn).map(|(_, labels)| labels).unwrap_or_default();
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
            // Answers on record are made of the history of their day, which may be gone.
            labels: turn.event.labels().join(turn.context.labels).join(recorded),
            now: &turn.scope.now,
        });
        Ok(TurnMachine::new(messages, self.offered(turn), self.limits(turn)))
    }

    fn offered(&self, turn: &TurnInput<'_>) -> Vec<ToolSpec> {
        let mut specs = self.with.tools.specs();
        specs.retain(|spec| turn.decision.allowed_tools.contains(&spec.name));
        specs
    }

    /// The bounds of the turn: those under which its first attempt asked, so that a later one asks the same.
    fn limits(&self, turn: &TurnInput<'_>) -> TurnLimits {
        let model_calls = first_asked(turn).map_or(self.with.limits.model_calls, |(limit, _)| limit);
        TurnLimits { model_calls, ..self.with.limits }
    }

    /// Drives the turn machine to its end.
    async fn converse(&self, run: &mut Run<'_>) -> Result<Response, StoreError> {
        let mut machine = match self.prepare(run.turn).await {
            Ok(machine) => machine,
            Err(error) => {
                self.report_store(StoreName::Sessions, &error);
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

    fn report_store(&self, store: StoreName, error: &StoreError) {
        let detail = chain(error);
        self.with.telemetry.record(&TelemetryEvent::StoreFailed { store, kind: error.kind, detail });
    }
}

/// How often the turn's first attempt might ask, and what its conversation was made of; none when it did not ask.
fn first_asked(turn: &TurnInput<'_>) -> Option<(u32, Labels)> {
    turn.scope.recorded.iter().find_map(|step| match &step.started.step {
        StepKind::Model { labels, limit } => Some((*limit, Labels::parse(labels))),
        StepKind::Brake | StepKind::Tool { .. } => None,
    })
}

#[async_trait]
impl Responder for ModelResponder {
    async fn respond(&self, turn: &TurnInput<'_>) -> Response {
        let steps = Steps::new(self.with.journal.as_ref(), turn.scope);
        let patience = self.with.limits.patience;
        let mut run = Run { responder: self, turn, steps, patience, shown: String::new(), unrecorded: false };
        let answered = match run.brake().await {
            Ok(Some(response)) => Ok(response),
            Ok(None) => self.converse(&mut run).await,
            Err(error) => Err(error),
        };
        answered.unwrap_or_else(|error| {
            self.report_store(StoreName::Journal, &error);
            Response::Failed(if run.unrecorded { Failure::Unrecorded } else { Failure::Journal })
        })
    }
}

/// One conversation under way.
struct Run<'a> {
    responder: &'a ModelResponder,
    turn: &'a TurnInput<'a>,
    /// Which steps are taken, and which were.
    steps: Steps<'a>,
    /// What failing models may still cost in time.
    patience: Duration,
    /// What the last model call has shown.
    shown: String,
    /// A tool that does more than read was started, and what came of it is not on record yet.
    unrecorded: bool,
}

impl Run<'_> {
    /// One step of the machine: asks the model and shows its text while it comes.
    async fn call_model(
        &mut self,
        request: &ModelRequest,
        machine: &mut TurnMachine,
    ) -> Result<(), StoreError> {
        let labels = machine.labels();
        let index = match self.steps.claim(self.model_step(labels)).await? {
            Claim::Taken(answer) => return self.replay_model(&answer, machine),
            Claim::Free(index) | Claim::Interrupted(index) => index,
        };
        if self.is_shut_out(index, machine).await? {
            return Ok(());
        }
        let target = self.target();
        let with = &self.responder.with;
        let mut live =
            LiveText::new(with.live.as_ref(), &target, with.security.as_ref(), self.security(labels));
        let called = self.ask(request, &mut live, None).await;
        let goes_on = matches!(&called, Ok(reply) if !reply.tool_calls.is_empty());
        self.shown = if goes_on || called.is_err() { live.abandon(goes_on) } else { live.finish() };
        if self.was_stopped(&called) {
            self.stop(index, machine).await?;
            return Ok(());
        }
        if !goes_on && self.is_shut_out(index, machine).await? {
            return Ok(());
        }
        self.steps.done(index, model_answer(&called)).await?;
        match called {
            Ok(reply) => machine.model_answered(reply),
            Err(error) => machine.model_failed(error.kind),
        }
        Ok(())
    }

    /// Whether the sender was blocked since the message came in. Then there is no further step, and no answer; that
    /// is on record like a person's stop, so that a later attempt ends the same way.
    async fn is_shut_out(&mut self, index: u32, machine: &mut TurnMachine) -> Result<bool, StoreError> {
        if self.responder.with.policy.accepts(self.turn.event) {
            return Ok(false);
        }
        self.shown.clear();
        self.steps.done(index, StepAnswer::Stopped { shown: String::new() }).await?;
        machine.cancel();
        Ok(true)
    }

    /// The model was asked by an earlier attempt, and it is not asked again.
    fn replay_model(&mut self, answer: &StepAnswer, machine: &mut TurnMachine) -> Result<(), StoreError> {
        if let StepAnswer::Stopped { shown } = answer {
            self.shown.clone_from(shown);
            machine.cancel();
            return Ok(());
        }
        match recorded_model(answer)? {
            Ok(reply) => machine.model_answered(reply),
            Err(kind) => machine.model_failed(kind),
        }
        Ok(())
    }

    /// The turn's switch was thrown. A person's word is part of the record; a shutdown is not: the step is taken
    /// again after the restart.
    async fn stop(&self, index: u32, machine: &mut TurnMachine) -> Result<(), StoreError> {
        if self.turn.scope.cancel.reason() == Some(StopReason::Person) {
            self.steps.done(index, StepAnswer::Stopped { shown: self.shown.clone() }).await?;
        }
        machine.cancel();
        Ok(())
    }

    fn was_stopped(&self, called: &Result<ModelReply, ModelError>) -> bool {
        let cancelled = matches!(called, Err(error) if error.kind == ModelErrorKind::Cancelled);
        cancelled && self.turn.scope.cancel.is_cancelled()
    }

    fn model_step(&self, labels: Labels) -> StepKind {
        let limit = self.responder.limits(self.turn).model_calls;
        StepKind::Model { labels: labels.to_string(), limit }
    }

    /// One model call, ended by the turn's switch or at `until`. What it lost is lost for the whole turn.
    async fn ask(
        &mut self,
        request: &ModelRequest,
        deltas: &mut dyn DeltaSink,
        until: Option<Timestamp>,
    ) -> Result<ModelReply, ModelError> {
        let with = &self.responder.with;
        let session = self.turn.route.session();
        let call =
            ModelCall { request, task: ModelTask::Reply, session: Some(&session), patience: self.patience };
        let limit = async {
            match until {
                Some(until) => with.clock.sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        let timed = unless(with.model.complete(&call, deltas), limit);
        let called = match self.turn.scope.cancel.race(timed).await {
            Some(Some(called)) => called,
            Some(None) => Err(ModelError::new(ModelErrorKind::FirstByteTimeout)),
            None => Err(ModelError::new(ModelErrorKind::Cancelled)),
        };
        if let Ok(ModelReply { served: Some(served), .. }) = &called {
            self.patience = self.patience.saturating_sub(served.lost);
        }
        called
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

#[cfg(test)]
pub(crate) mod tests;
