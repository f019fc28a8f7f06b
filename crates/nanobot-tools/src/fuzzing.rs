//! What must hold whatever a model sends, as functions of bytes.
//!
//! Two callers share them: fuzz targets, and seeded runs of tests, which need no fuzzer. Behind the feature
//! `fuzzing`, so that no program that is shipped has them. They make no input and run no command; only [`Tree`] touches
//! files, in a folder made for it.

mod tree;

use std::path::{Component, Path};
use std::sync::LazyLock;

use nanobot_core::ports::{FileAccess, FileOperation};
use serde_json::{Value, json};

use crate::exec::{Ground, Guard, GuardError, GuardSettings};
use crate::{WorkspaceOnly, schema};

pub use tree::Tree;

/// What an input was, in a few words, so that a run can tell what it has tried.
pub type Shape = String;

/// An input for which something does not hold that must; the text says what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

/// The workspace of the inputs. It is not there, so that no link leads anywhere.
const WORKSPACE: &str = "/nobody/workspace";

/// Any bytes as the arguments of a tool: what passes the check has what the schema asks for.
///
/// # Errors
/// [`Broken`] when it does not.
pub fn arguments(bytes: &[u8]) -> Result<Shape, Broken> {
    let Ok(arguments) = serde_json::from_slice::<Value>(bytes) else {
        return Ok("no JSON".to_owned());
    };
    let schema = json!({
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 1, "maxLength": 8},
            "count": {"type": "integer", "minimum": 1, "maximum": 10},
            "mode": {"type": "string", "enum": ["a", "b"]},
            "list": {"type": "array", "items": {"type": "object", "required": ["text"]}},
        },
        "required": ["text"],
    });
    match schema::checked(&schema, &arguments) {
        Ok(fields) => {
            let is_right = |name: &str, right: fn(&Value) -> bool| fields.get(name).is_none_or(right);
            let holds = fields.get("text").is_some_and(|text| {
                text.as_str().is_some_and(|text| (1..=8).contains(&text.chars().count()))
            }) && is_right("count", |count| {
                count.as_i64().is_some_and(|count| (1..=10).contains(&count))
            }) && is_right("mode", |mode| mode == "a" || mode == "b")
                && is_right("list", |list| {
                    list.as_array().is_some_and(|all| all.iter().all(|one| one.get("text").is_some()))
                });
            must(holds, "arguments passed that the schema does not allow")?;
            Ok("passed".to_owned())
        }
        Err(problems) => {
            must((1..=8).contains(&problems.len()), "a refusal has no problem or too many")?;
            Ok("refused".to_owned())
        }
    }
}

/// Any bytes as a command line: the guard says the same each time, and restriction refuses more and never less.
///
/// # Errors
/// [`Broken`] when it does not hold.
pub fn command(bytes: &[u8]) -> Result<Shape, Broken> {
    let command = String::from_utf8_lossy(bytes);
    let ground = Ground::new(Path::new(WORKSPACE), None, ["/grants/docs"]);
    let Guards { wide, narrow } = GUARDS.as_ref().map_err(Clone::clone)?;
    let free = wide.judge(&command, &ground);
    let restricted = narrow.judge(&command, &ground);
    must(restricted == narrow.judge(&command, &ground), "the guard changed its mind")?;
    must(free.is_ok() || restricted == free, "restriction let something through")?;
    Ok(restricted.map_or_else(|objection| format!("{objection:?}"), |()| "passed".to_owned()))
}

/// Two guards. Making one takes longer than many inputs.
struct Guards {
    wide: Guard,
    narrow: Guard,
}

static GUARDS: LazyLock<Result<Guards, Broken>> = LazyLock::new(|| {
    let made = |restrict_to_workspace| {
        let settings = GuardSettings { restrict_to_workspace, ..GuardSettings::default() };
        Guard::new(&settings).map_err(|error: GuardError| Broken(error.to_string()))
    };
    Ok(Guards { wide: made(false)?, narrow: made(true)? })
});

/// Any bytes as a path: what is allowed lies in the workspace, whatever is written.
///
/// # Errors
/// [`Broken`] when it does not.
pub fn path(bytes: &[u8]) -> Result<Shape, Broken> {
    let path = String::from_utf8_lossy(bytes);
    let access = WorkspaceOnly::unchecked(WORKSPACE.into());
    let Ok(allowed) = access.decide(&path, FileOperation::Write, true) else {
        return Ok("refused".to_owned());
    };
    let is_inside = allowed.path.starts_with(WORKSPACE) && allowed.root == Path::new(WORKSPACE);
    let is_plain =
        allowed.path.components().all(|step| matches!(step, Component::RootDir | Component::Normal(_)));
    must(is_inside && is_plain, "a path outside of the workspace was allowed")?;
    Ok("allowed".to_owned())
}

fn must(holds: bool, otherwise: &str) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken(otherwise.to_owned())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Steps through the tree, mostly ones that are there.
    fn trap() -> impl Strategy<Value = String> {
        let step = prop::sample::select(vec![
            "..", ".", "", "sub", "deep", "notes", "page", "out", "up", "round", "ping", "in", "nowhere",
            "root", "process", "to-docs", "absolute", "file-out", "new", "ws", "outside", "secret", "$R",
            "~",
        ]);
        prop::collection::vec(step, 1..7).prop_map(|steps| steps.join("/"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_must_hold_holds_for_any_bytes(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..200),
                "[-a-z0-9{}\":,./~ $()|\\[\\]]{0,80}".prop_map(String::into_bytes),
            ],
        ) {
            prop_assert!(arguments(&bytes).is_ok());
            prop_assert!(command(&bytes).is_ok());
            prop_assert!(path(&bytes).is_ok());
        }

        #[test]
        fn nothing_outside_of_a_workspace_full_of_traps_is_opened(
            paths in prop::collection::vec((any::<u8>(), trap()), 1..20),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let tree = Tree::make(folder.path()).unwrap();
            let access = WorkspaceOnly::open(tree.place("ws")).unwrap();
            for (first, path) in paths {
                let bytes = [&[first][..], path.as_bytes()].concat();
                prop_assert_eq!(tree.check(&access, &bytes).err(), None, "{}", path);
            }
        }
    }
}
