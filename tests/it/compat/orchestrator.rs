//! The recorded orchestrator of the original: which intents a message leads to, what the responder is given,
//! and the small rules around a turn (questions in prompts, topics, languages, streaks, owners' chats).
//!
//! Some rows need an engine that comes with a later version; they are counted aloud, by a condition on the
//! row. A wanted difference is a rule with a condition on the row's input; `docs/compatibility.md` gives the
//! reasons.

mod agent;
mod archive;
mod input;
mod pipeline;
mod rules;
mod run;
mod shape;

use std::collections::BTreeMap;

use serde_json::Value;

use self::input::text;
use super::cases::{Tally, rows};

const FOLDER: &str = "orchestrator";
const PIPELINE: &str = "pipeline.jsonl";
const AGENT: &str = "agent.jsonl";

/// Agreement, a rule, or what is different for no reason.
type Verdict = Result<Option<&'static str>, String>;

/// Kinds of rows that a test of this folder judges.
const JUDGED: [&str; 8] = [
    "pipeline",
    "owner_target",
    "user_content",
    "topic_tokens",
    "topic_overlap",
    "is_german",
    "talkative",
    // In `compat/policy/admin.rs`.
    "admin_route",
];

/// Kinds of rows whose engines come with later versions.
const LATER: [&str; 5] = ["tts_strip", "tts_truncate", "voice_command", "heartbeat_empty", "validate_url"];

#[test]
fn every_recorded_kind_is_judged_or_waits_by_name() {
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    for row in [rows(FOLDER, PIPELINE), rows(FOLDER, AGENT)].iter().flatten() {
        let kind = text(row, "type");
        let later = LATER.into_iter().find(|known| *known == kind);
        assert!(later.is_some() || JUDGED.contains(&kind), "nobody judges rows of the kind {kind:?}");
        if let Some(kind) = later {
            *waiting.entry(kind).or_default() += 1;
        }
    }
    let counts: Vec<String> = waiting.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    println!("orchestrator: {} rows wait: {}", waiting.values().sum::<usize>(), counts.join(", "));
}

/// Judges every row of one kind and prints the count.
fn judge_all(file: &str, kind: &str, judge: impl Fn(&Value) -> Verdict) {
    let mut tally = Tally::new(&format!("orchestrator {kind}"));
    for row in rows(FOLDER, file).iter().filter(|row| text(row, "type") == kind) {
        count(&mut tally, row, judge(row));
    }
    tally.finish();
}

fn count(tally: &mut Tally, row: &Value, verdict: Verdict) {
    match verdict {
        Ok(None) => tally.agree(),
        Ok(Some(rule)) => tally.by_rule(rule),
        Err(what) => tally.other(format!("{} {}: {what}", row["type"], row["id"])),
    }
}
