//! The output stage of one streamed answer: chunks go into the stream of the rules, what may leave comes out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use nanobot_core::ports::{OutputGuard, OutputVerdict};
use nanobot_core::verdict::SecurityVerdict;

use crate::failure;
use crate::output::Stream;
use crate::report::{Action, Report};
use crate::rule::StageName;
use crate::settings::Settings;

/// Judges while the answer comes.
pub(crate) struct Guard {
    settings: Settings,
    /// None from the moment on at which the stage broke.
    stream: Option<Stream>,
    /// All that left.
    left: String,
    /// All that came in while nothing has left.
    held: String,
}

impl Guard {
    pub(crate) fn new(stream: Stream, settings: Settings) -> Self {
        Self { settings, stream: Some(stream), left: String::new(), held: String::new() }
    }

    /// What a stage that broke lets leave after all that left before, which cannot be called back.
    fn broken(self) -> OutputVerdict {
        let report = failure::report(&self.settings, StageName::Output);
        let rest = match (report.action, &report.text) {
            (Action::Sanitize, Some(text)) if self.left.is_empty() => text.clone(),
            (Action::Allow | Action::Warn, _) if self.left.is_empty() => self.held,
            (Action::Allow | Action::Warn | Action::Sanitize | Action::Block, _) => String::new(),
        };
        OutputVerdict { rest, verdict: report.verdict() }
    }
}

impl OutputGuard for Guard {
    fn push(&mut self, chunk: &str) -> String {
        if self.left.is_empty() {
            self.held.push_str(chunk);
        }
        let Some(mut stream) = self.stream.take() else { return String::new() };
        // What broke is thrown away, so nothing half changed is looked at again.
        let pushed = catch_unwind(AssertUnwindSafe(move || {
            let leaves = stream.push(chunk);
            (stream, leaves)
        }));
        let Ok((stream, leaves)) = pushed else { return String::new() };
        self.stream = Some(stream);
        self.left.push_str(&leaves);
        leaves
    }

    fn finish(mut self: Box<Self>) -> OutputVerdict {
        let Some(stream) = self.stream.take() else { return self.broken() };
        let Ok((rest, hits)) = catch_unwind(AssertUnwindSafe(move || stream.finish())) else {
            return self.broken();
        };
        self.left.push_str(&rest);
        let verdict = Report::redacted(hits, std::mem::take(&mut self.left)).verdict();
        OutputVerdict { rest, verdict }
    }
}

/// Lets everything leave: the stage is switched off.
pub(crate) struct Open;

impl OutputGuard for Open {
    fn push(&mut self, chunk: &str) -> String {
        chunk.to_owned()
    }

    fn finish(self: Box<Self>) -> OutputVerdict {
        OutputVerdict { rest: String::new(), verdict: SecurityVerdict::Allow }
    }
}
