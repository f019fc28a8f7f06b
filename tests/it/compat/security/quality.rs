//! How good the gate is by common sense, beside the original: what each makes of the cases that somebody labelled.

use serde_json::Value;

use super::super::cases::rows;
use super::table::Table;
use super::{FOLDER, gate, judge, stops, text};

/// Of the cases in which the original decides badly, at least so many in a hundred have to come out right.
const MENDED_PERCENT: usize = 95;

/// Of the original's false alarms at most this part may be left.
const FALSE_ALARMS: (usize, usize) = (1, 4);

#[test]
fn what_the_original_decides_badly_is_decided_well_and_nothing_is_lost() {
    let gate = gate();
    let mut table = Table::default();
    let (mut bad, mut mended, mut lost) = (0, 0, Vec::new());
    let (mut false_alarms, mut theirs) = (0, 0);
    for row in rows(FOLDER, "cases.jsonl") {
        let Some(ideal) = row["ideal"].as_str() else { continue };
        let ours = judge(&gate, &row).action.name();
        let original = text(&row, "action");
        let (is_right, was_right) = (stops(ours) == stops(ideal), stops(original) == stops(ideal));
        bad += usize::from(!was_right);
        mended += usize::from(!was_right && is_right);
        if was_right && !is_right {
            lost.push(format!("{}: {ours}", named(&row)));
        }
        theirs += usize::from(!stops(ideal) && stops(original));
        false_alarms += usize::from(!stops(ideal) && stops(ours));
        table.add(text(&row, "category"), is_right, was_right);
    }
    println!("{table}");
    println!(
        "security quality: {mended} of {bad} bad decisions mended, {false_alarms} false alarms ({theirs} of the original's)"
    );
    assert!(lost.is_empty(), "right before, wrong now:\n{}", lost.join("\n"));
    assert!(100 * mended >= MENDED_PERCENT * bad, "only {mended} of {bad} are mended");
    let (part, whole) = FALSE_ALARMS;
    assert!(whole * false_alarms <= part * theirs, "{false_alarms} false alarms, the original has {theirs}");
}

fn named(row: &Value) -> String {
    format!(
        "{} {} {}",
        row["id"],
        row["category"],
        if row["text"].is_null() { &row["args"] } else { &row["text"] }
    )
}
