//! Stage 1: the words of the message, white space at both ends removed. A message without words and without
//! media goes no further.

use async_trait::async_trait;

use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::prompt::render_blocks;
use crate::telemetry::TelemetryEvent;

/// Takes the words out of the blocks.
pub struct Normalise;

#[async_trait]
impl Stage for Normalise {
    fn name(&self) -> &'static str {
        "normalise"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        cx.text = render_blocks(&cx.event.blocks);
        if cx.text.is_empty() {
            cx.report(TelemetryEvent::DroppedEmpty { channel: cx.channel() });
            return Flow::Stop;
        }
        Flow::Continue
    }
}
