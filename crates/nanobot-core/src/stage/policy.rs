//! Stage 6: the policy decides.

use std::sync::Arc;

use async_trait::async_trait;

use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::PolicyEngine;

/// Asks the policy engine.
pub struct Policy {
    engine: Arc<dyn PolicyEngine>,
}

impl Policy {
    /// With the engine in force.
    pub fn new(engine: Arc<dyn PolicyEngine>) -> Self {
        Self { engine }
    }
}

#[async_trait]
impl Stage for Policy {
    fn name(&self) -> &'static str {
        "policy"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        cx.decision = Some(self.engine.evaluate(&cx.event));
        Flow::Continue
    }
}
