//! `model resolve`: from a task to its model, line by line.

use std::collections::HashMap;

use nanobot_config::Loaded;
use nanobot_llm_router::Route;
use serde_json::{Value, json};

use super::super::batch::{self, Answer, BadLine};
use super::profile::Known;
use super::routes;
use crate::exit::{Code, Failure};

/// Answers each line of standard input. What was found out once about a route is kept: there are no more routes than
/// the settings have.
pub(super) fn batch(loaded: &Loaded) -> Result<Code, Failure> {
    let routes = routes(loaded);
    let mut found: HashMap<String, Answer> = HashMap::new();
    batch::run(|line| {
        let task = line.get("task").and_then(Value::as_str);
        let task = task.ok_or_else(|| BadLine::input("task must be a text"))?;
        let channel = match line.get("channel") {
            None | Some(Value::Null) => None,
            Some(Value::String(channel)) => Some(channel.as_str()),
            Some(_) => return Err(BadLine::input("channel must be a text")),
        };
        let Some(route) = routes.of_key(task, channel) else { return Err(no_route(task)) };
        if let Some(answer) = found.get(&route.key) {
            return Ok(answer.clone());
        }
        let answer = answer(loaded, &route)?;
        found.insert(route.key, answer.clone());
        Ok(answer)
    })
}

fn answer(loaded: &Loaded, route: &Route) -> Result<Answer, BadLine> {
    let Some(known) = Known::find(loaded, &route.profile) else { return Err(no_profile(route)) };
    let mut answer = match known.to_json() {
        Value::Object(fields) => fields,
        _ => Answer::new(),
    };
    answer.insert("route".to_owned(), json!(route.key));
    Ok(answer)
}

/// In the original's words, which scripts may look for.
fn no_route(task: &str) -> BadLine {
    BadLine { code: "no_route", message: format!("No model route configured for task '{task}'") }
}

fn no_profile(Route { key, profile }: &Route) -> BadLine {
    BadLine { code: "no_profile", message: format!("Route '{key}' points to missing profile '{profile}'") }
}
