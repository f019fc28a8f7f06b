//! The three security stages: input, tool, output.

use crate::ids::ChannelName;
use crate::label::Labels;
use crate::model::ToolCall;
use crate::verdict::SecurityVerdict;

/// The gate. Pure and fast; a failing engine decides by its fail mode and never panics.
pub trait SecurityGate: Send + Sync {
    /// The name that `status` shows (`rules`, `no_security`).
    fn name(&self) -> &'static str;

    /// By what it judges: two gates with the same one give the same verdicts. Stands in the record of every turn, so
    /// that a turn is derived again under the rules of its day or not at all. At most 64 characters.
    fn fingerprint(&self) -> &str;

    /// Judges what somebody wrote.
    fn check_input(&self, text: &str, context: &SecurityContext) -> SecurityVerdict;

    /// Judges a tool call before it runs.
    fn check_tool(&self, call: &ToolCall, context: &SecurityContext) -> SecurityVerdict;

    /// Judges a whole text before it leaves. Never answers `Warn` with a text that may not leave.
    fn check_output(&self, text: &str, context: &SecurityContext) -> SecurityVerdict;

    /// Opens the output stage for a streamed answer.
    fn open_output(&self, context: &SecurityContext) -> Box<dyn OutputGuard>;

    /// What the chat is told in place of a text that was blocked (the original: `blockUserMessage`).
    fn block_message(&self) -> &str;
}

/// What a stage may know beside the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityContext {
    /// Where.
    pub channel: ChannelName,
    /// Where the text came from.
    pub labels: Labels,
    /// Which path asks (`turn`, `memory_notes_background`, `idea_capture`).
    pub path: &'static str,
}

/// The output stage of one streamed answer.
///
/// The bytes that leave over all pushes and the finish are what [`SecurityGate::check_output`] lets leave
/// of the whole text, wherever the chunks are cut.
pub trait OutputGuard: Send {
    /// Takes the next chunk; gives back what may leave now.
    fn push(&mut self, chunk: &str) -> String;

    /// Ends the stream; gives back the rest and the verdict over all of it.
    fn finish(self: Box<Self>) -> OutputVerdict;
}

/// The end of a streamed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputVerdict {
    /// What may leave after all that left before.
    pub rest: String,
    /// The verdict over the whole text.
    pub verdict: SecurityVerdict,
}
