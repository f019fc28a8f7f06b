//! `outage-campaign`: fifty chats while their provider fails in every way that we know, or while the money runs out
//! under a process that is killed. See `docs/models.md`.
//!
//! It is also the process that is killed.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use nanobot_tests::campaign::{exit_code, some_seed};
use nanobot_tests::outage::{self, BudgetOptions, Options, Sabotage, WORKER, WorkerOptions};

const USAGE: &str =
    "usage: outage-campaign [--turns N] [--budget] [--kills N] [--seed N] [--sabotage NAME] [--json]";

/// What the command line asks for.
enum Asked {
    Outage(Options),
    Budget(BudgetOptions),
    Worker(WorkerOptions),
}

fn main() -> ExitCode {
    exit_code(
        asked().and_then(|(asked, json)| tokio::runtime::Runtime::new()?.block_on(carry_out(&asked, json))),
    )
}

/// What is asked for, and whether as JSON.
fn asked() -> Result<(Asked, bool)> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some((WORKER, rest)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return Ok((Asked::Worker(WorkerOptions::parse(rest)?), false));
    }
    let (mut turns, mut kills, mut seed, mut sabotage) = (10_000, 20, some_seed(), None);
    let (mut budget, mut json) = (false, false);
    let mut args = words.into_iter();
    while let Some(flag) = args.next() {
        match flag.as_str() {
            "--json" => json = true,
            "--budget" => budget = true,
            _ => {
                let value = args.next().with_context(|| format!("{flag} needs a value; {USAGE}"))?;
                let number = || value.parse::<u64>().with_context(|| format!("{flag} {value}"));
                let count = || number().and_then(|number| Ok(usize::try_from(number)?));
                match flag.as_str() {
                    "--turns" => turns = count()?,
                    "--kills" => kills = count()?,
                    "--seed" => seed = number()?,
                    "--sabotage" => sabotage = Some(value.parse::<Sabotage>()?),
                    _ => bail!("{flag} is no flag; {USAGE}"),
                }
            }
        }
    }
    if budget {
        let program = std::env::current_exe().context("where this program is")?;
        return Ok((Asked::Budget(BudgetOptions { program, kills, seed, sabotage }), json));
    }
    Ok((Asked::Outage(Options { turns, seed, sabotage }), json))
}

async fn carry_out(asked: &Asked, json: bool) -> Result<bool> {
    let mut out = std::io::stdout();
    let (text, document, is_green) = match asked {
        Asked::Worker(options) => return outage::work(options).await,
        Asked::Outage(options) => {
            let summary = outage::run(options).await?;
            (summary.to_string(), summary.json(), summary.is_green())
        }
        Asked::Budget(options) => {
            let summary = outage::run_budget(options).await?;
            (summary.to_string(), summary.json(), summary.is_green())
        }
    };
    if json {
        writeln!(out, "{document:#}")?;
    } else {
        write!(out, "{text}")?;
    }
    Ok(is_green)
}
