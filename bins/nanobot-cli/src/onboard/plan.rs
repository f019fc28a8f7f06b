//! What setting up a home writes, as a list that can be shown before it is carried out.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nanobot_config::{Loaded, Overrides, check_text};
use nanobotd::{ChosenModel, choose_model, reply_profile};
use serde_json::{Value, json};

use super::document::choose;
use super::{By, Choice, OWN_SERVER, templates};
use crate::audit::audited;
use crate::exit::{Code, Failure};
use crate::home::Place;

/// Pieces of paths that the box never shows: the original's default (state 2026-02-22), written out so that people
/// see what they may change.
const BLOCKED_HOST_PATTERNS: [&str; 6] = [".ssh", ".aws", ".env", "id_rsa", "id_ed25519", "id_dsa"];

/// One thing to write.
#[derive(Debug)]
pub(crate) enum Step {
    /// A folder, 0700.
    Folder(PathBuf),
    /// A file that does not exist, 0600. One that somebody else has made meanwhile is as good.
    File(PathBuf, String),
    /// A file that exists: its new text, and the backup of the old one.
    Change(PathBuf, String, PathBuf),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "make   {}", path.display()),
            Self::File(path, _) => write!(f, "write  {}", path.display()),
            Self::Change(path, _, backup) => {
                write!(f, "change {} (kept as {})", path.display(), backup.display())
            }
        }
    }
}

/// What is missing in a home, and what the choice changes.
pub(crate) fn plan(place: &Place, choice: &Choice) -> Result<Vec<Step>, Failure> {
    let home = &place.home;
    // The settings say where the workspace is; a file that cannot be read is told before anything is written.
    let loaded = place.load_quietly()?;
    let workspace = home.workspace(&loaded.config);
    let mut steps = Vec::new();
    for folder in [home.root().to_owned(), workspace.clone(), home.sessions(), home.data().join("sessions")] {
        if !folder.is_dir() {
            steps.push(Step::Folder(folder));
        }
    }
    for (name, text) in templates::FILES {
        let path = workspace.join(name);
        if !path.exists() {
            steps.push(Step::File(path, text.to_owned()));
        }
    }
    steps.extend(mount_allowlist(place, &loaded, &workspace));
    steps.extend(settings(place, &loaded, choice)?);
    Ok(steps)
}

/// The list of folders that the box for commands may show, with the workspace in it: without the file no command runs.
/// One that is there is somebody's own and stays as it is.
fn mount_allowlist(place: &Place, loaded: &Loaded, workspace: &Path) -> Vec<Step> {
    let file = place.home.mount_allowlist(&loaded.config);
    // Without a home of the user nobody knows where that is.
    let is_wanted = place.home.user_home().is_some() && !file.exists();
    let Some(folder) = file.parent().filter(|_| is_wanted) else { return Vec::new() };
    let make = (!folder.is_dir()).then(|| Step::Folder(folder.to_owned()));
    let list = json!({"allowedRoots": [workspace], "blockedHostPatterns": BLOCKED_HOST_PATTERNS});
    make.into_iter().chain([Step::File(file, format!("{list:#}\n"))]).collect()
}

/// Carries a plan out, and tells each step once it is done. Changing settings that were there is an act of
/// administration and gets a row in the audit log.
pub(crate) async fn carry_out(place: &Place, plan: &[Step], told: impl Fn(&Step)) -> Result<(), Failure> {
    for step in plan {
        match step {
            Step::Folder(_) | Step::File(..) => step.carry_out()?,
            Step::Change(path, ..) => {
                audited(place, "home.onboard", path.display().to_string(), async { step.carry_out() })
                    .await?;
            }
        }
        told(step);
    }
    Ok(())
}

fn settings(place: &Place, loaded: &Loaded, choice: &Choice) -> Result<Option<Step>, Failure> {
    let file = place.config_file();
    let wrong = |what: String| Failure::new(Code::Config, format!("{}: {what}", file.display()));
    let before = match fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(Failure::new(Code::Config, format!("cannot read {}: {error}", file.display())));
        }
    };
    let mut document: Value = match &before {
        Some(text) => serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?,
        None => json!({"configVersion": 2}),
    };
    let profile = reply_profile(&loaded.config).unwrap_or("assistant_default");
    let provider = provider(place, profile, choice)?;
    choose(&mut document, profile, choice, provider);
    let text = format!("{document:#}\n");
    if let Some(error) = check_text(&file.display().to_string(), &text).errors.first() {
        let what = format!("the choice does not fit into it: {}: {}", error.path, error.message);
        return Err(wrong(what));
    }
    Ok(match before {
        None => Some(Step::File(file, text)),
        Some(old) if serde_json::from_str::<Value>(&old).ok().as_ref() == Some(&document) => None,
        Some(_) => {
            let backup = free_name(&file);
            Some(Step::Change(file, text, backup))
        }
    })
}

