//! Which shells live: recorded lives of the original's pool, step by step.

use nanobot_core::time::Timestamp;
use nanobot_sandbox::rehearsal::{Event, Rehearsal};
use nanobot_sandbox::{PoolSettings, Pressure};
use serde_json::{Value, json};

use super::super::cases::{Tally, rows};
use super::{FOLDER, items, number, text};

use std::time::Duration;

#[test]
fn recorded_lives_of_shells_agree() {
    let mut tally = Tally::new("exec lifecycle");
    for row in rows(FOLDER, "lifecycle.jsonl") {
        let ours = life(&row);
        if ours == row {
            tally.agree();
        } else if number(&row, "max_containers") > 64 && ours["effective_max"] == 64 {
            tally.by_rule("shells_are_capped");
        } else {
            tally.other(format!("{row}\nours {ours}"));
        }
    }
    tally.finish();
}

/// The settings of a pool by the original's names.
pub(super) fn settings(max_containers: u64, idle_seconds: u64, pressure_policy: &str) -> PoolSettings {
    PoolSettings {
        max_shells: usize::try_from(max_containers).unwrap(),
        idle: Duration::from_secs(idle_seconds),
        pressure: Pressure::from_name(pressure_policy),
    }
}

/// The row with our outcomes in it.
fn life(row: &Value) -> Value {
    let pressure = text(row, "pressure_policy");
    let settings = settings(number(row, "max_containers"), number(row, "idle_seconds"), pressure);
    let mut pool = Rehearsal::new(&settings);
    let mut now = Timestamp::UNIX_EPOCH;
    let mut ours = row.clone();
    ours["effective_max"] = json!(pool.bounds().max_shells);
    ours["effective_idle"] = json!(pool.bounds().idle.as_secs());
    ours["steps"] = items(&row["steps"]).iter().map(|step| outcome(&mut pool, &mut now, step)).collect();
    ours
}

fn outcome(pool: &mut Rehearsal, now: &mut Timestamp, recorded: &Value) -> Value {
    let step = items(&recorded["step"]);
    let name = step[1].as_str().unwrap_or_default();
    let (mut events, mut error) = (Vec::new(), Value::Null);
    match step[0].as_str().unwrap() {
        "get" => {
            let (happened, refused) = pool.ask(name, *now);
            events = happened;
            error = refused.map_or(Value::Null, |words| json!(format!("IsolationUnavailableError: {words}")));
            if step.get(2).is_some_and(|how| how == "use") {
                pool.begin(name, *now);
                events.extend(pool.end(name, *now));
            }
        }
        "active" => pool.begin(name, *now),
        "done" => events = pool.end(name, *now).into_iter().collect(),
        "advance" => *now += Duration::from_secs_f64(step[1].as_f64().unwrap()),
        other => panic!("{other} is no step"),
    }
    let events: Vec<Value> = events.iter().map(shown).collect();
    json!({"step": recorded["step"], "events": events, "alive": pool.alive(), "error": error})
}

fn shown(event: &Event) -> Value {
    match event {
        Event::Started(shell) => json!(["start", shell]),
        Event::Stopped { shell, words } => json!(["stop", shell, words]),
        Event::Preempted { shell, words } => json!(["preempt", shell, words]),
    }
}
