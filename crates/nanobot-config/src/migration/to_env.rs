//! `config migrate-to-env`: secrets out of `config.json`, into `.env`.
//!
//! Only a secret that loads again from its variable is moved; what has no variable of its own stays and is
//! reported. Every other value stays, and so do the file's version, its keys and their spelling; only numbers may be
//! spelled anew, and one beyond double precision is rounded. The backup beside the file still holds the secrets.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use super::{backup_name, open_valid, replace_with_backup, written};
use crate::environment::{Environment, assignment};
use crate::error::{ConfigError, ConfigErrors, Fault};
use crate::files::{back_up, read_text, replace};
use crate::key_path::KeyPath;
use crate::render::render;
use crate::secrets::collect;
use crate::settings::table;
use crate::spelling::canonical;
use crate::strict;
use crate::variables::PROVIDER_VARIABLES;

/// A key that is filled from another's value, and so loads again from that one's variable.
const COPY: (&str, &str) = ("runtime.whatsapp_bridge.token", "channels.whatsapp.bridge_token");

/// Why a secret stays whose variable is not its own: from there it would be a borrowed one.
const OF_ANOTHER: &str = "its variable belongs to another key";

/// What to do about a variable that `.env` sets to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave both as they are.
    Keep,
    /// Put the configured secret there.
    Replace,
}

/// What moving the secrets would do.
#[derive(Clone)]
#[non_exhaustive]
pub struct EnvMigration {
    /// Secrets that move: key and variable.
    pub moved: Vec<(KeyPath, String)>,
    /// Secrets that stay: key and reason.
    pub left: Vec<(KeyPath, &'static str)>,
    /// Name of the backup beside the configuration.
    pub backup_name: String,
    config: (String, String),
    dotenv: (Option<String>, String),
}

/// Computes the move. `dotenv` is the text of `.env`, if there is one; nothing is written.
///
/// # Errors
/// Every fault of the configuration.
pub fn migrate_to_env(
    file: &Path,
    text: &str,
    dotenv: Option<&str>,
    existing: Existing,
    at: Timestamp,
) -> Result<EnvMigration, ConfigErrors> {
    let mut document = open_valid(file, text)?;
    let before = dotenv.unwrap_or_default();
    let mut plan = Plan { existing, dotenv: before.to_owned(), moved: Vec::new(), left: Vec::new() };
    let mut secrets = Vec::new();
    collect(table(), &document.tree, &KeyPath::root(), &mut secrets);
    // Behind the one that it depends on.
    secrets.sort_by_key(|(path, _)| path.to_string() == COPY.0);
    for (path, value) in &secrets {
        if plan.moves(path, value, &secrets) {
            blank(&mut document.tree, path);
        }
    }
    let config_after = match &plan.moved[..] {
        [] => text.to_owned(),
        moved => without_secrets(file, text, moved).unwrap_or_else(|| written(&document)),
    };
    Ok(EnvMigration {
        moved: plan.moved,
        left: plan.left,
        backup_name: backup_name(at),
        config: (text.to_owned(), config_after),
        dotenv: (dotenv.map(str::to_owned), plan.dotenv),
    })
}

/// Carries the move out: `.env` first, so that no secret is ever in neither file. Returns the backup's path, or
/// `None` when there was nothing to move.
///
/// # Errors
/// `ChangedMeanwhile` when a file is no longer what the move was computed from; otherwise what stands in the
/// way of writing. Each file is whole at any moment.
pub fn write_env_migration(
    file: &Path,
    dotenv: &Path,
    migration: &EnvMigration,
) -> Result<Option<PathBuf>, ConfigError> {
    if migration.moved.is_empty() {
        return Ok(None);
    }
    let (before, after) = &migration.dotenv;
    if read_text(dotenv)? != *before {
        return Err(ConfigError::whole(dotenv, Fault::ChangedMeanwhile));
    }
    let (config_before, config_after) = &migration.config;
    if read_text(file)?.as_ref() != Some(config_before) {
        return Err(ConfigError::whole(file, Fault::ChangedMeanwhile));
    }
    // First of all: without a backup nothing is touched.
    back_up(file, &migration.backup_name, config_before)?;
    replace(dotenv, after)?;
    replace_with_backup(file, config_before, config_after, &migration.backup_name).map(Some)
}

struct Plan {
    existing: Existing,
    dotenv: String,
    moved: Vec<(KeyPath, String)>,
    left: Vec<(KeyPath, &'static str)>,
}

impl Plan {
    /// Decides about one secret; `true` when it leaves the configuration.
    fn moves(&mut self, path: &KeyPath, value: &str, secrets: &[(KeyPath, String)]) -> bool {
        match self.try_move(path, value, secrets) {
            Ok(variable) => {
                self.moved.push((path.clone(), variable));
                true
            }
            Err(reason) => {
                self.left.push((path.clone(), reason));
                false
            }
        }
    }

