//! The loop guard: notices a model that asks for the same thing again and again.

use crate::model::ToolCall;
use crate::ports::ToolOutcome;

/// Counts equal rounds: the same calls with the same results, one after the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct LoopGuard {
    pub(super) last: Option<u64>,
    pub(super) repeats: u32,
    pub(super) tripped: bool,
}

impl LoopGuard {
    /// Sees one round of tools.
    pub(super) fn observe(&mut self, calls: &[ToolCall], outcomes: &[ToolOutcome], limit: u32) {
        let round = fingerprint(calls, outcomes);
        self.repeats = if self.last == Some(round) { self.repeats + 1 } else { 1 };
        self.last = Some(round);
        self.tripped |= self.repeats >= limit;
    }

    /// Whether the model must now answer with what it has.
    pub(super) const fn withholds_tools(&self) -> bool {
        self.tripped
    }
}

/// FNV-1a, 64 bits (parameters: Fowler, Noll and Vo, 1991): stable across versions, since it is recorded.
fn fingerprint(calls: &[ToolCall], outcomes: &[ToolOutcome]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for call in calls {
        eat(&call.name);
        eat(&call.arguments.to_string());
    }
    for outcome in outcomes {
        eat(&outcome.content);
    }
    hash
}
