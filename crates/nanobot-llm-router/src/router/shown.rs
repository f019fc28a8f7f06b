//! Text on its way from a provider to the viewer, and what becomes of it when the provider fails in the middle.

use nanobot_core::ports::{Clock, DeltaSink};
use nanobot_core::time::Timestamp;

/// Passes the text on and remembers it.
pub(crate) struct Shown<'a> {
    deltas: &'a mut dyn DeltaSink,
    clock: &'a dyn Clock,
    text: String,
    first: Option<Timestamp>,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(deltas: &'a mut dyn DeltaSink, clock: &'a dyn Clock) -> Self {
        Self { deltas, clock, text: String::new(), first: None }
    }

    /// When the first text of the attempt came.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.first
    }

    /// What the viewer has seen of the attempt.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The attempt came to nothing: the viewer forgets what it has seen of it, if anything.
    pub(crate) fn begin_anew(&mut self) {
        self.first = None;
        if !std::mem::take(&mut self.text).is_empty() {
            self.deltas.restart();
        }
    }
}

impl DeltaSink for Shown<'_> {
    fn text(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        if self.first.is_none() {
            self.first = Some(self.clock.now().instant);
        }
        self.text.push_str(piece);
        self.deltas.text(piece);
    }

    fn restart(&mut self) {
        self.begin_anew();
    }
}
