//! Measures the input stage against corpora: `cargo run -p nanobot-security --example corpus -- FILE.jsonl…`.
//!
//! One JSON object a line: `text`, and `kind` (`attack` or `talk`) or `ideal` (`block`, `warn`, `allow`); also `lang`,
//! `family` or `category`. Prints what was missed and what was blocked by mistake, then a table. It changes nothing.
#![expect(clippy::print_stdout, reason = "a tool for the terminal")]

use std::collections::BTreeMap;

use nanobot_security::{Action, RuleGate, Settings};
use serde_json::Value;

/// What a group of lines came to.
#[derive(Default)]
struct Tally {
    attacks: usize,
    caught: usize,
    talk: usize,
    false_alarms: usize,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tool reads the files that it is given; the crate itself reads none"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gate = RuleGate::new(Settings::default())?;
    let mut groups: BTreeMap<String, Tally> = BTreeMap::new();
    for path in std::env::args().skip(1) {
        for line in std::fs::read_to_string(&path)?.lines().filter(|line| !line.trim().is_empty()) {
            judge(&gate, &serde_json::from_str(line)?, &mut groups);
        }
    }
    println!("{:<34} {:>14} {:>14}", "group", "caught", "false alarms");
    for (group, tally) in &groups {
        let caught = format!("{}/{}", tally.caught, tally.attacks);
        let alarms = format!("{}/{}", tally.false_alarms, tally.talk);
        println!("{group:<34} {caught:>14} {alarms:>14}");
    }
    Ok(())
}

/// Judges one line of a corpus and prints it when the stage is wrong about it.
fn judge(gate: &RuleGate, line: &Value, groups: &mut BTreeMap<String, Tally>) {
    let field = |name: &str| line.get(name).and_then(Value::as_str);
    let Some(text) = field("text") else { return };
    if field("stage").is_some_and(|stage| stage != "input") {
        return;
    }
    let wanted = field("ideal").or(match field("kind") {
        Some("attack") => Some("block"),
        _ => Some("allow"),
    });
    let report = gate.input(text);
    let is_blocked = report.action == Action::Block;
    let is_noticed = is_blocked || report.action == Action::Warn;
    let family = field("family").or(field("category")).unwrap_or("-");
    let names = ["total", &format!("family {family}"), &format!("lang {}", field("lang").unwrap_or("-"))]
        .map(str::to_owned);
    let rules: Vec<String> = report.hits.iter().map(|hit| format!("{}@{}", hit.rule, hit.view)).collect();
    for name in names {
        let tally = groups.entry(name).or_default();
        match wanted {
            Some("block") => {
                tally.attacks += 1;
                tally.caught += usize::from(is_blocked);
            }
            Some("warn") => {
                tally.attacks += 1;
                tally.caught += usize::from(is_noticed);
            }
            _ => {
                tally.talk += 1;
                tally.false_alarms += usize::from(is_blocked);
            }
        }
    }
    let is_wrong = match wanted {
        Some("block") => !is_blocked,
        Some("warn") => !is_noticed,
        _ => is_blocked,
    };
    if is_wrong {
        let lang = field("lang").unwrap_or("-");
        println!("{} {family} {lang} {text:?} {rules:?}", wanted.unwrap_or("allow"));
    }
}
