//! `policy check`: files by themselves, or the home's against its settings.

use std::path::PathBuf;

use nanobot_policy::{Document, Fault, SchemaFault, Step, check};
use serde_json::{Value, json};

use super::at_home::AtHome;
use super::world::{Unusable, World, document};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

/// How far a file came, and what is wrong there.
struct Verdict {
    stage: &'static str,
    errors: Vec<Wrong>,
    /// Of what can be saved and is accepted, or is refused by the check after reading alone.
    hash: Option<String>,
}

/// One fault: where, for a program; all of it on one line, for people.
struct Wrong {
    path: String,
    message: String,
    line: String,
}

impl Verdict {
    fn of(read: Result<&Document, &Fault>, world: &World) -> Self {
        match read {
            Err(fault) => Self::refused(fault),
            Ok(document) => {
                let found = check(document, &world.check_options());
                let wrong = found.err().map(|fault| Wrong {
                    line: fault.message.clone(),
                    path: fault.path,
                    message: fault.message,
                });
                let stage = if wrong.is_some() { "validate" } else { "ok" };
                let hash = document.text().is_ok().then(|| document.hash());
                Self { stage, errors: wrong.into_iter().collect(), hash }
            }
        }
    }

    fn refused(fault: &Fault) -> Self {
        let (stage, faults) = match fault {
            Fault::Schema(faults) => ("schema", faults.as_slice()),
            Fault::NotUtf8 { .. } => ("decode", [].as_slice()),
            // The enum may grow; what is not even read is no JSON.
            _ => ("json", [].as_slice()),
        };
        let mut errors: Vec<Wrong> = faults.iter().map(of_schema).collect();
        if errors.is_empty() {
            let message = fault.to_string();
            errors.push(Wrong { path: String::new(), line: message.clone(), message });
        }
        Self { stage, errors, hash: None }
    }

    fn is_accepted(&self) -> bool {
        self.errors.is_empty()
    }

    fn to_json(&self, file: &str) -> Value {
        let errors = self.errors.iter().map(|wrong| json!({"path": wrong.path, "message": wrong.message}));
        json!({
            "file": file,
            "accepted": self.is_accepted(),
            "stage": self.stage,
            "errors": errors.collect::<Vec<_>>(),
            "policy_hash": self.hash,
        })
    }

    fn print(&self, file: &str) -> Result<(), Failure> {
        let mark = if self.is_accepted() { "accepted" } else { "REFUSED" };
        output::line(format!("{file}: {mark}"))?;
        self.errors.iter().try_for_each(|wrong| output::line(format!("  {}", wrong.line)))
    }
}

fn of_schema(fault: &SchemaFault) -> Wrong {
    let steps = fault.path.iter().map(|step| match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    });
    Wrong {
        path: steps.collect::<Vec<_>>().join("."),
        message: fault.message.clone(),
        line: fault.to_string(),
    }
}

/// Files, each by itself.
pub(super) fn files(files: &[PathBuf], world: &World, jsonl: bool) -> Result<Code, Failure> {
    let mut code = Code::Done;
    for path in files {
        let file = path.display().to_string();
        let verdict = match document(path, world) {
            Ok(document) => Verdict::of(Ok(&document), world),
            Err(Unusable::Refused(fault)) => Verdict::of(Err(&fault), world),
            Err(Unusable::Unreadable(message)) => {
                code = Code::Data;
                unreadable(&file, &message, jsonl)?;
                continue;
            }
        };
        if !verdict.is_accepted() && code == Code::Done {
            code = Code::No;
        }
        report(&verdict, &file, jsonl)?;
    }
    Ok(code)
}

/// The home's own, as a start of the daemon would look at it.
pub(super) fn home(place: &Place, jsonl: bool) -> Result<Code, Failure> {
    let home = AtHome::of(place)?;
    let read = home.document()?;
    let verdict = Verdict::of(read.as_ref(), &home.world);
    if !home.path.exists() {
        output::say(format!("there is no {}: the built-in policy holds", home.path.display()));
    }
    report(&verdict, &home.path.display().to_string(), jsonl)?;
    Ok(if verdict.is_accepted() { Code::Done } else { Code::Config })
}

fn report(verdict: &Verdict, file: &str, jsonl: bool) -> Result<(), Failure> {
    if jsonl { output::json_line(&verdict.to_json(file)) } else { verdict.print(file) }
}

fn unreadable(file: &str, message: &str, jsonl: bool) -> Result<(), Failure> {
    if jsonl {
        output::json_line(&json!({"file": file, "error": {"code": "unreadable", "message": message}}))
    } else {
        output::line(format!("{file}: {message}"))
    }
}
