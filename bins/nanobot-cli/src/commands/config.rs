//! `config …`: shows, checks and migrates settings. Only `migrate --write` and `migrate-to-env --write`
//! change a file, with a backup beside it and a row in the audit log.

mod check;
mod migrate;

use nanobot_config::schema;
use serde_json::{Value, json};

use crate::args::{Args, Config};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

pub(super) fn run(command: &Config, args: &Args) -> Result<Code, Failure> {
    match command {
        Config::Schema => output::json(&schema()).map(|()| Code::Done),
        Config::Check { files, jsonl } if !files.is_empty() => check::files(files, *jsonl),
        _ => with_home(command, &Place::of(args)?),
    }
}

fn with_home(command: &Config, place: &Place) -> Result<Code, Failure> {
    match command {
        Config::Show { key, source } => show(place, key.as_deref(), *source),
        Config::Check { jsonl, .. } => check::home(place, *jsonl),
        Config::Path(json) => paths(place, json.json),
        Config::Migrate { write } => migrate::to_todays_form(place, *write),
        Config::MigrateToEnv { write, force } => migrate::secrets_to_env(place, *write, *force),
        Config::Schema => Ok(Code::Done),
    }
}

fn show(place: &Place, key: Option<&str>, source: bool) -> Result<Code, Failure> {
    let loaded = place.load()?;
    let settings = loaded.show();
    let Some(key) = key else {
        output::json(&settings)?;
        return Ok(Code::Done);
    };
    let value =
        key.split('.').try_fold(&settings, |value, part| value.get(part).or_else(|| spelled(value, part)));
    let Some(value) = value else {
        return Err(Failure::new(
            Code::No,
            format!("there is no setting {key}; nanobot-cli config show lists all"),
        ));
    };
    if source {
        let origin = loaded.source_of(key).map_or_else(|| "default".to_owned(), ToString::to_string);
        output::json(&json!({"key": key, "value": value, "source": origin}))?;
    } else {
        output::json(value)?;
    }
    Ok(Code::Done)
}

/// A key in the other spelling.
fn spelled<'a>(value: &'a Value, part: &str) -> Option<&'a Value> {
    value.get(nanobot_config::spelling::snake_to_camel(part))
}

fn paths(place: &Place, as_json: bool) -> Result<Code, Failure> {
    let home = &place.home;
    let files = [
        ("home", home.root().to_owned()),
        ("config", place.config_file()),
        ("config_toml", home.config_toml()),
        ("env", home.dotenv()),
        ("policy", home.policy_json()),
        ("sessions", home.sessions()),
        ("socket", home.socket()),
    ];
    if as_json {
        let files = files.map(|(name, path)| (name.to_owned(), json!(path.display().to_string())));
        output::json(&Value::Object(files.into_iter().collect()))?;
    } else {
        let rows = files.map(|(name, path)| vec![name.to_owned(), path.display().to_string()]);
        output::table(&["WHAT", "PATH"], &rows)?;
    }
    Ok(Code::Done)
}
