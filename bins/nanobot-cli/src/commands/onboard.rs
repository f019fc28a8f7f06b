//! `onboard`: sets up a home and chooses the model that answers.

use super::block_on;
use crate::args::Onboard;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::onboard::{self, Choice};
use crate::output;

pub(super) fn run(options: &Onboard, place: &Place) -> Result<Code, Failure> {
    let file = place.config_file();
    let named = onboard::named(options.model.as_deref(), options.base_url.as_deref())?;
    let choice = match named {
        Some(choice) => choice,
        None => block_on(async {
            let offers = onboard::offers(place).await;
            Ok(if options.yes { onboard::first(offers) } else { onboard::ask(offers)? })
        })?,
    };
    let plan = onboard::plan(place, &choice)?;
    for step in &plan {
        output::line(step.to_string())?;
    }
    if options.dry_run {
        output::say("nothing was written");
        return Ok(Code::Done);
    }
    for step in &plan {
        step.carry_out()?;
    }
    match choice {
        Choice::Offline => {
            output::say("No model answers yet: set a provider key and run nanobot-cli onboard again.");
        }
        Choice::Model { model, .. } => output::say(format!("{model} will answer.")),
    }
    output::say(format!("Settings: {}. Now talk: nanobot-cli chat", file.display()));
    Ok(Code::Done)
}
