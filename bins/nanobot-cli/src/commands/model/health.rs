//! `model health`: which circuits are open, by the journal, which the daemon keeps up to date.

use nanobot_core::ports::{Clock as _, OpenCircuit};
use nanobot_core::time::Timestamp;
use nanobotd::system::SystemClock;
use serde_json::{Value, json};

use super::super::circuits::CircuitName;
use super::super::{block_on, circuits};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

pub(super) fn run(place: &Place, as_json: bool) -> Result<Code, Failure> {
    let found = block_on(circuits::open(place))?;
    let has_journal = found.is_some();
    let open = found.unwrap_or_default();
    let now = SystemClock::new().now().instant;
    if as_json {
        let open: Vec<Value> = open.iter().map(|circuit| to_json(circuit, now)).collect();
        output::json(&json!({"ok": open.is_empty(), "journal": has_journal, "open": open}))?;
    } else if !has_journal {
        output::line("there is no journal yet: no model was asked")?;
    } else if open.is_empty() {
        output::line("no provider is left alone: each is asked as usual")?;
    } else {
        let header = ["PROVIDER", "CREDENTIAL", "MODEL", "STATE", "UNTIL", "REASON", "TRIPS"];
        output::table(&header, &open.iter().map(|circuit| row(circuit, now)).collect::<Vec<_>>())?;
    }
    Ok(if open.is_empty() { Code::Done } else { Code::No })
}

/// Once its time is over, the next call tries.
fn state(circuit: &OpenCircuit, now: Timestamp) -> &'static str {
    if circuit.until > now { "open" } else { "next call tries" }
}

fn to_json(circuit: &OpenCircuit, now: Timestamp) -> Value {
    let name = CircuitName::parse(&circuit.name);
    json!({
        "provider": name.as_ref().map_or(circuit.name.as_str(), |name| name.provider),
        "credential": name.as_ref().map(|name| name.credential),
        "model": name.as_ref().and_then(|name| name.model),
        "state": if circuit.until > now { "open" } else { "due" },
        "until": circuit.until.to_string(),
        "reason": circuit.reason,
        "trips": circuit.trips,
    })
}

fn row(circuit: &OpenCircuit, now: Timestamp) -> Vec<String> {
    let name = CircuitName::parse(&circuit.name);
    let part = |part: Option<&str>, none: &str| part.unwrap_or(none).to_owned();
    vec![
        name.as_ref().map_or(circuit.name.as_str(), |name| name.provider).to_owned(),
        part(name.as_ref().map(|name| name.credential), "-"),
        part(name.as_ref().and_then(|name| name.model), "(all)"),
        state(circuit, now).to_owned(),
        output::local_time(&circuit.until.to_string()),
        circuit.reason.clone(),
        circuit.trips.to_string(),
    ]
}
