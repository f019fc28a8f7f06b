//! Stage 15: an answer that is nothing but a reaction marker becomes a reaction on the message.

use async_trait::async_trait;

use super::outbound::append;
use crate::intent::Intent;
use crate::message::Reaction;
use crate::pipeline::{Answer, Flow, PipelineContext, Stage};
use crate::telemetry::TelemetryEvent;
use crate::text::trim;

/// How a model says that it reacts (the original's marker).
pub(crate) const MARKER: &str = "::reaction::";

/// Turns marked answers into reactions.
pub struct ReactionReply;

#[async_trait]
impl Stage for ReactionReply {
    fn name(&self) -> &'static str {
        "reaction"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        let (Some(answer), Some(id)) = (cx.answer.clone(), cx.event.message_id.clone()) else {
            return Flow::Continue;
        };
        let Some(emoji) = marked(&answer.text) else { return Flow::Continue };
        cx.emit(Intent::SendReaction(Reaction {
            channel: cx.channel(),
            chat: cx.event.chat.clone(),
            message_id: id,
            emoji: emoji.to_owned(),
            participant: cx.event.participant.clone(),
        }));
        append(cx, &Answer { text: format!("[reacted with {emoji}]"), labels: answer.labels });
        cx.report(TelemetryEvent::ReactionSent { channel: cx.channel() });
        Flow::Stop
    }
}

/// What follows the marker, when the whole text is marker and emoji.
fn marked(text: &str) -> Option<&str> {
    let emoji = trim(trim(text).strip_prefix(MARKER)?);
    (!emoji.is_empty()).then_some(emoji)
}
