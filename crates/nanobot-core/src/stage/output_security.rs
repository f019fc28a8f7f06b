//! Stage 14: the output stage of the security gate over the whole answer. What left live has passed the same
//! gate chunk by chunk.

use std::sync::Arc;

use async_trait::async_trait;

use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::SecurityGate;
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
        let Some(answer) = cx.answer.clone() else { return Flow::Stop };
        let channel = cx.channel();
        let mut context = cx.security("turn");
        context.labels = answer.labels;
        let text = match self.gate.check_output(&answer.text, &context) {
            SecurityVerdict::Allow | SecurityVerdict::Warn(_) => answer.text,
            SecurityVerdict::Sanitize(_, text) => {
                cx.report(TelemetryEvent::OutputSanitized { channel });
                if text.trim().is_empty() { self.gate.block_message().to_owned() } else { text }
            }
            SecurityVerdict::Block(finding) => {
                cx.report(TelemetryEvent::OutputBlocked { channel, reason: finding.reason });
                self.gate.block_message().to_owned()
            }
        };
        cx.answer = Some(crate::pipeline::Answer { text, labels: answer.labels });
        Flow::Continue
    }
}
