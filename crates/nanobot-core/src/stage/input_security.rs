//! Stage 11: the input stage of the security gate. A blocked message is answered with the block message: as
//! a reaction where the message has an id, else as text. It enters neither session nor memory.

use std::sync::Arc;

use async_trait::async_trait;

use crate::intent::Intent;
use crate::message::{OutboundMessage, Reaction};
use crate::outcome::TurnOutcome;
use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::SecurityGate;
use crate::telemetry::TelemetryEvent;
use crate::verdict::SecurityVerdict;

/// Judges what somebody wrote.
pub struct InputSecurity {
    gate: Arc<dyn SecurityGate>,
}

impl InputSecurity {
    /// With the gate in force.
    pub fn new(gate: Arc<dyn SecurityGate>) -> Self {
        Self { gate }
    }
}

#[async_trait]
impl Stage for InputSecurity {
    fn name(&self) -> &'static str {
        "input_security"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        match self.gate.check_input(&cx.text, &cx.security("turn")) {
            // A warning passes silently, as in the original; the input stage rewrites nothing.
            SecurityVerdict::Allow | SecurityVerdict::Warn(_) | SecurityVerdict::Sanitize(..) => {
                Flow::Continue
            }
            SecurityVerdict::Block(finding) => {
                cx.report(TelemetryEvent::InputBlocked { channel: cx.channel(), reason: finding.reason });
                let notice = notice(cx, self.gate.block_message());
                cx.emit(notice);
                cx.outcome = TurnOutcome::Blocked;
                Flow::Stop
            }
        }
    }
}

fn notice(cx: &PipelineContext, message: &str) -> Intent {
    let (channel, chat) = (cx.event.channel.clone(), cx.event.chat.clone());
    match &cx.event.message_id {
        Some(id) => Intent::SendReaction(Reaction {
            channel,
            chat,
            message_id: id.clone(),
            emoji: message.to_owned(),
            participant: cx.event.participant.clone(),
        }),
        None => Intent::SendMessage(OutboundMessage {
            channel,
            chat,
            text: message.to_owned(),
            reply_to: None,
            media: Vec::new(),
        }),
    }
}
