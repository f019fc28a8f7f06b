//! `config check`: files by themselves, or everything that a start on the home would look at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nanobot_config::{ConfigErrors, Loaded, check_text, load};
use nanobotd::{choose_model, logging, plan_models, traces};
use serde_json::{Value, json};

use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

/// The largest file that is checked; the same limit holds for loading.
const CHECK_LIMIT: u64 = 1024 * 1024;

pub(super) fn files(files: &[PathBuf], jsonl: bool) -> Result<Code, Failure> {
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

/// Everything that would take part in a start: all layers, the models with those that stand in, the log filter,
/// and where traces go.
pub(super) fn home(place: &Place, jsonl: bool) -> Result<Code, Failure> {
    let loaded = match load(&place.request()) {
        Ok(loaded) => loaded,
        Err(errors) if jsonl => {
            faults_by_source(&errors).into_iter().try_for_each(|(file, errors)| refused(&file, &errors))?;
            return Ok(Code::Config);
        }
        Err(errors) => return Err(errors.into()),
    };
    loaded.warnings.iter().for_each(|warning| output::say(warning.to_string()));
    let file = place.config_file().display().to_string();
    if let Some((path, message)) = start_fault(&loaded) {
        if !jsonl {
            return Err(Failure::new(Code::Config, message));
        }
        refused(&file, &[json!({"path": path, "message": message})])?;
        return Ok(Code::Config);
    }
    if jsonl {
        let unknown: Vec<String> = loaded.unknown.iter().map(ToString::to_string).collect();
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

/// What a start would refuse beyond single values: a key, and what is wrong. What it would warn of is said.
fn start_fault(loaded: &Loaded) -> Option<(&'static str, String)> {
    match choose_model(loaded).and_then(|_| plan_models(loaded)) {
        Ok(plan) => plan.warnings.iter().for_each(output::say),
        Err(error) => return Some(("models", error.to_string())),
    }
    let config = &loaded.config;
    let filter = logging::check(&config.log).err().map(|error| ("log.filter", error.to_string()));
    filter.or_else(|| {
        traces::check(&config.telemetry).err().map(|error| ("telemetry.otlp_endpoint", error.to_string()))
    })
}

fn faults_by_source(errors: &ConfigErrors) -> BTreeMap<String, Vec<Value>> {
    let mut faults: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for error in errors.iter() {
        let fault = json!({"path": error.path.to_string(), "message": error.fault.to_string()});
        faults.entry(error.origin.to_string()).or_default().push(fault);
    }
    faults
}

fn refused(file: &str, errors: &[Value]) -> Result<(), Failure> {
    output::json_line(&json!({"file": file, "accepted": false, "errors": errors, "unknown": []}))
}
