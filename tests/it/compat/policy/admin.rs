//! Commands of owners: what was answered, what changed, what the log says.
//!
//! Rows of one scenario run on one state. After each row the state becomes the recorded one, so that a difference
//! counts in its own row and in no later one.

mod rules;
mod scenario;

use nanobot_policy::admin::{Line, Unreadable};
use serde_json::Value;

use self::rules::RULES;
use self::scenario::{Scenario, Seen};
use super::super::cases::{Tally, rows};
use super::FOLDER;
use super::world::text;

#[test]
fn recorded_admin_commands_agree() {
    let mut tally = Tally::new("policy admin commands");
    let mut scenario: Option<Scenario> = None;
    for row in rows(FOLDER, "admin_commands.jsonl") {
        if row["setup"].is_object() {
            scenario = Some(Scenario::new(&row["setup"]));
        }
        let scenario = scenario.as_mut().expect("a first row with a setup");
        if !scenario.prepare(&row) {
            continue;
        }
        let ours = scenario.ours(&row);
        let mut recorded = Scenario::recorded(&row);
        let mut rule = None;
        for (name, change) in RULES {
            if recorded == ours {
                break;
            }
            let before = recorded.clone();
            change(&scenario.case(&row), &ours, &mut recorded);
            rule = rule.or((recorded != before).then_some(name));
        }
        match (recorded == ours, rule) {
            (true, None) => tally.agree(),
            (true, Some(rule)) => tally.by_rule(rule),
            (false, _) => tally.other(difference(&row, &recorded, &ours)),
        }
        scenario.go_on(&row);
    }
    tally.finish();
}

fn difference(row: &Value, recorded: &Seen, ours: &Seen) -> String {
    format!("{}: {}\nexpected {recorded:#?}\ngot {ours:#?}", text(row, "id"), scenario::said(row))
}

/// How a command is found and split, with handlers that only show their arguments. That recording had a first
/// handler with another hint, so its hint is not ours.
#[test]
fn recorded_admin_routes_agree() {
    let mut tally = Tally::new("policy admin routes");
    for row in rows("orchestrator", "pipeline.jsonl").iter().filter(|row| text(row, "type") == "admin_route")
    {
        let is_heard = row["applicable"] == true;
        let ignored = (is_heard, Some("ignored".to_owned()), None);
        let ours = match Line::parse(text(row, "text")) {
            None => (is_heard, None, None),
            Some(_) if !is_heard => ignored,
            Some(Line::Empty) => ignored,
            Some(Line::Unreadable(why)) => (is_heard, Some("unknown".to_owned()), Some(unreadable(why))),
            Some(Line::Words { name, arguments }) if matches!(name.as_str(), "policy" | "reset") => {
                (is_heard, Some("handled".to_owned()), Some(format!("argv={}", python_list(&arguments))))
            }
            Some(Line::Words { name, .. }) => {
                let reply = format!("Unknown command '/{name}'. Try /policy help.");
                (is_heard, Some("unknown".to_owned()), Some(reply))
            }
        };
        let result = |key: &str| row["result"][key].as_str().map(str::to_owned);
        if ours == (is_heard, result("status"), result("response")) {
            tally.agree();
        } else {
            tally.other(format!("{row}: {ours:?}"));
        }
    }
    tally.finish();
}

fn unreadable(why: Unreadable) -> String {
    format!("Invalid command syntax: {why}")
}

/// As the recording shows arguments.
fn python_list(arguments: &[String]) -> String {
    let shown = arguments.iter().map(|argument| {
        let mut shown = String::new();
        nanobot_core::text::push_ascii_json(&mut shown, argument);
        shown
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(", "))
}
