//! The campaign in the outer box, by one user: makes every attempt, and tells how each went in a line of JSON.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nanobot_sandbox::{Launcher, LauncherSettings, Part};
use serde_json::{Value, json};

use super::attempt::Attempt;
use super::catalogue;
use super::options::{Options, Who};
use super::run::{Ground, Went};
use super::terminal::Terminal;
use super::world::World;

/// Starts that fail on a machine that is busy are tried again, so often.
const TRIES: usize = 2;

/// From the words after `--inside`: who, then the options.
pub(super) fn main(words: &[String]) -> ExitCode {
    match go(words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn go(words: &[String]) -> Result<()> {
    let (who, rest) = words.split_first().context("who it is, is missing")?;
    let (who, options) = (Who::from_name(who)?, Options::parse(rest.iter().cloned(), 0)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(campaign(who, &options));
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn campaign(who: Who, options: &Options) -> Result<()> {
    // The terminal first: what keeps it alive until now is a number that is taken below.
    let terminal = Terminal::open()?;
    let world = World::make(who, options.seed)?;
    let launcher = Launcher::new(LauncherSettings {
        bubblewrap: "/usr/bin/bwrap".into(),
        init: std::env::current_exe()?,
        locale: Vec::new(),
    })?;
    let mut ground = Ground { world, launcher, terminal };
    let all = catalogue::all();
    let wanted = |attempt: &&Attempt| options.only.as_deref().is_none_or(|name| attempt.is(name));
    let sample = sample(&all, who, options);
    for attempt in all.iter().filter(wanted) {
        let is_shown = sample.contains(&attempt.id);
        let line = judged(&mut ground, attempt, who, is_shown).await;
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(())
}

/// The attempts that are shown to be able to succeed.
fn sample(all: &[Attempt], who: Who, options: &Options) -> Vec<&'static str> {
    let mut able: Vec<&Attempt> = all.iter().filter(|attempt| attempt.holds.of(who).is_some()).collect();
    let Some(count) = options.sample else { return able.iter().map(|attempt| attempt.id).collect() };
    able.sort_by_key(|attempt| {
        let mut hasher = DefaultHasher::new();
        (options.seed, attempt.id, who.name()).hash(&mut hasher);
        hasher.finish()
    });
    able.iter().take(count).map(|attempt| attempt.id).collect()
}

/// Against the closed box; without all that stops it; and without all but each one of that.
async fn judged(ground: &mut Ground, attempt: &Attempt, who: Who, is_shown: bool) -> Value {
    let closed = told(&once(ground, attempt, &[]).await);
    let holds = attempt.holds.of(who);
    let (weakened, alone) = match holds {
        None => (json!({"by_kernel": true}), Vec::new()),
        Some(holds) if is_shown => shown(ground, attempt, holds).await,
        Some(_) => (Value::Null, Vec::new()),
    };
    let names: Vec<&str> = holds.unwrap_or_default().iter().map(|part| part.name()).collect();
    json!({
        "as": who.name(), "id": attempt.id, "class": attempt.class, "does": attempt.does,
        "closed": closed, "holds": names, "weakened": weakened, "alone": alone,
    })
}

async fn shown(ground: &mut Ground, attempt: &Attempt, holds: &[Part]) -> (Value, Vec<Value>) {
    let weakened = told(&once(ground, attempt, holds).await);
    let mut alone = Vec::new();
    for kept in holds.iter().filter(|_| holds.len() > 1) {
        let rest: Vec<Part> = holds.iter().copied().filter(|part| part != kept).collect();
        let went = once(ground, attempt, &rest).await;
        alone.push(match went {
            Ok(went) => json!({"kept": kept.name(), "got_through": went.got_through, "said": went.said}),
            Err(error) => json!({"kept": kept.name(), "not_run": format!("{error:#}")}),
        });
    }
    (weakened, alone)
}

async fn once(ground: &mut Ground, attempt: &Attempt, without: &[Part]) -> Result<Went> {
    let mut last = ground.make(attempt, without).await;
    for _ in 1..TRIES {
        if last.is_ok() {
            break;
        }
        last = ground.make(attempt, without).await;
    }
    last
}

fn told(went: &Result<Went>) -> Value {
    match went {
        Ok(went) => json!({"got_through": went.got_through, "said": went.said}),
        Err(error) => json!({"not_run": format!("{error:#}")}),
    }
}
