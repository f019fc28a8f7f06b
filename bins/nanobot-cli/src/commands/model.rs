//! `model …`: which model does what, whether it answers, and who is left alone. Settings decide nearly all of it; only
//! `test` asks a model, and only `health` reads the journal. None of them needs a daemon.

mod ask;
mod health;
mod list;
mod profile;
mod report;
mod resolve;
mod route;

use nanobot_config::Loaded;
use nanobot_llm_router::Routes;

use crate::args::Model;
use crate::exit::{Code, Failure};
use crate::home::Place;

pub(super) fn run(command: &Model, place: &Place) -> Result<Code, Failure> {
    match command {
        Model::List(json) => list::run(&place.load()?, json.json),
        Model::Route(json) => route::run(&place.load()?, json.json),
        Model::Resolve => resolve::batch(&place.load()?),
        Model::Test(options) => ask::run(&place.load()?, options),
        Model::Health(json) => health::run(place, json.json),
    }
}

fn routes(loaded: &Loaded) -> Routes {
    let models = &loaded.config.models;
    Routes { routes: models.routes.clone(), chats: models.chats.clone() }
}
