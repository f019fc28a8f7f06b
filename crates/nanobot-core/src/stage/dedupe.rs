//! Stage 2: a message that the journal has seen before goes no further.
//!
//! The verdict was taken when the message was stored, so a turn that runs again after a crash does not drop
//! itself.

use async_trait::async_trait;

use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::Seen;
use crate::telemetry::TelemetryEvent;

/// Drops repeats.
pub struct Dedupe;

#[async_trait]
impl Stage for Dedupe {
    fn name(&self) -> &'static str {
        "dedupe"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        match cx.scope.seen {
            Seen::First => Flow::Continue,
            Seen::Again => {
                cx.report(TelemetryEvent::DroppedDuplicate { channel: cx.channel() });
                Flow::Stop
            }
        }
    }
}
