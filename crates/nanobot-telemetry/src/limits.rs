//! How much the metrics may hold.

/// A metric has at most so many series, and one more for what has no room. More than a thousand lines in one graph
/// nobody reads, and a scrape of all metrics stays within a few megabytes.
pub const MOST_SERIES: usize = 1_000;

/// Counters with at most so many possible series show all of them from the start.
pub const WORDS_AT_ONCE: usize = 128;

/// Durations wait to be sorted into buckets until somebody asks, 16 bytes each. Where nobody asks they are sorted
/// after so many.
pub const MOST_SAMPLES: u32 = 4_096;
