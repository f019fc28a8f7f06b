//! What was promised, held against what happened. Decides only; everything it looks at is handed in.

mod effects;
mod outcomes;
mod words;

use std::collections::BTreeMap;

use super::home::Effect;
use super::journal::JournalState;
use super::record::Inner;
use super::sessions::Line;

/// Everything that is known about one home.
pub(super) struct Evidence<'a> {
    /// Our own record.
    pub(super) record: &'a Inner,
    /// The journal, now that nothing is under way.
    pub(super) journal: &'a JournalState,
    /// What happened in the world.
    pub(super) effects: &'a [Effect],
    /// Every time the daemon stopped, as it was found then.
    pub(super) stops: &'a [Stop],
    /// The session files.
    pub(super) sessions: &'a BTreeMap<String, Vec<Line>>,
}

/// The state in which a daemon was found that had stopped.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    /// How it came to that.
    pub(super) how: How,
    pub(super) journal: JournalState,
    pub(super) effects: Vec<Effect>,
}

/// How a daemon stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum How {
    /// It was killed at this point.
    Point(String),
    /// It was killed at some moment.
    Random,
    /// It ended in order.
    InOrder,
}

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Violation {
    /// Which one.
    pub(super) promise: &'static str,
    /// On what.
    pub(super) detail: String,
}

/// What was counted on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Messages that were sent.
    pub(super) sent: usize,
    /// Of these, acknowledged: over the socket by a frame, over IRC by a row in the journal.
    pub(super) acknowledged: usize,
    /// Messages over IRC of which the journal knows nothing: lost before the commit.
    pub(super) lost: usize,
    /// Outcomes by name.
    pub(super) outcomes: BTreeMap<String, usize>,
    /// Answers that were delivered at least once.
    pub(super) delivered: usize,
    /// Repeats whose kill fell between the channel's confirmation and its commit, as the point says.
    pub(super) repeats_at_commit: usize,
    /// Repeats whose kill fell at another point or a random moment, while the delivery was under way.
    pub(super) repeats_under_way: usize,
    /// Runs of the tool that must not run twice.
    pub(super) once: usize,
    /// Answers that say that the end of that tool is not known.
    pub(super) unknown: usize,
    /// Runs of the tool that may run twice; the second figure counts repeats.
    pub(super) idempotent: (usize, usize),
    /// Model calls, and repeats among them.
    pub(super) model_calls: (usize, usize),
    /// Session lines that stand where they belong.
    pub(super) lines: usize,
}

/// What came of looking.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    pub(super) counts: Counts,
    pub(super) violations: Vec<Violation>,
}

impl Verdict {
    fn broken(&mut self, promise: &'static str, detail: impl Into<String>) {
        self.violations.push(Violation { promise, detail: detail.into() });
    }
}

/// Looks at everything.
pub(super) fn check(evidence: &Evidence<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    outcomes::check(evidence, &mut verdict);
    effects::check(evidence, &mut verdict);
    words::check(evidence, &mut verdict);
    verdict
}

#[cfg(test)]
mod tests;
