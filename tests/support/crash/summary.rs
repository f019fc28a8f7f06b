//! What a campaign found, as a table for people and as JSON for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::check::{Counts, How};
use super::site::Death;

/// What came of a campaign.
#[derive(Debug, Default)]
pub struct Summary {
    pub(super) seed: u64,
    pub(super) runs: usize,
    pub(super) took: Duration,
    /// Deaths by point; `random` for those from outside.
    pub(super) kills: BTreeMap<String, usize>,
    /// Deaths that found turns without outcome or deliveries under way, and how many of each.
    pub(super) amid_work: usize,
    pub(super) found_open: usize,
    pub(super) found_waiting: usize,
    /// Runs whose daemon ended in order, since it did not pass its point as often as it was to.
    pub(super) survived: usize,
    /// Points that no daemon died at.
    pub(super) missed: Vec<String>,
    pub(super) counts: Counts,
    /// What was not as promised.
    pub failures: Vec<Failure>,
}

/// Something that was not as promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The number of the run; with the campaign's seed it can be done again.
    pub run: usize,
    /// What was promised.
    pub promise: String,
    /// On what, and what was found in its place.
    pub detail: String,
    /// The home, left as it was.
    pub home: Option<PathBuf>,
}

impl Summary {
    /// Whether everything was as promised, and every point was met.
    pub fn is_green(&self) -> bool {
        self.failures.is_empty() && self.missed.is_empty()
    }

    /// Points that no daemon died at.
    pub fn missed(&self) -> &[String] {
        &self.missed
    }

    /// How many messages were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.counts.acknowledged
    }

    /// How many times a daemon was killed.
    pub fn kills(&self) -> usize {
        self.kills.values().sum()
    }

    pub(super) fn died(&mut self, Death { how, open, waiting }: &Death) {
        let name = match how {
            How::Point(name) => name.as_str(),
            How::Random => "random",
            How::InOrder => {
                self.survived += 1;
                return;
            }
        };
        *self.kills.entry(name.to_owned()).or_default() += 1;
        self.amid_work += usize::from(open + waiting > 0);
        self.found_open += open;
        self.found_waiting += waiting;
    }

    pub(super) fn add(&mut self, counts: &Counts) {
        let Counts {
            sent,
            acknowledged,
            lost,
            outcomes,
            delivered,
            repeats_at_commit,
            repeats_under_way,
            once,
            unknown,
            idempotent,
            model_calls,
            lines,
        } = counts;
        let sum = &mut self.counts;
        for (name, count) in outcomes {
            *sum.outcomes.entry(name.clone()).or_default() += count;
        }
        sum.sent += sent;
        sum.acknowledged += acknowledged;
        sum.lost += lost;
        sum.delivered += delivered;
        sum.repeats_at_commit += repeats_at_commit;
        sum.repeats_under_way += repeats_under_way;
        sum.once += once;
        sum.unknown += unknown;
        sum.idempotent.0 += idempotent.0;
        sum.idempotent.1 += idempotent.1;
        sum.model_calls.0 += model_calls.0;
        sum.model_calls.1 += model_calls.1;
        sum.lines += lines;
    }

    /// One JSON document.
    pub fn json(&self) -> Value {
        let failure = |failure: &Failure| {
            json!({
                "run": failure.run,
                "promise": failure.promise,
                "detail": failure.detail,
                "home": failure.home.as_ref().map(|home| home.display().to_string()),
            })
        };
        let counts = &self.counts;
        json!({
            "seed": self.seed,
            "runs": self.runs,
            "seconds": self.took.as_secs_f64(),
            "kills": self.kills,
            "survived": self.survived,
            "kills_amid_work": self.amid_work,
            "turns_found_open": self.found_open,
            "deliveries_found_waiting": self.found_waiting,
            "missed_points": self.missed,
            "sent": counts.sent,
            "acknowledged": counts.acknowledged,
            "lost_before_commit": counts.lost,
            "outcomes": counts.outcomes,
            "delivered": counts.delivered,
            "repeats_at_commit": counts.repeats_at_commit,
            "repeats_under_way": counts.repeats_under_way,
            "once_runs": counts.once,
            "outcome_unknown": counts.unknown,
            "idempotent_runs": counts.idempotent.0,
            "idempotent_repeats": counts.idempotent.1,
            "model_calls": counts.model_calls.0,
            "model_repeats": counts.model_calls.1,
            "session_lines": counts.lines,
            "failures": self.failures.iter().map(failure).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        let outcomes: Vec<String> =
            counts.outcomes.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let rows = [
            ("seed", self.seed.to_string()),
            ("runs", format!("{} in {:.1} s", self.runs, self.took.as_secs_f64())),
            ("kills", format!("{}, and {} daemons that ended in order first", self.kills(), self.survived)),
            (
                "amid work",
                format!(
                    "{} kills, which found {} turns open and {} deliveries under way",
                    self.amid_work, self.found_open, self.found_waiting
                ),
            ),
            ("sent", counts.sent.to_string()),
            ("acknowledged", counts.acknowledged.to_string()),
            ("lost before commit", format!("{} (IRC, never acknowledged)", counts.lost)),
            ("outcomes", outcomes.join(", ")),
            ("delivered", counts.delivered.to_string()),
            (
                "allowed repeats",
                format!(
                    "{} between confirmation and commit, {} under way at another kill",
                    counts.repeats_at_commit, counts.repeats_under_way
                ),
            ),
            ("once tool", format!("{} runs, {} answers with outcome unknown", counts.once, counts.unknown)),
            (
                "idempotent tool",
                format!("{} runs, {} of them repeats", counts.idempotent.0, counts.idempotent.1),
            ),
            ("model", format!("{} calls, {} of them repeats", counts.model_calls.0, counts.model_calls.1)),
            ("session lines", format!("{} where they belong", counts.lines)),
            ("failures", self.failures.len().to_string()),
        ];
        for (name, value) in rows {
            writeln!(f, "{name:<20}{value}")?;
        }
        for (point, count) in &self.kills {
            writeln!(f, "  killed at {point:<22}{count:>6}")?;
        }
        for point in &self.missed {
            writeln!(f, "MISSED  no daemon died at {point}")?;
        }
        for Failure { run, promise, detail, home } in &self.failures {
            writeln!(f, "FAILED  run {run}: {promise}: {detail}")?;
            if let Some(home) = home {
                writeln!(f, "        home {}", home.display())?;
            }
        }
        Ok(())
    }
}
