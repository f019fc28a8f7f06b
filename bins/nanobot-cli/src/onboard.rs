//! A new home: what can answer (keys, a server on this machine), what is written, writing it, and what answers
//! then.
//!
//! Nothing that exists is ever replaced; only the model, its provider and its address in `config.json` are
//! changed, and then with a backup beside it.

mod ask;
mod document;
mod offers;
mod plan;
mod templates;
mod verdict;

use nanobot_config::{Loaded, Origin};
use nanobotd::{ChosenModel, choose_model};

use crate::exit::Failure;
use crate::home::Place;
use crate::output;

pub(crate) use ask::{ask, ask_yes_no, can_ask};
pub(crate) use offers::{Offer, first, named, offers};
pub(crate) use plan::{Step, carry_out, plan};
pub(crate) use verdict::{left_server, verdict};

/// What answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Whatever the settings say already; nothing in them changes.
    Keep,
    /// Nothing that understands language.
    Offline,
    /// A model.
    Model {
        /// Its name, as the settings spell it.
        model: String,
        /// Who serves it.
        by: By,
    },
}

/// Who serves a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum By {
    /// Whoever the name means.
    Name,
    /// This account, whoever the name means.
    Account(&'static str),
    /// A server at this address, whatever keys there are.
    Server(String),
}

/// The account that stands for servers of somebody's own.
pub(crate) const OWN_SERVER: &str = "vllm";

/// Makes a home with embedded defaults where there is none. Asks nothing: what the environment names is taken,
/// servers that merely happen to run are not.
pub(crate) async fn make_home_if_missing(place: &Place) -> Result<(), Failure> {
    if place.config_file().exists() || place.home.config_toml().exists() {
        return Ok(());
    }
    let choice = first(offers::named_by_environment(place).await);
    for step in plan(place, &choice)? {
        step.carry_out()?;
    }
    let loaded = place.load_quietly()?;
    let root = place.home.root().display();
    match choose_model(&loaded)? {
        ChosenModel::Offline => output::say(format!("made a home in {root}; no language model answers yet")),
        chosen @ ChosenModel::Account { .. } => {
            output::say(format!("made a home in {root}; {} answers", output::model(&chosen.info())));
            if let Some(fleeting) = fleeting(&loaded, &chosen) {
                let dotenv = place.home.dotenv();
                output::say(format!(
                    "{fleeting} of this shell was used; to keep it, put it into {}",
                    dotenv.display()
                ));
            }
        }
    }
    Ok(())
}

/// The variables that the choice hangs on and that no file holds.
fn fleeting(loaded: &Loaded, chosen: &ChosenModel) -> Option<String> {
    let ChosenModel::Account { resolved, .. } = chosen else { return None };
    let of = |key: &str| match loaded.source_of(&format!("providers.{}.{key}", resolved.provider)) {
        Some(Origin::Variable(name)) => Some(name.clone()),
        _ => None,
    };
    let names: Vec<String> = [of("api_base"), of("api_key")].into_iter().flatten().collect();
    (!names.is_empty()).then(|| names.join(" and "))
}
