//! Streamed text on its way to the eye: through the output stage, chunk by chunk.
//!
//! A text that may turn out to be a reaction marker is held back until it is clear that it is none.

use crate::ports::{DeltaSink, LiveEvent, LiveSink, LiveTarget, OutputGuard, SecurityContext, SecurityGate};
use crate::stage::MARKER;

/// The text of one model call.
pub(super) struct LiveText<'a> {
    sink: &'a dyn LiveSink,
    target: &'a LiveTarget,
    gate: &'a dyn SecurityGate,
    context: SecurityContext,
    guard: Box<dyn OutputGuard>,
    /// Not shown yet, since it may be a marker.
    held: String,
    shown: String,
}

impl<'a> LiveText<'a> {
    pub(super) fn new(
        sink: &'a dyn LiveSink,
        target: &'a LiveTarget,
        gate: &'a dyn SecurityGate,
        context: SecurityContext,
    ) -> Self {
        let guard = gate.open_output(&context);
        Self { sink, target, gate, context, guard, held: String::new(), shown: String::new() }
    }

    /// The text is the answer: shows the rest, gives back all that was shown.
    pub(super) fn finish(mut self) -> String {
        let guard = std::mem::replace(&mut self.guard, Box::new(Closed));
        let rest = guard.finish().rest;
        self.pass(&rest);
        self.shown
    }

    /// The text is not the answer. Gives back what was shown; says so to the viewer if the turn goes on.
    pub(super) fn abandon(self, goes_on: bool) -> String {
        if goes_on && !self.shown.is_empty() {
            self.sink.show(self.target, LiveEvent::Aside);
        }
        self.shown
    }

    fn pass(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.shown.is_empty() {
            self.held.push_str(text);
            let start = self.held.trim_start();
            if start.starts_with(MARKER) || MARKER.starts_with(start) {
                return;
            }
            self.shown = std::mem::take(&mut self.held);
            self.sink.show(self.target, LiveEvent::Text(&self.shown));
        } else {
            self.shown.push_str(text);
            self.sink.show(self.target, LiveEvent::Text(text));
        }
    }
}

impl DeltaSink for LiveText<'_> {
    fn text(&mut self, piece: &str) {
        let leaves = self.guard.push(piece);
        self.pass(&leaves);
    }

    fn restart(&mut self) {
        // What the guard has seen was another text.
        self.guard = self.gate.open_output(&self.context);
        self.held.clear();
        if !std::mem::take(&mut self.shown).is_empty() {
            self.sink.show(self.target, LiveEvent::Aside);
        }
    }
}

/// A guard that lets nothing more leave.
struct Closed;

impl OutputGuard for Closed {
    fn push(&mut self, _chunk: &str) -> String {
        String::new()
    }

    fn finish(self: Box<Self>) -> crate::ports::OutputVerdict {
        crate::ports::OutputVerdict { rest: String::new(), verdict: crate::verdict::SecurityVerdict::Allow }
    }
}
