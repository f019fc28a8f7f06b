//! What setting up a home writes, as a list that can be shown before it is carried out.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Choice, templates};
use crate::exit::{Code, Failure};
use crate::home::Place;

/// One thing to write.
#[derive(Debug)]
pub(crate) enum Step {
    /// A folder, 0700.
    Folder(PathBuf),
    /// A file that does not exist, 0600.
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
    let workspace = home.workspace(&place.load_quietly()?.config);
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
    steps.extend(settings(&place.config_file(), choice)?);
    Ok(steps)
}

fn settings(file: &Path, choice: &Choice) -> Result<Option<Step>, Failure> {
    let before = match fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(Failure::new(Code::Config, format!("cannot read {}: {error}", file.display())));
        }
    };
    let mut document: Value = match &before {
        Some(text) => serde_json::from_str(text)
            .map_err(|error| Failure::new(Code::Config, format!("{}: {error}", file.display())))?,
        None => json!({"configVersion": 2}),
    };
    choose(&mut document, choice);
    let text = format!("{document:#}\n");
    Ok(match before {
        None => Some(Step::File(file.to_owned(), text)),
        Some(old) if serde_json::from_str::<Value>(&old).ok().as_ref() == Some(&document) => None,
        Some(_) => {
            let backup = free_name(file);
            Some(Step::Change(file.to_owned(), text, backup))
        }
    })
}

/// Puts the choice into the document: the model's name in the two places that decide, and its address.
fn choose(document: &mut Value, choice: &Choice) {
    match choice {
        Choice::Offline => {}
        Choice::Model { model, base } => {
            set(document, &["agents", "defaults", "model"], json!(model));
            let profile = ["models", "profiles", "assistantDefault"];
            if document.pointer("/models/profiles/assistantDefault").is_some() {
                set(document, &[&profile[..], &["model"]].concat(), json!(model));
            }
            if let Some((provider, address)) = base {
                set(document, &["providers", provider, "apiBase"], json!(address));
            }
        }
    }
}

/// Sets one key, making the objects on the way. A value in the way that is no object is left alone; loading
/// will name it.
fn set(value: &mut Value, path: &[&str], new: Value) {
    let (Some((first, rest)), Some(object)) = (path.split_first(), value.as_object_mut()) else { return };
    if rest.is_empty() {
        object.insert((*first).to_owned(), new);
    } else {
        set(object.entry(*first).or_insert_with(|| json!({})), rest, new);
    }
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
            Self::File(path, text) => (path, write_new(path, text)),
            Self::Change(path, text, backup) => (path, change(path, text, backup)),
        };
        done.map_err(|error| {
            Failure::new(Code::CannotWrite, format!("cannot write {}: {error}", path.display()))
        })
    }
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The backup first, then the new text in one step.
fn change(path: &Path, text: &str, backup: &Path) -> std::io::Result<()> {
    write_new(backup, &fs::read_to_string(path)?)?;
    let fresh = path.with_extension("json.new");
    let _ = fs::remove_file(&fresh);
    write_new(&fresh, text)?;
    fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_touches_the_models_name_and_nothing_else() {
        let mut document = json!({
            "configVersion": 2, "extra": [1],
            "models": {"profiles": {"assistantDefault": {"kind": "chat", "model": "old", "maxTokens": 5}}},
        });
        let choice = Choice::Model {
            model: "tiny".into(),
            base: Some(("vllm".into(), "http://127.0.0.1:8080/v1".into())),
        };
        choose(&mut document, &choice);
        insta::assert_json_snapshot!(document, @r#"
        {
          "configVersion": 2,
          "extra": [
            1
          ],
          "models": {
            "profiles": {
              "assistantDefault": {
                "kind": "chat",
                "model": "tiny",
                "maxTokens": 5
              }
            }
          },
          "agents": {
            "defaults": {
              "model": "tiny"
            }
          },
          "providers": {
            "vllm": {
              "apiBase": "http://127.0.0.1:8080/v1"
            }
          }
        }
        "#);
    }

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
}
