//! `doctor`: one page about a home, each line with the next step where one is needed. It changes nothing, asks no
//! network, and works with and without a daemon.

mod commands;
mod finding;
mod models;
mod running;
mod settings;

use serde_json::{Value, json};

use super::block_on;
use crate::args::Args;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;
use finding::{Finding, State};

pub(super) fn run(args: &Args, as_json: bool) -> Result<Code, Failure> {
    let findings = block_on(async { Ok(examine(args).await) })?;
    let has_failed = findings.iter().any(|finding| finding.state == State::Failed);
    if as_json {
        let checks: Vec<Value> = findings.iter().map(Finding::to_json).collect();
        output::json(&json!({"ok": !has_failed, "checks": checks}))?;
    } else {
        findings.iter().flat_map(Finding::lines).try_for_each(output::line)?;
    }
    Ok(if has_failed { Code::No } else { Code::Done })
}

async fn examine(args: &Args) -> Vec<Finding> {
    let place = match Place::of(args) {
        Ok(place) => place,
        Err(failure) => {
            return vec![Finding::failed("home", failure.to_string(), "name another one with --home DIR")];
        }
    };
    let mut findings = vec![settings::home(&place)];
    let (told, loaded) = settings::config(&place);
    findings.extend(told);
    match &loaded {
        None => findings.push(Finding::warning(
            "the rest",
            "policy, security, sandbox, tools and model depend on the settings and were not looked at",
            "mend the settings first",
        )),
        Some(loaded) => {
            findings.extend(settings::policy(&place, loaded).await);
            findings.extend(settings::security(loaded));
            findings.extend(commands::sandbox(&place, loaded).await);
            findings.extend(commands::tools(loaded));
            findings.push(settings::model(loaded));
            findings.extend(models::models(loaded));
        }
    }
    findings.extend(running::journal(&place).await);
    findings.extend(running::daemon(&place, loaded.as_ref()).await);
    findings
}
