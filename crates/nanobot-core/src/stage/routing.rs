//! Stage 16: messages that the assistant sends to itself are answered in the chat that they name.

use async_trait::async_trait;

use crate::pipeline::{Flow, PipelineContext, Route, Stage};

/// Finds the chat to write to.
pub struct Routing;

#[async_trait]
impl Stage for Routing {
    fn name(&self) -> &'static str {
        "routing"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        cx.route = Route::of(&cx.event);
        Flow::Continue
    }
}
