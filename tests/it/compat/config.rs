//! The recorded loads of the original's `config.json`, and the key conversion.
//!
//! Three questions per recorded load, each with its own count: are the settings the same; is the file that
//! `config migrate` writes the same; does loading leave the disk alone. A wanted difference is a rule with a
//! condition on the input; `docs/configuration.md` gives the reasons.

mod flat;
mod input;
mod routes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nanobot_config::spelling::{camel_to_snake, canonical, snake_to_camel};
use nanobot_config::{Environment, Home, LoadRequest, Loaded, load, migrate, write_migration};
use serde_json::{Value, json};

use self::flat::{Flat, differing, flat, remove, respelled};
use self::input::Input;
use super::cases::{Tally, rows};

const FOLDER: &str = "config";

#[test]
fn recorded_key_conversions_agree() {
    let mut tally = Tally::new("config keys");
    for row in rows(FOLDER, "keys.jsonl") {
        let given = text(&row, "in");
        let (there, back) = if text(&row, "type") == "camel_to_snake" {
            (camel_to_snake(given), snake_to_camel(&camel_to_snake(given)))
        } else {
            (snake_to_camel(given), camel_to_snake(&snake_to_camel(given)))
        };
        if there == text(&row, "out") && back == text(&row, "back") {
            tally.agree();
        } else {
            tally.other(format!("{row}: {there:?} and back {back:?}"));
        }
    }
    tally.finish();
}

#[test]
fn recorded_loads_agree() {
    let mut tally = Tally::new("config effective");
    let defaults = flat(&rows(FOLDER, "default_dump_snake.json")[0]);
    for row in rows(FOLDER, "load_cases.jsonl") {
        let case = Case::new(&row);
        count(&mut tally, &row, case.judge_effective(&defaults));
    }
    tally.finish();
}

#[test]
fn recorded_rewrites_agree() {
    let mut tally = Tally::new("config rewrite");
    let defaults = flat(&rows(FOLDER, "default_dump_snake.json")[0]);
    for row in rows(FOLDER, "load_cases.jsonl").iter().filter(|row| is_accepted(row) && original_wrote(row)) {
        let case = Case::new(row);
        count(&mut tally, row, case.judge_rewrite(&defaults));
    }
    tally.finish();
}

#[test]
fn loading_never_writes() {
    let mut tally = Tally::new("config disk");
    for row in rows(FOLDER, "load_cases.jsonl") {
        let case = Case::new(&row);
        let before = listing(&case.home);
        let _ = case.load();
        let verdict = match (listing(&case.home) == before, original_wrote(&row)) {
            (false, _) => Err("loading changed the disk".to_owned()),
            (true, false) => Ok(None),
            (true, true) if has_file(&row) => Ok(Some("loads_never_write")),
            (true, true) => Err("the original wrote without a file".to_owned()),
        };
        count(&mut tally, &row, verdict);
    }
    tally.finish();
}

/// Agreement, a rule, or what is different for no reason.
type Verdict = Result<Option<&'static str>, String>;

fn count(tally: &mut Tally, row: &Value, verdict: Verdict) {
    match verdict {
        Ok(None) => tally.agree(),
        Ok(Some(rule)) => tally.by_rule(rule),
        Err(what) => tally.other(format!("{}: {what}", row["id"])),
    }
}

/// One recorded load, laid out in a folder of its own.
struct Case<'a> {
    row: &'a Value,
    /// The user's home, removed at the end.
    _folder: tempfile::TempDir,
    home: PathBuf,
    file: PathBuf,
    environment: Environment,
    input: Input,
}

impl<'a> Case<'a> {
    fn new(row: &'a Value) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let user = folder.path().to_str().expect("UTF-8").to_owned();
        let home = folder.path().join(".nanobot");
        fs::create_dir(&home).expect("home");
        let file = home.join("config.json");
        let input = Input::new(row);
        if let Some(text) = &input.text {
            fs::write(&file, text).expect("config.json");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("mode");
        }
        if let Some(dotenv) = row["dotenv"].as_str() {
            fs::write(home.join(".env"), dotenv).expect(".env");
        }
        let variables =
            input.variables.iter().map(|(name, value)| (name.clone(), value.replace("$HOME", &user)));
        let environment = variables.chain([("HOME".to_owned(), user.clone())]).collect();
        Self { row, _folder: folder, home, file, environment, input }
    }

    fn load(&self) -> Result<Loaded, String> {
        let home = Home::locate(None, &self.environment).map_err(|error| error.to_string())?;
        load(&LoadRequest::new(home, self.environment.clone())).map_err(|errors| errors.to_string())
    }

    fn judge_effective(&self, defaults: &Flat) -> Verdict {
        let loaded = match (self.load(), is_accepted(self.row)) {
            (Ok(loaded), true) => loaded,
            (Ok(_), false) if self.input.routes_differ_in_spelling() => return Ok(Some("names_kept")),
            (Ok(_), false) => return Err("the original refuses it".to_owned()),
            (Err(_), false) => return Ok(Some("invalid_config_refused")),
            (Err(errors), true) => return self.input.refusal().map(Some).ok_or(errors),
        };
        let mut expected = defaults.clone();
        for path in self.row["effective_missing"].as_array().into_iter().flatten() {
            expected.remove(path.as_str().expect("a path"));
        }
        for (path, value) in self.row["effective_diff"].as_object().into_iter().flatten() {
            expected.insert(path.clone(), value.clone());
        }
        let mut ours = flat(loaded.expose());
        ours.retain(|path, _| !is_own(path));
        let mut rules = BTreeSet::new();
        let mangled = respelled(&ours, canonical);
        if mangled != ours && self.input.loses_names() {
            rules.insert("names_kept");
            ours = mangled;
        }
        for path in differing(&ours, &expected) {
            let rule = self.input.rule_for_setting(&path);
            rules.insert(rule.ok_or(format!(
                "{path}: {:?}, recorded {:?}",
                ours.get(&path),
                expected.get(&path)
            ))?);
        }
        Ok(rules.into_iter().next())
    }

