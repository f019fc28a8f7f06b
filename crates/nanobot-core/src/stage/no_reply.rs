//! Stage 10: a message that is not one to answer goes no further; notes are taken if the policy says so.

use std::sync::Arc;

use async_trait::async_trait;

use super::notes;
use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::SecurityGate;
use crate::telemetry::TelemetryEvent;

/// Lets through what is to be answered.
pub struct NoReply {
    gate: Arc<dyn SecurityGate>,
}

impl NoReply {
    /// The gate judges what would become a note.
    pub fn new(gate: Arc<dyn SecurityGate>) -> Self {
        Self { gate }
    }
}

#[async_trait]
impl Stage for NoReply {
    fn name(&self) -> &'static str {
        "no_reply"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        let Some(decision) = cx.decision.clone().filter(|decision| !decision.respond) else {
            return Flow::Continue;
        };
        if decision.notes.enabled {
            notes::take(cx, &decision.notes, self.gate.as_ref());
        }
        cx.report(TelemetryEvent::DroppedByReplyRule { channel: cx.channel(), reason: decision.reason });
        Flow::Stop
    }
}
