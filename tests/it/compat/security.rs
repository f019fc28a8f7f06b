//! What the security gate makes of texts and tool calls, beside what the original made of them.

mod modes;
mod quality;
mod table;

use std::sync::LazyLock;

use nanobot_security::{Report, RuleGate, Settings, severity_name};
use serde_json::{Value, json};

use super::cases::{Tally, rows};

const FOLDER: &str = "security";

#[test]
fn recorded_verdicts_agree_or_are_better() {
    let gate = gate();
    let mut tally = Tally::new("security verdicts");
    for row in rows(FOLDER, "cases.jsonl") {
        let report = judge(&gate, &row);
        match difference(&row, &report) {
            Difference::None => tally.agree(),
            Difference::Wanted(rule) => tally.by_rule(rule),
            Difference::Other(what) => tally.other(format!("{row}\nours {}: {what}", shown(&report))),
        }
    }
    tally.finish();
}

fn gate() -> RuleGate {
    static RULES: LazyLock<RuleGate> = LazyLock::new(|| RuleGate::new(Settings::default()).unwrap());
    RULES.clone()
}

fn judge(gate: &RuleGate, row: &Value) -> Report {
    match text(row, "stage") {
        "input" => gate.input(text(row, "text")),
        "tool" => gate.tool(text(row, "tool"), &row["args"]),
        "output" => gate.output(text(row, "text")),
        other => panic!("{other} is no stage"),
    }
}

/// A field that holds a text; none and null are an empty one, as for the original.
fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

/// Whether an action keeps a text, or some of it, from passing.
fn stops(action: &str) -> bool {
    matches!(action, "block" | "sanitize")
}

/// How our answer differs.
enum Difference {
    None,
    Wanted(&'static str),
    Other(&'static str),
}

fn difference(row: &Value, report: &Report) -> Difference {
    let (theirs, ours) = (text(row, "action"), report.action.name());
    // What a person who looked at the case wanted; nobody has an opinion on some.
    let ideal = row["ideal"].as_str();
    let wanted = |stop: bool| ideal.is_none_or(|ideal| stops(ideal) == stop);
    if stops(theirs) != stops(ours) {
        return match (stops(ours), wanted(stops(ours))) {
            (true, true) => Difference::Wanted("attacks_are_read_through"),
            (false, true) => Difference::Wanted("plain_talk_passes"),
            (true, false) => Difference::Other("a false alarm that the original has not"),
            (false, false) => Difference::Other("a stop that is lost"),
        };
    }
    if theirs != ours {
        return Difference::Wanted("warnings_are_ours");
    }
    let same_finding = row["reason"] == json!(report.reason)
        && row["severity"] == json!(severity_name(report.severity))
        && row["tags"] == json!(report.tags);
    if !same_finding {
        return Difference::Wanted("findings_name_what_matched");
    }
    if row["sanitized_text"] != json!(report.text) {
        return Difference::Wanted("secrets_are_removed_whole");
    }
    Difference::None
}

fn shown(report: &Report) -> String {
    let rules: Vec<&str> = report.hits.iter().map(|hit| hit.rule.as_str()).collect();
    format!("{} {:?} {rules:?} {:?}", report.action.name(), report.tags, report.text)
}
