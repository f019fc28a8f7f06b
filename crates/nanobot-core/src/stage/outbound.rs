//! Stage 18, the last: the answer goes out, and both lines go into the session.

use async_trait::async_trait;

use crate::intent::{Intent, SessionAppend, SessionLine, SessionRole};
use crate::message::OutboundMessage;
use crate::outcome::TurnOutcome;
use crate::pipeline::{Answer, Flow, PipelineContext, Route, Stage};
use crate::telemetry::TelemetryEvent;

/// Emits the answer.
pub struct Outbound;

#[async_trait]
impl Stage for Outbound {
    fn name(&self) -> &'static str {
        "outbound"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        let Some(answer) = cx.answer.clone() else { return Flow::Stop };
        cx.emit(Intent::SendMessage(OutboundMessage {
            channel: cx.route.channel.clone(),
            chat: cx.route.chat.clone(),
            text: answer.text.clone(),
            reply_to: None,
            media: Vec::new(),
        }));
        append(cx, &answer);
        // A notice about a failure is no response.
        if cx.outcome == TurnOutcome::Answered {
            cx.report(TelemetryEvent::ResponseSent { channel: cx.channel() });
        }
        Flow::Continue
    }
}

/// Adds the question and what left as its answer to the session of the chat that was answered.
pub(super) fn append(cx: &mut PipelineContext, answer: &Answer) {
    let session = Route::of(&cx.event).session();
    let lines = session_lines(cx, answer);
    cx.emit(Intent::AppendSession(SessionAppend { session, lines }));
}

/// The two lines of a turn.
pub(super) fn session_lines(cx: &PipelineContext, answer: &Answer) -> Vec<SessionLine> {
    let at = cx.scope.now.local();
    let line = |role, content: &str, labels| SessionLine { role, content: content.to_owned(), at, labels };
    vec![
        line(SessionRole::User, &cx.text, cx.event.labels()),
        line(SessionRole::Assistant, &answer.text, answer.labels),
    ]
}
