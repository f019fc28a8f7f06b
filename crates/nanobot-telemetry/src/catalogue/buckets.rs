//! The buckets of each histogram. Each bound is one more line in every scrape and series, so there are eleven or fewer.

use super::Buckets;

/// Whole requests of models.
pub(super) const REQUESTS: Buckets = Buckets {
    bounds: &[0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0],
    reason: "from a refusal at once (0.1 s) to a long answer with reasoning (120 s); about twice as much at each \
             step, so that a P95 is off by less than half",
};

/// The wait for the first word.
pub(super) const FIRST_TOKENS: Buckets = Buckets {
    bounds: &[0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 30.0, 60.0, 120.0],
    reason: "people feel the difference between 0.2 s and 0.8 s; a large model on a small machine reads its prompt for \
             minutes",
};

/// Whole turns.
pub(super) const TURNS: Buckets = Buckets {
    bounds: &[0.01, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0],
    reason: "ignored messages take milliseconds, answers seconds, turns with tools and retries minutes",
};

/// Stages of the pipeline.
pub(super) const STAGES: Buckets = Buckets {
    bounds: &[0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0],
    reason: "most stages compute for less than a millisecond or ask a database; `respond` holds the model's whole answer",
};

/// Tools.
pub(super) const TOOLS: Buckets = Buckets {
    bounds: &[0.001, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0],
    reason: "a file is read in a millisecond, a page fetched in seconds, a command may run for minutes",
};
