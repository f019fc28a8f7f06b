//! `config …`: shows, checks and migrates settings. Only `migrate --write` and `migrate-to-env --write`
//! change a file, with a backup beside it and a row in the audit log.

use std::path::{Path, PathBuf};

use nanobot_admin_store::AdminLog;
use nanobot_config::{
    Existing, check_text, migrate, migrate_to_env, schema, write_env_migration, write_migration,
};
use nanobot_core::ports::{AdminAct, AuditLog as _, Clock as _};
use nanobotd::system::SystemClock;
use serde_json::{Value, json};

use super::block_on;
use crate::args::{Args, Config};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

/// The largest file that is checked; the same limit holds for loading.
const CHECK_LIMIT: u64 = 1024 * 1024;

pub(super) fn run(command: &Config, args: &Args) -> Result<Code, Failure> {
    match command {
        Config::Schema => output::json(&schema()).map(|()| Code::Done),
        Config::Check { files, jsonl } if !files.is_empty() => check(files, *jsonl),
        _ => with_home(command, &Place::of(args)?),
    }
}

fn with_home(command: &Config, place: &Place) -> Result<Code, Failure> {
    match command {
        Config::Show { key, source } => show(place, key.as_deref(), *source),
        Config::Check { jsonl, .. } => check_home(place, *jsonl),
        Config::Path(json) => paths(place, json.json),
        Config::Migrate { write } => migrate_file(place, *write),
        Config::MigrateToEnv { write, force } => secrets_to_env(place, *write, *force),
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

fn check(files: &[PathBuf], jsonl: bool) -> Result<Code, Failure> {
    let mut code = Code::Done;
    for path in files {
        let file = path.display().to_string();
        let text = match read(path) {
            Ok(text) => text,
            Err(message) => {
                code = Code::Data;
                report_unreadable(&file, &message, jsonl)?;
                continue;
            }
        };
        let verdict = check_text(&file, &text);
        if !verdict.accepted && code == Code::Done {
            code = Code::Config;
        }
        if jsonl {
            let verdict = serde_json::to_value(&verdict).unwrap_or_default();
            output::json_line(&verdict)?;
        } else {
            let mark = if verdict.accepted { "accepted" } else { "REFUSED" };
            output::line(format!("{file}: {mark}"))?;
            for error in &verdict.errors {
                output::line(format!("  {}: {}", error.path, error.message))?;
            }
            for key in &verdict.unknown {
                output::line(format!("  {key}: unknown, kept"))?;
            }
        }
    }
    Ok(code)
}

fn report_unreadable(file: &str, message: &str, jsonl: bool) -> Result<(), Failure> {
    if jsonl {
        output::json_line(&json!({"file": file, "error": {"code": "unreadable", "message": message}}))
    } else {
        output::line(format!("{file}: {message}"))
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > CHECK_LIMIT {
        return Err(format!("has {size} bytes, at most {CHECK_LIMIT} are read"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// Everything that would take part: all layers, not only one file.
fn check_home(place: &Place, jsonl: bool) -> Result<Code, Failure> {
    let loaded = place.load()?;
    if jsonl {
        let unknown: Vec<String> = loaded.unknown.iter().map(ToString::to_string).collect();
        let file = place.config_file().display().to_string();
        output::json_line(&json!({"file": file, "accepted": true, "errors": [], "unknown": unknown}))?;
    } else {
        for source in &loaded.sources {
            output::line(format!("{source}: accepted"))?;
        }
        for unknown in &loaded.unknown {
            output::line(format!("{unknown}"))?;
        }
    }
    Ok(Code::Done)
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

fn home_file(place: &Place) -> Result<(PathBuf, String), Failure> {
    let file = place.config_file();
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Failure::new(Code::Config, format!("cannot read {}: {error}", file.display())))?;
    Ok((file, text))
}

fn migrate_file(place: &Place, write: bool) -> Result<Code, Failure> {
    let (file, text) = home_file(place)?;
    let migration = migrate(&file, &text, SystemClock::new().now().instant)?;
    if migration.backup_name.is_none() {
        output::say(format!("{} has today's form already", file.display()));
        return Ok(Code::Done);
    }
    for change in &migration.changes {
        output::say(format!("{change}"));
    }
    if !write {
        output::line(&migration.text_after)?;
        output::say("nothing was written; add --write to write it");
        return Ok(Code::Done);
    }
    audited(place, "config.migrate", &file)?;
    let backup = write_migration(&file, &migration).map_err(cannot_write)?;
    say_written(&file, backup.as_deref());
    Ok(Code::Done)
}

fn secrets_to_env(place: &Place, write: bool, force: bool) -> Result<Code, Failure> {
    let (file, text) = home_file(place)?;
    let dotenv = place.home.dotenv();
    let before = match std::fs::read_to_string(&dotenv) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(Failure::new(Code::Config, format!("cannot read {}: {error}", dotenv.display())));
        }
    };
    if before.is_some() && !force {
        let hint = "it exists; add --force to add to it and replace names that it has";
        return Err(Failure::new(Code::No, format!("{}: {hint}", dotenv.display())));
    }
    let existing = if force { Existing::Replace } else { Existing::Keep };
    let at = SystemClock::new().now().instant;
    let plan = migrate_to_env(&file, &text, before.as_deref(), existing, at)?;
    for (key, variable) in &plan.moved {
        output::line(format!("{key} -> {variable}"))?;
    }
    for (key, why) in &plan.left {
        output::say(format!("{key} stays: {why}"));
    }
    if plan.moved.is_empty() {
        output::say("there is nothing to move");
    } else if write {
        audited(place, "config.migrate_to_env", &file)?;
        let backup = write_env_migration(&file, &dotenv, &plan).map_err(cannot_write)?;
        say_written(&dotenv, backup.as_deref());
        if let Some(backup) = backup {
            output::say(format!(
                "the backup {} still holds the secrets; delete it when all is well",
                backup.display()
            ));
        }
    } else {
        output::say("nothing was written; add --write to write it");
    }
    Ok(Code::Done)
}

fn say_written(file: &Path, backup: Option<&Path>) {
    output::say(format!("wrote {}", file.display()));
    if let Some(backup) = backup {
        output::say(format!("kept what it was as {}", backup.display()));
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn cannot_write(error: nanobot_config::ConfigError) -> Failure {
    Failure::new(Code::CannotWrite, nanobot_core::pipeline::chain(&error))
}

/// One row in the audit log, before the act.
fn audited(place: &Place, action: &'static str, file: &Path) -> Result<(), Failure> {
    let log = AdminLog::new(place.home.audit().join("admin.jsonl"));
    let act = AdminAct {
        actor: format!("local:uid={}", rustix::process::getuid().as_raw()),
        via: "cli",
        action,
        target: file.display().to_string(),
        result: "done",
    };
    block_on(async { Ok(log.record(&act, &SystemClock::new().now()).await?) })
}
