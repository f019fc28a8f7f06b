//! The way of a message, in one readable list.
//!
//! [`Orchestrator::handle`] turns an event into intents and does nothing else: no message is sent, no line
//! is stored. The exceptions are stated in the architecture: the archive (a message is known before it is
//! judged), tools (journalled before they run), and live events, which promise nothing.

use std::sync::Arc;

use crate::event::InboundEvent;
use crate::intent::Intent;
use crate::pipeline::{Flow, PipelineContext, Stage, TurnScope};
use crate::ports::{InboundArchive, LiveEvent, LiveSink, PolicyEngine, SecurityGate, SeenChats};
use crate::reply_context::WindowLimits;
use crate::responder::Responder;
use crate::stage;

/// What the stages need.
pub struct OrchestratorParts {
    /// Decides who may talk and when to answer.
    pub policy: Arc<dyn PolicyEngine>,
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
    stages: Vec<Box<dyn Stage>>,
    live: Arc<dyn LiveSink>,
}

impl Orchestrator {
    /// The stages in their order. Admin commands come between reply context and policy, idea capture behind
    /// policy, voice behind routing, once their engines exist.
    pub fn new(rooms: OrchestratorParts) -> Self {
        let OrchestratorParts { policy, security, responder, live, seen_chats, archive, windows } = rooms;
        let stages: Vec<Box<dyn Stage>> = vec![
            Box::new(stage::Normalise),
            Box::new(stage::Dedupe),
            Box::new(stage::Archive::new(archive.clone())),
            Box::new(stage::ReplyContextStage::new(archive, windows)),
            Box::new(stage::Policy::new(policy.clone())),
            Box::new(stage::Access::new(security.clone())),
            Box::new(stage::NewChat::new(seen_chats, policy, security.clone())),
            Box::new(stage::NoReply::new(security.clone())),
            Box::new(stage::InputSecurity::new(security.clone())),
            Box::new(stage::Typing::new(live.clone())),
            Box::new(stage::Respond::new(responder)),
            Box::new(stage::OutputSecurity::new(security)),
            Box::new(stage::ReactionReply),
            Box::new(stage::Routing),
            Box::new(stage::Outbound),
        ];
        Self { stages, live }
    }

    /// Runs one message through the stages. The last intent is [`Intent::Close`], and there is only one.
    pub async fn handle(&self, event: InboundEvent, scope: TurnScope) -> Vec<Intent> {
        let mut cx = PipelineContext::new(event, scope);
        for stage in &self.stages {
            if stage.run(&mut cx).await == Flow::Stop {
                break;
            }
        }
        self.close(cx)
    }

    /// Switches "is typing" off again if a stage switched it on, and states the outcome.
    fn close(&self, mut cx: PipelineContext) -> Vec<Intent> {
        let target = cx.live_target();
        let outcome = cx.outcome;
        let (channel, chat) = (target.channel.clone(), target.chat.clone());
        if cx.is_typing() {
            self.live.show(&target, LiveEvent::Typing(false));
            cx.emit(Intent::SetTyping { channel, chat, on: false });
        }
        cx.emit(Intent::Close(outcome));
        cx.into_intents()
    }
}
