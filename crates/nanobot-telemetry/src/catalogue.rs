//! Which metrics there are: one table that drives registration, the page `docs/metrics.md` and the tests.
//!
//! Which fact moves which metric is told by `facts.rs`.

mod buckets;
mod label;
mod table;

use crate::labels::Label;

pub use table::CATALOGUE;

/// Names a metric inside the program; the order is the catalogue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// `nanobot_llm_requests_total`
    LlmRequests,
    /// `nanobot_llm_tokens_total`
    LlmTokens,
    /// `nanobot_llm_cost_dollars`
    LlmCost,
    /// `nanobot_llm_unpriced_requests_total`
    LlmUnpriced,
    /// `nanobot_llm_request_duration_seconds`
    LlmDuration,
    /// `nanobot_llm_first_token_seconds`
    LlmFirstToken,
    /// `nanobot_llm_fallbacks_total`
    LlmFallbacks,
    /// `nanobot_llm_circuit_state`
    CircuitState,
    /// `nanobot_llm_circuit_transitions_total`
    CircuitTransitions,
    /// `nanobot_budget_limit_dollars`
    BudgetLimit,
    /// `nanobot_budget_left_dollars`
    BudgetLeft,
    /// `nanobot_budget_refusals_total`
    BudgetRefusals,
    /// `nanobot_tool_calls_total`
    ToolCalls,
    /// `nanobot_tool_duration_seconds`
    ToolDuration,
    /// `nanobot_turn_duration_seconds`
    TurnDuration,
    /// `nanobot_stage_duration_seconds`
    StageDuration,
    /// `nanobot_turn_results_total`
    TurnResults,
    /// `nanobot_turn_failures_total`
    TurnFailures,
    /// `nanobot_event_drops_total`
    EventDrops,
    /// `nanobot_reply_context_lookups_total`
    ReplyContextLookups,
    /// `nanobot_policy_drops_total`
    PolicyDrops,
    /// `nanobot_policy_file_changes_total`
    PolicyFileChanges,
    /// `nanobot_policy_commands_total`
    PolicyCommands,
    /// `nanobot_policy_mutations_total`
    PolicyMutations,
    /// `nanobot_policy_rollbacks_total`
    PolicyRollbacks,
    /// `nanobot_admin_commands_total`
    AdminCommands,
    /// `nanobot_admin_session_resets_total`
    SessionResets,
    /// `nanobot_admin_panics_total`
    Panics,
    /// `nanobot_admin_voice_settings_total`
    VoiceSettings,
    /// `nanobot_security_outcomes_total`
    SecurityOutcomes,
    /// `nanobot_memory_notes_total`
    MemoryNotes,
    /// `nanobot_store_failures_total`
    StoreFailures,
    /// `nanobot_session_foreign_lines_total`
    ForeignLines,
    /// `nanobot_queue_waiting_messages`
    QueueWaiting,
    /// `nanobot_queue_running_turns`
    TurnsRunning,
    /// `nanobot_outbox_undelivered_messages`
    Undelivered,
    /// `nanobot_outbox_oldest_age_seconds`
    OldestUndelivered,
    /// `nanobot_channel_connected`
    ChannelConnected,
    /// `nanobot_sample_time_seconds`
    SampleTime,
    /// `nanobot_build_info`
    BuildInfo,
    /// `nanobot_process_start_time_seconds`
    StartTime,
}

/// One metric.
#[derive(Debug)]
pub struct Metric {
    /// Which one.
    pub id: Id,
    /// Its name on the wire.
    pub name: &'static str,
    /// What kind of figure it is.
    pub kind: Kind,
    /// What it is counted in.
    pub unit: &'static str,
    /// Its labels, at most [`MOST_LABELS`].
    pub labels: &'static [Label],
    /// What it says, in one sentence without a full stop; a scrape repeats it.
    pub help: &'static str,
    /// The fact that moves it, or `sampled` and where.
    pub from: &'static str,
}

/// No metric has more labels.
pub const MOST_LABELS: usize = 5;

/// What kind of figure a metric is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A whole number that only rises.
    Counter,
    /// An amount of dollars that only rises. On the wire it is a gauge: counters are whole numbers there, and one
    /// without `_total` in its name is refused by `promtool`. `rate()` and `increase()` take it all the same.
    Money,
    /// A number that comes and goes.
    Gauge,
    /// Durations, sorted into buckets by these upper bounds in seconds.
    Histogram(&'static Buckets),
}

/// The upper bounds of a histogram, and why these.
#[derive(Debug, PartialEq)]
pub struct Buckets {
    /// In seconds, rising; `+Inf` comes by itself.
    pub bounds: &'static [f64],
    /// Why these.
    pub reason: &'static str,
}

impl Kind {
    /// The type on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Money | Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }

    /// How many lines one series has on the wire.
    pub const fn lines(self) -> usize {
        match self {
            Self::Counter | Self::Money | Self::Gauge => 1,
            // One for each bound, and `+Inf`, the sum and the count.
            Self::Histogram(buckets) => buckets.bounds.len() + 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED_FOR: [(&str, &[&str], &str); 5] = [
        ("nanobot_llm_requests_total", &["provider", "model", "task", "outcome"], "counter"),
        ("nanobot_llm_tokens_total", &["provider", "model", "task", "kind"], "counter"),
        ("nanobot_llm_cost_dollars", &["provider", "model", "task"], "gauge"),
        ("nanobot_tool_calls_total", &["tool", "outcome"], "counter"),
        ("nanobot_llm_request_duration_seconds", &["provider", "model", "outcome"], "histogram"),
    ];

    #[test]
    fn the_five_of_the_roadmap_are_there_by_name_and_labels() {
        for (name, labels, kind) in ASKED_FOR {
            let metric = CATALOGUE.iter().find(|metric| metric.name == name).expect(name);
            assert_eq!(metric.labels.iter().map(|label| label.name).collect::<Vec<_>>(), labels);
            assert_eq!(metric.kind.wire(), kind);
        }
    }

    #[test]
    fn the_place_in_the_table_is_the_id() {
        for (place, metric) in CATALOGUE.iter().enumerate() {
            assert_eq!(metric.id as usize, place, "{}", metric.name);
        }
    }

    #[test]
    fn names_follow_the_house_rules() {
        for Metric { name, kind, labels, help, .. } in CATALOGUE {
            assert!(name.starts_with("nanobot_"), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(!matches!(kind, Kind::Histogram(_)) || name.ends_with("_seconds"), "{name}");
            assert!(!["_count", "_sum", "_bucket"].iter().any(|end| name.ends_with(end)), "{name}");
            assert!(labels.len() <= MOST_LABELS && !labels.iter().any(|label| label.name == "le"), "{name}");
            assert!(!help.is_empty() && !help.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn names_and_buckets_are_in_order() {
        let mut names: Vec<&str> = CATALOGUE.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CATALOGUE.len(), "each name once");
        for metric in CATALOGUE {
            if let Kind::Histogram(buckets) = metric.kind {
                assert!(buckets.bounds.is_sorted_by(|a, b| a < b), "{}", metric.name);
            }
        }
    }
}
