//! `onboard`: sets up a home and chooses the model that answers.

use super::block_on;
use crate::args::Onboard;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::onboard::{self, Choice, Step};
use crate::{daemon, output};

pub(super) fn run(options: &Onboard, place: &Place) -> Result<Code, Failure> {
    block_on(async {
        let Some(choice) = chosen(options, place).await? else {
            output::say("nothing was changed");
            return Ok(Code::No);
        };
        let plan = onboard::plan(place, &choice)?;
        if options.dry_run {
            plan.iter().try_for_each(|step| output::line(step.to_string()))?;
            output::say("nothing was written");
            return Ok(Code::Done);
        }
        let before = place.load_quietly()?;
        // A reader that has left is no reason to stop in the middle.
        onboard::carry_out(place, &plan, |step| drop(output::line(step.to_string()))).await?;
        let after = place.load()?;
        if let Some(address) = onboard::left_server(&before, &after) {
            output::say(format!("no longer asked: {address}"));
        }
        output::say(onboard::verdict(place, &after).await?);
        let changed = plan.iter().any(|step| matches!(step, Step::Change(..)));
        if changed && let Ok(Some(client)) = daemon::find(place).await {
            let who = if daemon::is_daemon(&client) { "restart nanobotd" } else { "end the chat that runs" };
            client.close().await;
            output::say(format!("{who} to use it"));
        }
        output::say(format!("Settings: {}. Talk: nanobot-cli chat", place.config_file().display()));
        Ok(Code::Done)
    })
}

/// What was named, else the first offer or what a person picks; none when they would rather not.
async fn chosen(options: &Onboard, place: &Place) -> Result<Option<Choice>, Failure> {
    if let Some(choice) = onboard::named(options.model.as_deref(), options.base_url.as_deref())? {
        return Ok(Some(choice));
    }
    if !options.yes && !onboard::can_ask() {
        let hint = "nobody can be asked here: add --yes to take the first offer, or --model NAME";
        return Err(Failure::new(Code::Usage, hint));
    }
    let offers = onboard::offers(place, &place.load_quietly()?).await;
    if options.yes { Ok(Some(onboard::first(offers))) } else { onboard::ask(&offers).await }
}
