//! Two tools whose only effect is a line in the ledger: one that must never run twice, one that may.
//!
//! The ledger gets a line for each run, repeats too: counting is the campaign's business.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::label::Labels;
use nanobot_core::model::{ToolCall, ToolClass, ToolSpec};
use nanobot_core::ports::{ToolContext, ToolExecutor, ToolOutcome};
use serde_json::{Value, json};

use crate::ledger::Ledger;

/// The tool of class `Once`.
pub(crate) const ONCE: &str = "count_once";
/// The tool of class `Idempotent`.
pub(crate) const IDEMPOTENT: &str = "count_idempotent";

/// The daemon's own tools and the two that count.
pub(crate) struct Counting {
    pub(crate) inner: Arc<dyn ToolExecutor>,
    pub(crate) ledger: Arc<Ledger>,
}

fn spec(name: &str, class: ToolClass) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: "Counts one message.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {"id": {"type": "string"}},
            "required": ["id"],
        }),
        class,
    }
}

#[async_trait]
impl ToolExecutor for Counting {
    fn specs(&self) -> Vec<ToolSpec> {
        let mut specs = self.inner.specs();
        specs.extend([spec(ONCE, ToolClass::Once), spec(IDEMPOTENT, ToolClass::Idempotent)]);
        specs
    }

    async fn execute(&self, call: &ToolCall, context: &ToolContext) -> ToolOutcome {
        let word = match call.name.as_str() {
            ONCE => "once",
            IDEMPOTENT => "idempotent",
            _ => return self.inner.execute(call, context).await,
        };
        let id = call.arguments.get("id").and_then(Value::as_str).unwrap_or("none");
        match self.ledger.note(&[word, id, &context.key]) {
            Ok(()) => ToolOutcome { content: "counted".to_owned(), labels: Labels::NONE, failed: false },
            Err(error) => ToolOutcome { content: error.to_string(), labels: Labels::NONE, failed: true },
        }
    }
}
