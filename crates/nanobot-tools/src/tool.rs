//! One tool: what it offers, and what it answers.

use async_trait::async_trait;
use nanobot_core::model::ToolSpec;
use nanobot_core::ports::{ToolContext, ToolOutcome};
use nanobot_core::{Label, Labels};
use serde_json::{Map, Value};

use crate::blocking::NoAnswer;

/// One tool of a [`Toolbox`](crate::Toolbox).
#[async_trait]
pub trait Tool: Send + Sync {
    /// What the model sees of it. The same every time.
    fn spec(&self) -> ToolSpec;

    /// Runs once. The arguments have been checked against the schema of [`spec`](Self::spec); fields that it
    /// does not name may be there and are to be ignored. Bounded by limits of its own in time and size.
    async fn run(&self, arguments: &Map<String, Value>, context: &ToolContext) -> ToolAnswer;
}

/// What a tool has to say, before provenance is put on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolAnswer {
    /// The text for the model.
    pub text: String,
    /// The tool could not do it; the text says why.
    pub failed: bool,
    /// Origins that the text has beside the tool and those who asked.
    pub labels: Labels,
}

impl ToolAnswer {
    /// It worked.
    pub fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), failed: false, labels: Labels::NONE }
    }

    /// It did not work: the text begins with `Error: `, as in the original.
    pub fn failed(why: impl AsRef<str>) -> Self {
        Self { text: format!("Error: {}", why.as_ref()), failed: true, labels: Labels::NONE }
    }

    /// The outcome of a call in this context. What a tool reads for somebody is theirs as much as the tool's,
    /// so the labels of all that the turn was made of stay on it.
    pub(crate) fn into_outcome(self, context: &ToolContext) -> ToolOutcome {
        let labels = self.labels.join(context.labels).join(Label::Tool.into());
        ToolOutcome { content: self.text, labels, failed: self.failed }
    }
}

/// As the original words an exception inside a tool.
pub(crate) fn broken(tool: &str, none: NoAnswer) -> ToolAnswer {
    ToolAnswer { text: format!("Error executing {tool}: {none}"), ..ToolAnswer::failed("") }
}
