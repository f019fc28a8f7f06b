//! The sums of the book, as a table and as JSON.

use nanobot_core::units::NanoDollars;
use nanobot_journal::{SpendingKey, SpendingSum};
use serde_json::{Map, Value, json};

use crate::args::CostBy;
use crate::exit::Failure;
use crate::output;

/// The field of JSON that says what the calls of a sum have in common.
pub(super) const fn key_name(by: CostBy) -> &'static str {
    match by {
        CostBy::Day => "day",
        CostBy::Model => "model",
        CostBy::Task => "task",
        CostBy::Chat => "chat",
    }
}

pub(super) fn show(by: CostBy, sums: &[SpendingSum]) -> Result<(), Failure> {
    let head = match by {
        CostBy::Day => "DAY",
        CostBy::Model => "MODEL",
        CostBy::Task => "TASK",
        CostBy::Chat => "CHAT",
    };
    let header = [head, "CALLS", "FAILED", "READ", "WRITTEN", "COST", "UNKNOWN", "HELD"];
    let all = Total::of(sums);
    let rows = sums.iter().map(|sum| Total::of(std::slice::from_ref(sum)).row(named(&sum.of)));
    let rows: Vec<_> = rows.chain((sums.len() > 1).then(|| all.row("all".to_owned()))).collect();
    output::table(&header, &rows)?;
    if all.unknown_cost > 0 {
        output::line(match all.unknown_cost {
            1 => "of 1 call nobody knows the cost; COST is without it".to_owned(),
            calls => format!("of {calls} calls nobody knows the cost; COST is without them"),
        })?;
    }
    if all.held > NanoDollars::ZERO {
        output::line(format!("{} is held for calls whose cost is not known; budgets count it", all.held))?;
    }
    Ok(())
}

fn named(key: &SpendingKey) -> String {
    match key {
        SpendingKey::Day(day) => day.to_string(),
        SpendingKey::Model { provider, model } => format!("{model} ({provider})"),
        SpendingKey::Task(task) => task.clone(),
        SpendingKey::Session(Some(session)) => session.to_string(),
        SpendingKey::Session(None) => "(none, or forgotten)".to_owned(),
    }
}

pub(super) fn to_json(sum: &SpendingSum) -> Value {
    let mut object = Map::new();
    match &sum.of {
        SpendingKey::Day(day) => {
            object.insert("day".to_owned(), json!(day.to_string()));
        }
        SpendingKey::Model { provider, model } => {
            object.insert("provider".to_owned(), json!(provider));
            object.insert("model".to_owned(), json!(model));
        }
        SpendingKey::Task(task) => {
            object.insert("task".to_owned(), json!(task));
        }
        SpendingKey::Session(session) => {
            let session = session.as_ref().map(nanobot_core::ids::SessionKey::as_str);
            object.insert("chat".to_owned(), json!(session));
        }
    }
    object.extend(Total::of(std::slice::from_ref(sum)).fields());
    Value::Object(object)
}

pub(super) fn total_json(sums: &[SpendingSum]) -> Value {
    Value::Object(Total::of(sums).fields())
}

/// Sums of sums.
#[derive(Default)]
struct Total {
    calls: u64,
    failed: u64,
    unreconciled: u64,
    unknown_cost: u64,
    input: Option<u64>,
    output: Option<u64>,
    cost: NanoDollars,
    held: NanoDollars,
}

impl Total {
    fn of(sums: &[SpendingSum]) -> Self {
        let count = |of: fn(&SpendingSum) -> u64| sums.iter().map(of).fold(0, u64::saturating_add);
        let tokens =
            |of: fn(&SpendingSum) -> Option<u64>| sums.iter().filter_map(of).reduce(u64::saturating_add);
        Self {
            calls: count(|sum| sum.calls),
            failed: count(|sum| sum.failed),
            unreconciled: count(|sum| sum.unreconciled),
            unknown_cost: count(|sum| sum.unknown_cost),
            input: tokens(|sum| sum.tokens.input),
            output: tokens(|sum| sum.tokens.output),
            cost: sums.iter().map(|sum| sum.cost).sum(),
            held: sums.iter().map(|sum| sum.held).sum(),
        }
    }

    fn row(&self, name: String) -> Vec<String> {
        let tokens = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        vec![
            name,
            self.calls.to_string(),
            self.failed.to_string(),
            tokens(self.input),
            tokens(self.output),
            self.cost.to_string(),
            self.unknown_cost.to_string(),
            self.held.to_string(),
        ]
    }

    fn fields(&self) -> Map<String, Value> {
        let fields = json!({
            "calls": self.calls,
            "failed": self.failed,
            "unreconciled": self.unreconciled,
            "unknown_cost": self.unknown_cost,
            "input_tokens": self.input,
            "output_tokens": self.output,
            "cost_dollars": self.cost.as_dollars(),
            "held_dollars": self.held.as_dollars(),
        });
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}
