//! Stage 8: a sender who may not talk here goes no further; notes are taken if the policy says so.

use std::sync::Arc;

use async_trait::async_trait;

use super::notes;
use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::SecurityGate;
use crate::telemetry::{NotesOutcome, TelemetryEvent};

/// Keeps out who may not talk.
pub struct Access {
    gate: Arc<dyn SecurityGate>,
}

impl Access {
    /// The gate judges what would become a note.
    pub fn new(gate: Arc<dyn SecurityGate>) -> Self {
        Self { gate }
    }
}

#[async_trait]
impl Stage for Access {
    fn name(&self) -> &'static str {
        "access"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        let Some(decision) = cx.decision.clone().filter(|decision| !decision.accept) else {
            return Flow::Continue;
        };
        let channel = cx.channel();
        match (decision.notes.enabled, decision.notes.allow_blocked_senders) {
            (true, true) => notes::take(cx, &decision.notes, self.gate.as_ref()),
            (true, false) => cx.report(TelemetryEvent::Notes {
                channel: channel.clone(),
                outcome: NotesOutcome::DroppedByPolicy,
            }),
            (false, _) => {}
        }
        cx.report(TelemetryEvent::DroppedByAccess { channel, reason: decision.reason });
        Flow::Stop
    }
}
