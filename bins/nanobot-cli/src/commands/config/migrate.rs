//! `config migrate` and `config migrate-to-env`: first as text, with `--write` on disk.

use std::path::{Path, PathBuf};

use nanobot_config::{Existing, migrate, migrate_to_env, write_env_migration, write_migration};
use nanobot_core::ports::Clock as _;
use nanobotd::system::SystemClock;

use crate::audit::audited;
use crate::commands::block_on;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

fn home_file(place: &Place) -> Result<(PathBuf, String), Failure> {
    let file = place.config_file();
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Failure::new(Code::Config, format!("cannot read {}: {error}", file.display())))?;
    Ok((file, text))
}

pub(super) fn to_todays_form(place: &Place, write: bool) -> Result<Code, Failure> {
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
    let act = async { Ok(write_migration(&file, &migration)?) };
    let backup = block_on(audited(place, "config.migrate", file.display().to_string(), act))?;
    say_written(&file, backup.as_deref());
    Ok(Code::Done)
}

pub(super) fn secrets_to_env(place: &Place, write: bool, force: bool) -> Result<Code, Failure> {
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
        let act = async { Ok(write_env_migration(&file, &dotenv, &plan)?) };
        let backup = block_on(audited(place, "config.migrate_to_env", file.display().to_string(), act))?;
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