    fn try_move(
        &mut self,
        path: &KeyPath,
        value: &str,
        secrets: &[(KeyPath, String)],
    ) -> Result<String, &'static str> {
        let name = path.to_string();
        let (copy, original) = COPY;
        if name == copy {
            let same = secrets.iter().any(|(path, other)| path.to_string() == original && other == value);
            let moved = self.moved.iter().find(|(path, _)| path.to_string() == original);
            return match moved {
                Some((_, variable)) if same => Ok(variable.clone()),
                _ => Err(OF_ANOTHER),
            };
        }
        // The last variable of two is the one that counts when loading.
        let known = PROVIDER_VARIABLES.iter().rev().find(|known| known.path == name);
        let known = known.ok_or("no variable sets it")?;
        if known.lent {
            return Err(OF_ANOTHER);
        }
        let variable = known.variable;
        let line = assignment(variable, value).filter(|_| value.trim() == value);
        let line = line.ok_or("no line of .env can hold it")?;
        match Environment::default().with_dotenv(&self.dotenv).get(variable) {
            Some(there) if there == value => {}
            Some(_) if self.existing == Existing::Keep => {
                return Err(".env sets its variable to something else");
            }
            Some(_) => self.replace_line(variable, &line),
            None => self.append(&line),
        }
        Ok(variable.to_owned())
    }

    fn append(&mut self, line: &str) {
        if !self.dotenv.is_empty() && !self.dotenv.ends_with('\n') {
            self.dotenv.push('\n');
        }
        self.dotenv.push_str(line);
        self.dotenv.push('\n');
    }

