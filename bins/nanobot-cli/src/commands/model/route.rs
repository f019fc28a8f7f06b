//! `model route`: from tasks to profiles.

use nanobot_config::Loaded;
use nanobot_core::model::ModelTask;
use nanobot_llm_router::Route;
use serde_json::{Value, json};

use super::profile::{Known, served_by as served_by_in_words, stand_in};
use super::routes;
use crate::exit::{Code, Failure};
use crate::output;

/// A way that calls take.
struct Way {
    /// None for a route that only some networks or chats take, or that no task of ours uses.
    task: Option<ModelTask>,
    route: Option<Route>,
    models: Vec<String>,
    served_by: Option<String>,
    /// The same for people.
    shown_by: String,
    has_stand_in: bool,
}

pub(super) fn run(loaded: &Loaded, as_json: bool) -> Result<Code, Failure> {
    let routes = routes(loaded);
    let of_task = |task| (Some(task), routes.of_task(task, None));
    let mut ways: Vec<(Option<ModelTask>, Option<Route>)> = ModelTask::ALL.map(of_task).into();
    let further = routes.routes.iter().map(|(key, profile)| (key.clone(), profile));
    let of_chats = routes
        .chats
        .iter()
        .flat_map(|(chat, own)| own.iter().map(move |(key, profile)| (format!("{chat} {key}"), profile)));
    for (key, profile) in further.chain(of_chats) {
        let is_told = ways.iter().any(|(_, route)| route.as_ref().is_some_and(|route| route.key == key));
        if !is_told {
            ways.push((None, Some(Route { key, profile: profile.clone() })));
        }
    }
    let ways: Vec<Way> = ways.into_iter().map(|(task, route)| way(loaded, task, route)).collect();
    if as_json {
        output::json(&json!({"routes": ways.iter().map(to_json).collect::<Vec<_>>()}))?;
    } else {
        let header = ["TASK", "ROUTE", "PROFILE", "SERVED BY", "MODELS"];
        output::table(&header, &ways.iter().map(row).collect::<Vec<_>>())?;
        if ways.iter().any(|way| way.has_stand_in) {
            stand_in()?;
        }
    }
    Ok(Code::Done)
}

fn way(loaded: &Loaded, task: Option<ModelTask>, route: Option<Route>) -> Way {
    let known = route.as_ref().and_then(|route| Known::find(loaded, &route.profile));
    let models = known.iter().flat_map(Known::models).map(str::to_owned).collect();
    let served_by = known.as_ref().and_then(|known| Some(known.first()?.provider.clone()));
    let shown_by = known.as_ref().map_or_else(|| "-".to_owned(), served_by_in_words);
    let has_stand_in = known.as_ref().is_some_and(|known| known.has_stand_in);
    Way { task, route, models, served_by, shown_by, has_stand_in }
}

fn to_json(way: &Way) -> Value {
    json!({
        "task": way.task.map(ModelTask::name),
        "route": way.route.as_ref().map(|route| &route.key),
        "profile": way.route.as_ref().map(|route| &route.profile),
        "chain": way.models,
        "served_by": way.served_by,
        "stand_in": way.has_stand_in,
    })
}

fn row(way: &Way) -> Vec<String> {
    let word = |word: Option<&String>| word.map_or("-", String::as_str).to_owned();
    vec![
        way.task.map_or("-", ModelTask::name).to_owned(),
        word(way.route.as_ref().map(|route| &route.key)),
        word(way.route.as_ref().map(|route| &route.profile)),
        way.shown_by.clone(),
        way.models.join(", then "),
    ]
}
