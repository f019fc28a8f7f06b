//! The way of a message, in one readable list.
//!
//! [`Orchestrator::handle`] turns an event into intents, says what it read for that, and does nothing else: no message is sent, no line
//! is stored. The exceptions are stated in the architecture: the archive (a message is known before it is
//! judged), tools (journalled before they run), and live events, which promise nothing.

use std::sync::Arc;

use crate::event::InboundEvent;
use crate::intent::Intent;
use crate::pipeline::{Answer, Flow, GivenUp, Handled, PipelineContext, Stage, TurnScope};
use crate::ports::{
    AdminDesk, Clock, InboundArchive, LiveEvent, LiveSink, PersonaSource, PolicyEngine, SecurityGate,
    SeenChats, Telemetry,
};
use crate::reply_context::{ReplyContext, WindowLimits};
use crate::responder::Responder;
use crate::stage;
use crate::telemetry::TelemetryEvent;

/// What the stages need.
pub struct OrchestratorParts {
    /// Takes the commands of owners.
    pub admin: Arc<dyn AdminDesk>,
    /// Decides who may talk and when to answer.
    pub policy: Arc<dyn PolicyEngine>,
    /// Has the personas that the policy names.
    pub personas: Arc<dyn PersonaSource>,
    /// Judges input and output.
    pub security: Arc<dyn SecurityGate>,
    /// Finds the answer.
    pub responder: Arc<dyn Responder>,
    /// Shows what happens meanwhile.
    pub live: Arc<dyn LiveSink>,
    /// Which chats the owners know.
    pub seen_chats: Arc<dyn SeenChats>,
    /// Inbound messages of the last days; without it there are no quotes and no ambient window.
    pub archive: Option<Arc<dyn InboundArchive>>,
    /// Bounds of quotes and ambient window.
    pub windows: WindowLimits,
}

/// The pipeline.
pub struct Orchestrator {
    /// From the message to its answer.
    inward: Vec<Box<dyn Stage>>,
    /// From the answer to what leaves.
    outward: Vec<Box<dyn Stage>>,
    live: Arc<dyn LiveSink>,
    /// The fingerprint of the gate in force.
    gate: String,
    timer: Option<StageTimer>,
}

/// Tells how long each stage took. That is said aside and is no part of what a turn led to, since no two runs of one
/// turn take the same time.
pub struct StageTimer {
    /// Measures.
    pub clock: Arc<dyn Clock>,
    /// Is told.
    pub telemetry: Arc<dyn Telemetry>,
}

impl Orchestrator {
    /// The stages in their order. Idea capture comes behind policy, voice behind routing, once their engines exist.
    pub fn new(parts: OrchestratorParts) -> Self {
        let context = stage::ReplyContextStage::new(parts.archive.clone(), parts.windows);
        Self::with_context(parts, Box::new(context))
    }

    /// The same, with its stages measured.
    #[must_use]
    pub fn timed(self, timer: StageTimer) -> Self {
        Self { timer: Some(timer), ..self }
    }

    /// The same stages over what a turn has read before: the reply context is given, the archive left alone.
    pub(crate) fn recorded(parts: OrchestratorParts, context: ReplyContext) -> Self {
        Self::with_context(parts, Box::new(stage::RecordedContext(context)))
    }

    fn with_context(parts: OrchestratorParts, context: Box<dyn Stage>) -> Self {
        let OrchestratorParts {
            admin,
            policy,
            personas,
            security,
            responder,
            live,
            seen_chats,
            archive,
            windows: _,
        } = parts;
        let gate = security.fingerprint().to_owned();
        let inward: Vec<Box<dyn Stage>> = vec![
            Box::new(stage::Normalise),
            Box::new(stage::Dedupe),
            Box::new(stage::Archive::new(archive)),
            context,
            Box::new(stage::AdminCommand::new(admin, security.clone())),
            Box::new(stage::Policy::new(policy.clone(), personas)),
            Box::new(stage::Access::new(security.clone())),
            Box::new(stage::NewChat::new(seen_chats, policy, security.clone())),
            Box::new(stage::NoReply::new(security.clone())),
            Box::new(stage::InputSecurity::new(security.clone())),
            Box::new(stage::Typing::new(live.clone())),
            Box::new(stage::Respond::new(responder)),
        ];
        let outward: Vec<Box<dyn Stage>> = vec![
            Box::new(stage::OutputSecurity::new(security)),
            Box::new(stage::ReactionReply),
            Box::new(stage::Routing),
            Box::new(stage::Outbound),
        ];
        Self { inward, outward, live, gate, timer: None }
    }

    /// Runs one message through the stages. The last intent is [`Intent::Close`], and there is only one.
    pub async fn handle(&self, event: InboundEvent, scope: TurnScope) -> Handled {
        let mut cx = PipelineContext::new(event, scope);
        if self.run(&self.inward, &mut cx).await == Flow::Continue {
            self.run(&self.outward, &mut cx).await;
        }
        self.close(cx, None)
    }

    /// Gives a message up: tells its chat, through the same stages as any answer.
    pub async fn give_up(&self, event: InboundEvent, scope: TurnScope, given_up: GivenUp) -> Handled {
        let mut cx = PipelineContext::new(event, scope);
        cx.text = cx.event.text();
        cx.outcome = given_up.outcome;
        cx.answer = Some(Answer { text: given_up.notice.clone(), labels: cx.event.labels() });
        self.live.show(&cx.live_target(), LiveEvent::Typing(false));
        self.run(&self.outward, &mut cx).await;
        self.close(cx, Some(given_up))
    }

    /// Switches "is typing" off again if a stage switched it on, and states the outcome.
    fn close(&self, mut cx: PipelineContext, given_up: Option<GivenUp>) -> Handled {
        let target = cx.live_target();
        let outcome = cx.outcome;
        let (channel, chat) = (target.channel.clone(), target.chat.clone());
        if cx.is_typing() {
            self.live.show(&target, LiveEvent::Typing(false));
            cx.emit(Intent::SetTyping { channel, chat, on: false });
        }
        cx.emit(Intent::Close(outcome));
        cx.into_handled(&self.gate, given_up)
    }

    /// Runs stages until one stops the line.
    async fn run(&self, stages: &[Box<dyn Stage>], cx: &mut PipelineContext) -> Flow {
        for stage in stages {
            let flow = match &self.timer {
                None => stage.run(cx).await,
                Some(timer) => timer.measure(stage.as_ref(), cx).await,
            };
            if flow == Flow::Stop {
                return Flow::Stop;
            }
        }
        Flow::Continue
    }
}

impl StageTimer {
    async fn measure(&self, stage: &dyn Stage, cx: &mut PipelineContext) -> Flow {
        let began = self.clock.now().instant;
        let flow = stage.run(cx).await;
        let took = self.clock.now().instant.duration_since(began).try_into().unwrap_or_default();
        self.telemetry.record(&TelemetryEvent::StageEnded { stage: stage.name(), took });
        flow
    }
}
