//! The span of one execution: which tool, and how it ended. Never its arguments, and never its answer.

use tracing::Span;
use tracing::field::Empty;

use crate::tool::ToolAnswer;

/// Models invent names, and a name that nobody offered could be anything.
const UNKNOWN: &str = "unknown";

/// An execution under way. Dropped without an end, it was stopped.
pub(super) struct Traced {
    span: Span,
    outcome: &'static str,
}

impl Traced {
    /// Of this tool; of none that there is, where the name is unknown.
    pub(super) fn begin(tool: Option<&str>) -> Self {
        let span = tracing::info_span!("tool.call", tool = tool.unwrap_or(UNKNOWN), outcome = Empty);
        Self { span, outcome: "cancelled" }
    }

    /// What the tool itself runs in.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// It has answered.
    pub(super) fn ended(mut self, answer: &ToolAnswer) {
        self.outcome = if answer.failed { "failed" } else { "ok" };
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        self.span.record("outcome", self.outcome);
    }
}

#[cfg(test)]
mod tests;
