//! Stage 14: the output stage of the security gate over the whole answer. What left live has passed the same
//! gate chunk by chunk.

use std::sync::Arc;

use async_trait::async_trait;

use crate::label::Labels;
use crate::pipeline::{Answer, Flow, PipelineContext, Stage};
use crate::ports::{SecurityContext, SecurityGate};
use crate::telemetry::TelemetryEvent;
use crate::verdict::SecurityVerdict;

/// Judges what would leave.
pub struct OutputSecurity {
    gate: Arc<dyn SecurityGate>,
}

impl OutputSecurity {
    /// With the gate in force.
    pub fn new(gate: Arc<dyn SecurityGate>) -> Self {
        Self { gate }
    }
}

#[async_trait]
impl Stage for OutputSecurity {
    fn name(&self) -> &'static str {
        "output_security"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        let Some(Answer { text, labels }) = cx.answer.clone() else { return Flow::Stop };
        cx.answer = Some(Answer { text: pass(cx, self.gate.as_ref(), text, labels), labels });
        Flow::Continue
    }
}

/// What may leave of a text that is made of `labels`; what the gate did to it is reported.
pub(super) fn pass(
    cx: &mut PipelineContext,
    gate: &dyn SecurityGate,
    text: String,
    labels: Labels,
) -> String {
    let channel = cx.channel();
    let context = SecurityContext { labels, ..cx.security("turn") };
    match gate.check_output(&text, &context) {
        SecurityVerdict::Allow | SecurityVerdict::Warn(_) => text,
        SecurityVerdict::Sanitize(_, text) => {
            cx.report(TelemetryEvent::OutputSanitized { channel });
            if text.trim().is_empty() { gate.block_message().to_owned() } else { text }
        }
        SecurityVerdict::Block(finding) => {
            cx.report(TelemetryEvent::OutputBlocked { channel, reason: finding.reason });
            gate.block_message().to_owned()
        }
    }
}
