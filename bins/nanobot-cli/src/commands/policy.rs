//! `policy …`: asks the policy, checks it, and changes it. Only `cmd`, `annotate-whatsapp-comments` and
//! `migrate-allowfrom` change anything, through whoever serves the home, else under its lock.

mod ask;
mod at_home;
mod check;
mod decision;
mod engines;
mod eval;
mod event;
mod explain;
mod way;
mod world;

use serde_json::json;

pub(super) use at_home::{AtHome, is_operators};
pub(super) use decision::notes_source;
pub(super) use way::{Wish, ask as ask_for};

use crate::args::{Args, Json, Policy, World as Typed};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

pub(super) fn run(command: &Policy, args: &Args) -> Result<Code, Failure> {
    match command {
        // These need no home.
        Policy::Eval(options) => eval::decisions(options),
        Policy::ToolAccess(options) => eval::tool_access(options),
        Policy::Check { files, jsonl, world } if !files.is_empty() => {
            check::files(files, &world::World::of(world), *jsonl)
        }
        Policy::Check { jsonl, world, .. } => {
            refuse_a_world(world)?;
            check::home(&Place::of(args)?, *jsonl)
        }
        Policy::Path(json) => path(&Place::of(args)?, json),
        Policy::Explain(options) => explain::run(options, &Place::of(args)?),
        Policy::Cmd { command, edit, confirm } => ask::command(&Place::of(args)?, command, *edit, *confirm),
        Policy::AnnotateWhatsappComments { names, overwrite, edit } => {
            ask::annotate(&Place::of(args)?, names.as_deref(), *overwrite, *edit)
        }
        Policy::MigrateAllowFrom(edit) => ask::migrate_allow_from(&Place::of(args)?, *edit),
    }
}

/// The home's own policy has the home's own settings around it.
fn refuse_a_world(typed: &Typed) -> Result<(), Failure> {
    let Typed { workspace, apply_channels, known_tools, user_home } = typed;
    if workspace.is_none() && apply_channels.is_none() && known_tools.is_none() && user_home.is_none() {
        return Ok(());
    }
    let message = "the home's policy is checked against the home's settings; name a FILE to choose others";
    Err(Failure::new(Code::Usage, message))
}

fn path(place: &Place, json: &Json) -> Result<Code, Failure> {
    let path = place.home.policy_json();
    if json.json {
        output::json(&json!({"path": path.display().to_string(), "exists": path.exists()}))?;
    } else {
        output::line(path.display().to_string())?;
    }
    Ok(Code::Done)
}