/// The provider that the profile has to name. An account is named only where the model's name alone would lead
/// to another one: a name in the profile binds every later choice of a model, too.
fn provider(place: &Place, profile: &str, choice: &Choice) -> Result<Option<&'static str>, Failure> {
    let (model, account) = match choice {
        Choice::Keep | Choice::Model { by: By::Name, .. } => return Ok(None),
        Choice::Offline => return Ok(Some("offline")),
        Choice::Model { by: By::Server(_), .. } => return Ok(Some(OWN_SERVER)),
        Choice::Model { model, by: By::Account(account) } => (model, *account),
    };
    let key = |key| format!("models.profiles.\"{profile}\".{key}");
    let by_name = Overrides::new().set(&key("model"), model.as_str()).set(&key("provider"), "");
    let there = match choose_model(&place.load_with(by_name)?) {
        Ok(ChosenModel::Account { model: chosen, resolved, .. }) => {
            chosen == *model && resolved.provider == account
        }
        Ok(ChosenModel::Offline) | Err(_) => false,
    };
    Ok((!there).then_some(account))
}

/// `config.backup.N.json` beside the file, for the first N that is free. There are never so many that none is.
fn free_name(file: &Path) -> PathBuf {
    let names = (1_u32..100_000).map(|n| file.with_extension(format!("backup.{n}.json")));
    names.into_iter().find(|path| !path.exists()).unwrap_or_else(|| file.with_extension("backup.json"))
}

impl Step {
    /// Does it.
    pub(crate) fn carry_out(&self) -> Result<(), Failure> {
        let (path, done) = match self {
            Self::Folder(path) => (path, fs::DirBuilder::new().recursive(true).mode(0o700).create(path)),
            Self::File(path, text) => (path, write_missing(path, text)),
            Self::Change(path, text, backup) => (path, change(path, text, backup)),
        };
        done.map_err(|error| {
            Failure::new(Code::CannotWrite, format!("cannot write {}: {error}", path.display()))
        })
    }
}

/// Two first chats may make the same home at the same time; whoever comes second finds the file there.
fn write_missing(path: &Path, text: &str) -> std::io::Result<()> {
    match write_new(path, text) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_file() => Ok(()),
        written => written,
    }
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The backup first, then the new text in one step. Where the path is a link, the file that it leads to is
/// replaced, and the link stays.
fn change(path: &Path, text: &str, backup: &Path) -> std::io::Result<()> {
    write_new(backup, &fs::read_to_string(path)?)?;
    let target = fs::canonicalize(path)?;
    let fresh = target.with_extension("json.new");
    let _ = fs::remove_file(&fresh);
    write_new(&fresh, text)?;
    fs::rename(&fresh, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        fs::write(&file, "{\"old\": 1}").unwrap();
        let backup = free_name(&file);
        Step::Change(file.clone(), "{}".into(), backup.clone()).carry_out().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
        assert_eq!(fs::read_to_string(&backup).unwrap(), "{\"old\": 1}");
        assert_ne!(free_name(&file), backup);
    }

    #[test]
    fn a_file_that_somebody_else_made_meanwhile_is_kept_and_counts_as_done() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("SOUL.md");
        Step::File(file.clone(), "first".into()).carry_out().unwrap();
        Step::File(file.clone(), "second".into()).carry_out().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "first");
        let taken = folder.path().join("folder.md");
        fs::create_dir(&taken).unwrap();
        Step::File(taken, "x".into()).carry_out().unwrap_err();
    }

    #[test]
    fn a_change_keeps_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, file) = (folder.path().join("dotfiles.json"), folder.path().join("config.json"));
        fs::write(&kept, "{\"old\": 1}").unwrap();
        std::os::unix::fs::symlink(&kept, &file).unwrap();
        let backup = free_name(&file);
        Step::Change(file.clone(), "{}".into(), backup.clone()).carry_out().unwrap();
        assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&kept).unwrap(), "{}");
        assert_eq!(fs::read_to_string(&backup).unwrap(), "{\"old\": 1}");
    }
}
