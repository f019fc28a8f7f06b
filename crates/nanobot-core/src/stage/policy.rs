//! Stage 6: the policy decides, and the persona that it names is read.

use std::sync::Arc;

use async_trait::async_trait;

use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::{PersonaSource, PolicyEngine};
use crate::telemetry::StoreName;

/// Asks the policy engine.
pub struct Policy {
    engine: Arc<dyn PolicyEngine>,
    personas: Arc<dyn PersonaSource>,
}

impl Policy {
    /// With the engine in force, and the personas that it may name.
    pub fn new(engine: Arc<dyn PolicyEngine>, personas: Arc<dyn PersonaSource>) -> Self {
        Self { engine, personas }
    }
}

#[async_trait]
impl Stage for Policy {
    fn name(&self) -> &'static str {
        "policy"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        let mut decision = self.engine.evaluate(&cx.event);
        if decision.is_owner {
            cx.event.put_to_owner();
        }
        // Only an answer has a persona.
        if decision.respond
            && let Some(persona) =
                decision.persona.as_mut().filter(|persona| persona.text.is_none() && !persona.file.is_empty())
        {
            match self.personas.persona(&persona.file).await {
                Ok(text) => persona.text = text,
                // An answer in the assistant's own voice is better than none; the owner sees it in the log.
                Err(error) => cx.report_store(StoreName::Personas, &error),
            }
        }
        cx.decision = Some(decision);
        Flow::Continue
    }
}
