//! Stage 5: a command of an owner is done and answered here, and goes no further. It never reaches a model.

use std::sync::Arc;

use async_trait::async_trait;

use super::output_security::pass;
use crate::admin::{AdminAnswer, AdminVerdict};
use crate::intent::Intent;
use crate::label::Label;
use crate::message::OutboundMessage;
use crate::outcome::TurnOutcome;
use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::{AdminDesk, SecurityGate};
use crate::telemetry::{AdminStatus, TelemetryEvent};

/// Takes commands.
pub struct AdminCommand {
    desk: Arc<dyn AdminDesk>,
    gate: Arc<dyn SecurityGate>,
}

impl AdminCommand {
    /// The desk does what is commanded; the gate judges the answer, which may quote what strangers wrote.
    pub fn new(desk: Arc<dyn AdminDesk>, gate: Arc<dyn SecurityGate>) -> Self {
        Self { desk, gate }
    }
}

#[async_trait]
impl Stage for AdminCommand {
    fn name(&self) -> &'static str {
        "admin_command"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        let (channel, scope) = (cx.channel(), &cx.scope);
        match self.desk.take(&cx.event, &cx.text, &scope.turn, &scope.now).await {
            AdminVerdict::NotACommand => onward(cx),
            AdminVerdict::Ignored { command } => {
                cx.report(TelemetryEvent::AdminCommand { channel, command, status: AdminStatus::Ignored });
                onward(cx)
            }
            AdminVerdict::Answered(answer) => {
                self.answer(cx, answer);
                Flow::Stop
            }
        }
    }
}

/// A turn beside the others has no place in the session, so it must not come to an answer of a model. It gets here
/// only if its sender ceased to be an owner a moment ago.
fn onward(cx: &PipelineContext) -> Flow {
    if cx.scope.beside { Flow::Stop } else { Flow::Continue }
}

impl AdminCommand {
    fn answer(&self, cx: &mut PipelineContext, answer: AdminAnswer) {
        let AdminAnswer { command, known, reply, facts } = answer;
        let (channel, chat) = (cx.channel(), cx.event.chat.clone());
        for fact in facts {
            cx.report(TelemetryEvent::Admin { channel: channel.clone(), fact });
        }
        let status = if known { AdminStatus::Handled } else { AdminStatus::Unknown };
        cx.report(TelemetryEvent::AdminCommand { channel: channel.clone(), command, status });
        cx.admin = Some(reply.clone());
        if reply.trim().is_empty() {
            return;
        }
        cx.outcome = TurnOutcome::Answered;
        // Names of groups and chats stand in it, and strangers choose those.
        let text = pass(cx, self.gate.as_ref(), reply, Label::Stranger.into());
        cx.emit(Intent::SendMessage(OutboundMessage {
            channel,
            chat,
            text,
            reply_to: None,
            media: Vec::new(),
        }));
    }
}

/// The answer that a command got, given again.
pub(crate) struct RecordedDesk(pub(crate) Option<String>);

#[async_trait]
impl AdminDesk for RecordedDesk {
    fn is_urgent(&self, _event: &crate::event::InboundEvent) -> bool {
        false
    }

    fn unrecorded(self: Arc<Self>, _event: &crate::event::InboundEvent, _turn: &crate::ids::TurnId) {}

    async fn take(
        &self,
        _event: &crate::event::InboundEvent,
        _text: &str,
        _turn: &crate::ids::TurnId,
        _now: &crate::time::WallTime,
    ) -> AdminVerdict {
        self.0.clone().map_or(AdminVerdict::NotACommand, |reply| {
            let command = "recorded".to_owned();
            AdminVerdict::Answered(AdminAnswer { command, known: true, reply, facts: Vec::new() })
        })
    }
}
