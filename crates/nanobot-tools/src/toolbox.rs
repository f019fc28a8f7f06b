//! The registry: finds the tool of a call, checks the arguments, runs it, labels the answer.
//!
//! It does not ask the policy and does not judge content; that has happened before.

mod traced;

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::model::{ToolCall, ToolSpec};
use nanobot_core::ports::{ToolContext, ToolExecutor, ToolOutcome};
use tracing::Instrument as _;

use crate::error::ToolboxError;
use crate::schema;
use crate::tool::{Tool, ToolAnswer};
use traced::Traced;

/// A fixed set of tools. The offer keeps the order in which the tools were given.
#[derive(Default)]
pub struct Toolbox {
    tools: Vec<Entry>,
}

struct Entry {
    /// Asked for once, so that it cannot change between offer and check.
    spec: ToolSpec,
    tool: Arc<dyn Tool>,
}

impl Toolbox {
    /// Puts tools into a box.
    ///
    /// # Errors
    /// [`ToolboxError::DuplicateName`] when two have one name.
    pub fn new(tools: impl IntoIterator<Item = Arc<dyn Tool>>) -> Result<Self, ToolboxError> {
        let mut known: Vec<Entry> = Vec::new();
        for tool in tools {
            let spec = tool.spec();
            if known.iter().any(|entry| entry.spec.name == spec.name) {
                return Err(ToolboxError::DuplicateName { name: spec.name });
            }
            known.push(Entry { spec, tool });
        }
        Ok(Self { tools: known })
    }

    /// The names of the tools, in the order of the offer.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.iter().map(|entry| entry.spec.name.as_str())
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.tools.iter().find(|entry| entry.spec.name == name)
    }

    async fn answer(&self, call: &ToolCall, context: &ToolContext) -> ToolAnswer {
        let Some(entry) = self.find(&call.name) else {
            return ToolAnswer::failed(format!("Tool '{}' not found", call.name));
        };
        let arguments = match schema::checked(&entry.spec.parameters, &call.arguments) {
            Ok(arguments) => arguments,
            Err(problems) => {
                let problems = problems.join("; ");
                return ToolAnswer::failed(format!(
                    "Invalid parameters for tool '{}': {problems}",
                    call.name
                ));
            }
        };
        match context.cancel.race(entry.tool.run(arguments, context)).await {
            Some(answer) => answer,
            None => ToolAnswer::failed(format!("Tool '{}' was stopped", call.name)),
        }
    }
}

#[async_trait]
impl ToolExecutor for Toolbox {
    fn specs(&self) -> Vec<ToolSpec> {
        self.tools.iter().map(|entry| entry.spec.clone()).collect()
    }

    async fn execute(&self, call: &ToolCall, context: &ToolContext) -> ToolOutcome {
        let traced = Traced::begin(self.find(&call.name).map(|entry| entry.spec.name.as_str()));
        let answer = self.answer(call, context).instrument(traced.span()).await;
        // A turn that was stopped takes no answer.
        if !context.cancel.is_cancelled() {
            traced.ended(&answer);
        }
        answer.into_outcome(context)
    }
}

#[cfg(test)]
mod tests;