    fn judge_rewrite(&self, defaults: &Flat) -> Verdict {
        let text = self.input.text.as_deref().unwrap_or_default();
        let at = jiff::Timestamp::UNIX_EPOCH;
        let migration = match migrate(&self.file, text, at) {
            Ok(migration) => migration,
            Err(errors) => return self.input.refusal().map(Some).ok_or(errors.to_string()),
        };
        let backup = write_migration(&self.file, &migration).map_err(|error| error.to_string())?;
        let written = fs::read_to_string(&self.file).expect("config.json");
        self.check_second(&written)?;
        if self.row["file_after"].is_null() {
            let same = written == text && backup.is_none();
            let rule = self.input.is_complete(defaults).then_some("no_needless_backup");
            return if same && rule.is_some() {
                Ok(rule)
            } else {
                Err("the original keeps the file".to_owned())
            };
        }
        self.check_disk(&backup.ok_or("no backup was written")?, text)?;
        if !written.is_ascii()
            || !written.starts_with("{\n  \"configVersion\": 2,\n")
            || written.ends_with('\n')
        {
            return Err(format!("not in the original's form: {written}"));
        }
        let mut ours: Value = serde_json::from_str(&written).expect("JSON");
        let mut recorded = self.row["file_after"].clone();
        let mut rules = BTreeSet::new();
        let (mut flat_ours, flat_recorded) = (flat(&ours), flat(&recorded));
        let mangled = respelled(&flat_ours, |name| snake_to_camel(&canonical(name)));
        if mangled != flat_ours && self.input.loses_names() {
            rules.insert("names_kept");
            flat_ours = mangled;
        }
        for path in differing(&flat_ours, &flat_recorded) {
            let rule =
                self.input.rule_for_file(&path, flat_ours.get(&path), flat_recorded.get(&path), defaults);
            rules.insert(rule.ok_or(format!(
                "{path}: {:?}, recorded {:?}",
                flat_ours.get(&path),
                flat_recorded.get(&path)
            ))?);
            remove(&mut ours, &path);
            remove(&mut recorded, &path);
        }
        // What is left has to be the same, order included; names from variables came first there.
        let (ours, recorded) = (ours.to_string(), recorded.to_string());
        if ours != recorded && !["names_kept", "env_never_persisted"].iter().any(|rule| rules.contains(rule))
        {
            return Err(format!("another order: {ours}\nrecorded {recorded}"));
        }
        Ok(rules.into_iter().next())
    }

    /// A second migration has nothing to do, and the settings are the same before and after.
    fn check_second(&self, written: &str) -> Result<(), String> {
        let again = migrate(&self.file, written, jiff::Timestamp::UNIX_EPOCH).map_err(|e| e.to_string())?;
        if again.text_after != written || !again.changes.is_empty() || again.backup_name.is_some() {
            return Err("a second migration changes the file again".to_owned());
        }
        let alone = |text: &str| {
            let folder = tempfile::tempdir().expect("folder");
            fs::write(folder.path().join("config.json"), text).expect("config.json");
            let request = LoadRequest::new(Home::at(folder.path(), None), Environment::default());
            load(&request).map(|loaded| loaded.expose().clone()).map_err(|errors| errors.to_string())
        };
        let before = alone(self.input.text.as_deref().unwrap_or_default())?;
        if alone(written)? == before {
            Ok(())
        } else {
            Err("the migrated file means something else".to_owned())
        }
    }

    fn check_disk(&self, backup: &Path, before: &str) -> Result<(), String> {
        let mode =
            |path: &Path| format!("0o{:o}", fs::metadata(path).expect("file").permissions().mode() & 0o777);
        if json!(mode(&self.file)) != self.row["mode_after"] || mode(backup) != "0o600" {
            return Err(format!("modes {} and {}", mode(&self.file), mode(backup)));
        }
        let name = backup.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if json!([name.replace("19700101-000000", "YYYYMMDD-HHMMSS")]) != self.row["backups"] {
            return Err(format!("backup {name}"));
        }
        let same = fs::read_to_string(backup).is_ok_and(|text| text == before);
        if json!(same) == self.row["backup_same_as_before"] {
            Ok(())
        } else {
            Err("another backup".to_owned())
        }
    }
}

/// Keys that the original does not know.
fn is_own(path: &str) -> bool {
    let own = ["/daemon/", "/policy/", "/model/", "/log/", "/channels/irc/", "/channels/matrix/"];
    own.iter().any(|prefix| path.starts_with(prefix)) || path.ends_with("/unguarded")
}

/// Whether the original took the configuration; otherwise it goes on with its defaults.
fn is_accepted(row: &Value) -> bool {
    row["error"].is_null() && !text(row, "stdout").starts_with("Warning: Failed to load config")
}

/// Whether loading touched the disk.
fn original_wrote(row: &Value) -> bool {
    row["rewritten"] == json!(true) || row["backups"] != json!([])
}

fn has_file(row: &Value) -> bool {
    !row["input"].is_null() || !row["input_text"].is_null()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// Name, mode and content of every file in a folder.
fn listing(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path());
    let files = entries.map(|path| {
        let mode = fs::metadata(&path).expect("file").permissions().mode();
        let content = fs::read(&path).expect("content");
        (path, (mode, content))
    });
    files.collect()
}
