//! A new home: what can answer (keys, a server on this machine), what is written, and writing it.
//!
//! Nothing that exists is ever replaced; only the model's name and address in `config.json` are changed, and
//! then with a backup beside it.

mod offers;
mod plan;
mod templates;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

pub(crate) use offers::{Offer, first, model_of_own_server, named, offers};
pub(crate) use plan::plan;

/// What answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Nothing that understands language.
    Offline,
    /// A model.
    Model {
        /// Its name, as the settings spell it.
        model: String,
        /// Its server, where it is not the provider's usual one: provider and address.
        base: Option<(String, String)>,
    },
}

/// Makes a home with embedded defaults where there is none. Asks nothing: what the environment names is taken,
/// servers that merely happen to run are not.
pub(crate) fn make_home_if_missing(place: &Place) -> Result<(), Failure> {
    if place.config_file().exists() || place.home.config_toml().exists() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Code::No, format!("the runtime did not start: {error}")))?;
    let choice = first(runtime.block_on(offers::named_by_environment(place)));
    for step in plan(place, &choice)? {
        step.carry_out()?;
    }
    output::say(format!("made a home in {}", place.home.root().display()));
    Ok(())
}

/// Lets a person choose. Where nobody can be asked, the first offer is taken.
pub(crate) fn ask(offers: Vec<Offer>) -> Result<Choice, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(first(offers));
    }
    output::say("What shall answer?");
    for (number, offer) in (1..).zip(&offers) {
        output::say(format!("  {number}. {}", offer.label));
    }
    loop {
        let typed = prompt("Number [1]: ")?;
        let number = if typed.is_empty() { Ok(1) } else { typed.parse::<usize>() };
        let chosen = number.ok().and_then(|n| offers.get(n.checked_sub(1)?));
        match chosen {
            Some(offer) => return Ok(offer.choice.clone()),
            None => output::say(format!("please type a number from 1 to {}", offers.len())),
        }
    }
}

/// Asks a question that is answered yes or no; no where nobody can be asked.
pub(crate) fn ask_yes_no(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    Ok(matches!(prompt(&format!("{question} [y/N] "))?.as_str(), "y" | "Y" | "yes"))
}

/// One typed line, trimmed. The end of input is an empty line.
fn prompt(text: &str) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::new(Code::No, format!("cannot ask: {error}"));
    let mut err = io::stderr().lock();
    write!(err, "{text}").and_then(|()| err.flush()).map_err(failed)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line.trim().to_owned())
}
