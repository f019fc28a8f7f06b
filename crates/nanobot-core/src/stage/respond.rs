//! Stage 13: finds the answer. A failure is answered too, in one clear line that gives nothing away.

use std::sync::Arc;

use async_trait::async_trait;

use super::MARKER;
use crate::cancel::StopReason;
use crate::intent::{Intent, SessionAppend};
use crate::notice;
use crate::outcome::TurnOutcome;
use crate::pipeline::{Answer, Flow, PipelineContext, Route, Stage};
use crate::responder::{Failure, Responder, Response, TurnInput};
use crate::telemetry::TelemetryEvent;
use crate::text::trim;

/// Asks the responder.
pub struct Respond {
    responder: Arc<dyn Responder>,
}

impl Respond {
    /// With the responder in charge.
    pub fn new(responder: Arc<dyn Responder>) -> Self {
        Self { responder }
    }
}

#[async_trait]
impl Stage for Respond {
    fn name(&self) -> &'static str {
        "respond"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        let Some(decision) = cx.decision.clone() else { return Flow::Stop };
        let input = TurnInput {
            event: &cx.event,
            text: &cx.text,
            decision: &decision,
            context: &cx.reply_context,
            scope: &cx.scope,
            route: Route::of(&cx.event),
        };
        let unknown = notice::of_unknown_outcomes(&cx.scope.recorded);
        match self.responder.respond(&input).await {
            Response::Answer(answer) if !answer.text.trim().is_empty() => {
                cx.outcome = TurnOutcome::Answered;
                cx.answer = Some(Answer { text: with_note(answer.text, unknown), ..answer });
                Flow::Continue
            }
            Response::Answer(_) | Response::Nothing => {
                cx.report(TelemetryEvent::ResponderEmpty { channel: cx.channel() });
                Flow::Stop
            }
            Response::Failed(failure) => {
                cx.report(TelemetryEvent::ResponderFailed { channel: cx.channel(), reason: failure.code() });
                cx.outcome = TurnOutcome::Failed;
                cx.unreadable = failure == Failure::History;
                // It says already that nobody knows.
                let unknown = unknown.filter(|_| failure != Failure::Unrecorded);
                let text = with_note(notice::of_failure(failure).to_owned(), unknown);
                cx.answer = Some(Answer { text, labels: cx.event.labels() });
                Flow::Continue
            }
            Response::Cancelled(_) if cx.scope.cancel.reason() == Some(StopReason::Shutdown) => {
                cx.outcome = TurnOutcome::Abandoned;
                cx.answer = Some(Answer { text: notice::CUT_OFF.to_owned(), labels: cx.event.labels() });
                Flow::Continue
            }
            Response::Cancelled(shown) => {
                cancelled(cx, shown);
                Flow::Stop
            }
        }
    }
}

/// The text, and behind it what a person must know besides. It would make no emoji of a reaction, so it takes the
/// reaction's place.
fn with_note(text: String, note: Option<String>) -> String {
    match note {
        Some(note) if trim(&text).starts_with(MARKER) => note,
        Some(note) => format!("{text}\n\n{note}"),
        None => text,
    }
}

/// What a person saw before they stopped the turn is part of the conversation.
fn cancelled(cx: &mut PipelineContext, shown: Option<Answer>) {
    cx.outcome = TurnOutcome::Cancelled;
    cx.report(TelemetryEvent::TurnCancelled { channel: cx.channel() });
    if let Some(answer) = shown {
        let session = Route::of(&cx.event).session();
        let lines = super::outbound::session_lines(cx, &answer);
        cx.emit(Intent::AppendSession(SessionAppend { session, lines }));
    }
}