    fn replace_line(&mut self, variable: &str, line: &str) {
        let assigns =
            |text: &str| crate::environment::parse_line(text).is_some_and(|(name, _)| name == variable);
        let others: String =
            self.dotenv.lines().filter(|text| !assigns(text)).flat_map(|text| [text, "\n"]).collect();
        self.dotenv = others;
        self.append(line);
    }
}

/// The file's text with the moved secrets blank and everything else as it was. None where a secret would still
/// load from it, which today's older shapes do not lead to.
fn without_secrets(file: &Path, text: &str, moved: &[(KeyPath, String)]) -> Option<String> {
    let mut value = strict::json(text).ok()?;
    for (path, _) in moved {
        blank_as_written(&mut value, path.segments());
    }
    let text = render(&value);
    let tree = open_valid(file, &text).ok()?.tree;
    let mut secrets = Vec::new();
    collect(table(), &tree, &KeyPath::root(), &mut secrets);
    let stays = |path: &KeyPath| secrets.iter().any(|(left, _)| left == path);
    (!moved.iter().any(|(path, _)| stays(path))).then_some(text)
}

/// Blanks a secret of the file, in whatever spelling its keys are.
fn blank_as_written(value: &mut Value, path: &[String]) {
    let Some((first, rest)) = path.split_first() else {
        *value = Value::String(String::new());
        return;
    };
    let found = value.as_object_mut().and_then(|object| {
        let key = object.keys().find(|key| canonical(key) == canonical(first))?.clone();
        object.get_mut(&key)
    });
    if let Some(below) = found {
        blank_as_written(below, rest);
    }
}

fn blank(tree: &mut Value, path: &KeyPath) {
    let place = path.segments().iter().try_fold(tree, |at, segment| at.get_mut(segment));
    if let Some(place) = place {
        *place = Value::String(String::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str, dotenv: Option<&str>, existing: Existing) -> EnvMigration {
        migrate_to_env(Path::new("config.json"), text, dotenv, existing, Timestamp::UNIX_EPOCH)
            .expect("valid")
    }

    const CONFIG: &str = r#"{
        "channels": {"whatsapp": {"bridgeToken": "bt"}, "discord": {"token": "dt"}},
        "providers": {"openai": {"apiKey": "sk-1"}, "aihubmix": {"apiKey": "sk-2"}}
    }"#;

    #[test]
    fn secrets_move_to_their_variables_and_the_rest_is_reported() {
        let plan = plan(CONFIG, Some("A=b"), Existing::Keep);
        assert_eq!(plan.dotenv.1, "A=b\nWHATSAPP_BRIDGE_TOKEN=bt\nOPENAI_API_KEY=sk-1\n");
        let moved: Vec<String> = plan.moved.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(
            moved,
            ["channels.whatsapp.bridge_token", "providers.openai.api_key", "runtime.whatsapp_bridge.token"]
        );
        let left: Vec<(String, &str)> =
            plan.left.iter().map(|(path, why)| (path.to_string(), *why)).collect();
        assert_eq!(
            left,
            [
                ("channels.discord.token".to_owned(), "no variable sets it"),
                ("providers.aihubmix.api_key".to_owned(), "its variable belongs to another key"),
            ]
        );
        for secret in ["sk-1", "\"bt\""] {
            assert!(!plan.config.1.contains(secret), "{secret} is still in the file");
        }
        assert!(plan.config.1.contains("sk-2") && plan.config.1.contains("\"dt\""));
    }

    #[test]
    fn nothing_but_the_secrets_changes_in_the_file() {
        let text =
            r#"{"mine": [1], "providers": {"groq": {"api_key": "gsk"}, "openai": {"apiKey": "sk-1"}}}"#;
        let plan = plan(text, None, Existing::Keep);
        let after: Value = serde_json::from_str(&plan.config.1).expect("JSON");
        let expected = text.replace("gsk", "").replace("sk-1", "");
        assert_eq!(after, serde_json::from_str::<Value>(&expected).expect("JSON"));
    }

    #[test]
    fn a_key_of_ones_own_does_not_become_a_borrowed_one() {
        let same = r#"{"providers": {"openai": {"apiKey": "sk-1"}, "aihubmix": {"apiKey": "sk-1"}}}"#;
        let plan = plan(same, None, Existing::Keep);
        assert_eq!(plan.dotenv.1, "OPENAI_API_KEY=sk-1\n");
        let left: Vec<String> = plan.left.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(left, ["providers.aihubmix.api_key"]);
    }

    #[test]
    fn a_variable_that_is_set_is_kept_or_replaced_as_asked() {
        let kept = plan(CONFIG, Some("OPENAI_API_KEY=other\n"), Existing::Keep);
        assert!(kept.left.iter().any(|(path, _)| path.to_string() == "providers.openai.api_key"));
        let replaced = plan(CONFIG, Some("OPENAI_API_KEY=other\nB=c\n"), Existing::Replace);
        assert_eq!(replaced.dotenv.1, "B=c\nWHATSAPP_BRIDGE_TOKEN=bt\nOPENAI_API_KEY=sk-1\n");
    }

    #[test]
    fn writing_moves_the_secrets_on_disk() {
        let folder = tempfile::tempdir().expect("folder");
        let (file, dotenv) = (folder.path().join("config.json"), folder.path().join(".env"));
        std::fs::write(&file, CONFIG).expect("config");
        let plan = plan(CONFIG, None, Existing::Keep);
        let backup = write_env_migration(&file, &dotenv, &plan).expect("written").expect("a backup");
        assert_eq!(backup.file_name().expect("name"), "config.backup.19700101-000000.json");
        assert_eq!(std::fs::read_to_string(&backup).expect("backup"), CONFIG);
        assert!(std::fs::read_to_string(&dotenv).expect(".env").contains("OPENAI_API_KEY=sk-1"));
        let again = write_env_migration(&file, &dotenv, &plan).expect_err("changed");
        assert!(matches!(again.fault, Fault::ChangedMeanwhile));
    }
}
