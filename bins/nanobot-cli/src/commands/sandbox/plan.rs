//! `sandbox plan`: how a box would be started, line by line. Starts none.
//!
//! A command never shows up in the arguments: it goes into the box over a pipe.

use std::path::Path;

use nanobot_core::ports::FileGrant;
use nanobot_sandbox::{Network, Plan, PlannedMount, Shown};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::super::batch::{self, Answer, BadLine};
use super::{How, OpenBox};
use crate::args;
use crate::exit::{Code, Failure};
use crate::home::Place;

/// Answers every line of standard input.
pub(super) fn batch(runtime: &Runtime, place: &Place, options: &args::Plan) -> Result<Code, Failure> {
    let how = How {
        workspace: options.workspace.as_deref(),
        allowlist: options.allowlist.as_deref(),
        ..How::default()
    };
    let config = place.load()?.config;
    let opened = runtime.block_on(OpenBox::of(place, config, how))?;
    batch::run(|line| {
        let asked = Asked::of(line, &opened)?;
        if asked.command.contains('\0') {
            return Ok(refused("a command cannot hold a NUL character"));
        }
        Ok(match runtime.block_on(opened.sandbox.plan(asked.grants, asked.network)) {
            Ok(plan) => planned(&opened.program, &plan),
            Err(error) => refused(&error.to_string()),
        })
    })
}

/// What a line asks for.
struct Asked<'a> {
    command: &'a str,
    grants: Vec<FileGrant>,
    /// None: as the profile says.
    network: Option<Network>,
}

impl<'a> Asked<'a> {
    fn of(line: &'a Value, opened: &OpenBox) -> Result<Self, BadLine> {
        let command = line.get("command").and_then(Value::as_str);
        Ok(Self {
            command: command.ok_or_else(|| BadLine::input("command must be a text"))?,
            grants: grants(line.get("grants"), opened)?,
            network: match line.get("network") {
                None | Some(Value::Null) => None,
                Some(Value::Bool(true)) => Some(Network::Host),
                Some(Value::Bool(false)) => Some(Network::Closed),
                Some(_) => return Err(BadLine::input("network must be true or false")),
            },
        })
    }
}

/// Grants as `policy.json` writes them; where a line has none, those of an owner's turn.
fn grants(written: Option<&Value>, opened: &OpenBox) -> Result<Vec<FileGrant>, BadLine> {
    match written {
        None | Some(Value::Null) => Ok(opened.policy.files().grants(true)),
        Some(written) => {
            let policy = json!({"fileAccess": {"grants": written}}).to_string();
            opened.policy.grants_of(&policy).map_err(|faults| BadLine::input(faults.join("; ")))
        }
    }
}

fn planned(program: &Path, plan: &Plan) -> Answer {
    let program = std::iter::once(program.display().to_string());
    let argv: Vec<String> =
        program.chain(plan.argv.iter().map(|word| word.to_string_lossy().into_owned())).collect();
    let mounts: Vec<Value> = plan.mounts.iter().map(mount).collect();
    Answer::from_iter([
        ("ok".to_owned(), json!(true)),
        ("argv".to_owned(), json!(argv)),
        ("mounts".to_owned(), json!(mounts)),
    ])
}

fn refused(reason: &str) -> Answer {
    Answer::from_iter([
        ("ok".to_owned(), json!(false)),
        ("argv".to_owned(), json!([])),
        ("mounts".to_owned(), json!([])),
        ("refused".to_owned(), json!(reason)),
    ])
}

/// `shows` says what is there: the host, nothing, a folder in memory, a made-up text, or the kernel's own.
fn mount(mount: &PlannedMount) -> Value {
    let shows = match &mount.shows {
        Shown::Host(_) => "host",
        Shown::Nothing => "nothing",
        Shown::Memory => "memory",
        Shown::Text => "text",
        Shown::Kernel => "kernel",
    };
    let mut object = json!({
        "container": mount.target.display().to_string(),
        "shows": shows,
        "mode": if mount.is_read_only { "ro" } else { "rw" },
    });
    if let (Shown::Host(path), Some(object)) = (&mount.shows, object.as_object_mut()) {
        object.insert("host".to_owned(), json!(path.display().to_string()));
    }
    object
}
