//! `sandbox selftest`: starts a box, has every protection looked at from inside, and runs a command in it.

use nanobot_core::ports::{Protection, Sandbox as _};
use serde_json::{Value, json};

use super::run::trial;
use super::{How, OpenBox, patiently};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

/// The one that is looked at without a box.
const MOUNTS: &str = "mounts";

/// What was found.
pub(in crate::commands) struct Examined {
    pub(in crate::commands) protections: Vec<Protection>,
    /// Why no box was started; none when one was tried.
    pub(in crate::commands) not_run: Option<String>,
}

impl Examined {
    /// Starts a box and looks. Takes as long as two starts.
    pub(in crate::commands) async fn of(opened: &OpenBox) -> Self {
        let waiting = "starting a box to look at its protections takes its time";
        patiently(waiting, async {
            let mut protections = opened.sandbox.protections().await;
            let not_run = untried(&protections);
            if not_run.is_none() && protections.iter().all(holds) {
                protections.push(answers(trial(opened).await));
            }
            opened.sandbox.close().await;
            Self { protections, not_run }
        })
        .await
    }

    /// Those that must hold and do not.
    pub(in crate::commands) fn missing(&self) -> impl Iterator<Item = &Protection> {
        self.protections.iter().filter(|protection| !holds(protection))
    }

    fn is_closed(&self) -> bool {
        self.not_run.is_none() && self.missing().next().is_none()
    }
}

fn holds(protection: &Protection) -> bool {
    protection.is_live || !protection.is_demanded
}

/// Why there was no box to look at: what may be shown could not be settled.
fn untried(protections: &[Protection]) -> Option<String> {
    match protections {
        [only] if only.name == MOUNTS => Some(only.detail.clone()),
        _ => None,
    }
}

/// A box that cannot be used is as good as none.
fn answers(tried: Result<(), String>) -> Protection {
    Protection {
        name: "command",
        is_demanded: true,
        is_live: tried.is_ok(),
        detail: tried.err().unwrap_or_else(|| "a command ran and was answered".to_owned()),
    }
}

pub(super) async fn run(place: &Place, as_json: bool) -> Result<Code, Failure> {
    let opened = OpenBox::of(place, place.load()?.config, How::default()).await?;
    let examined = Examined::of(&opened).await;
    if as_json {
        output::json(&to_json(&examined))?;
    } else {
        print(&examined)?;
    }
    Ok(if examined.is_closed() { Code::Done } else { Code::No })
}

fn print(examined: &Examined) -> Result<(), Failure> {
    if let Some(why) = &examined.not_run {
        return output::line(format!("NOT RUN: no box can be started: {why}"));
    }
    let row = |protection: &Protection| {
        let state = match (protection.is_live, protection.is_demanded) {
            (true, _) => "holds",
            (false, true) => "MISSING",
            (false, false) => "not asked for",
        };
        vec![protection.name.to_owned(), state.to_owned(), protection.detail.clone()]
    };
    let rows: Vec<_> = examined.protections.iter().map(row).collect();
    output::table(&["PROTECTION", "STATE", "ABOUT"], &rows)?;
    output::line(if examined.is_closed() {
        "the box is closed"
    } else {
        "the box is not closed: no command runs in it"
    })
}

fn to_json(examined: &Examined) -> Value {
    let protection = |protection: &Protection| {
        json!({
            "name": protection.name, "demanded": protection.is_demanded, "live": protection.is_live,
            "detail": protection.detail,
        })
    };
    json!({
        "ok": examined.is_closed(),
        "not_run": examined.not_run,
        "protections": examined.protections.iter().map(protection).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection(name: &'static str, is_demanded: bool, is_live: bool) -> Protection {
        Protection { name, is_demanded, is_live, detail: format!("about {name}") }
    }

    fn examined(protections: Vec<Protection>) -> Examined {
        Examined { not_run: untried(&protections), protections }
    }

    #[test]
    fn one_demanded_protection_that_is_missing_opens_the_box() {
        let whole = examined(vec![protection("mounts", true, true), protection("landlock", false, false)]);
        assert!(whole.is_closed());
        let open = examined(vec![protection("mounts", true, true), protection("seccomp", true, false)]);
        assert!(!open.is_closed());
        assert_eq!(open.missing().map(|missing| missing.name).collect::<Vec<_>>(), ["seccomp"]);
    }

    #[test]
    fn what_was_not_tried_does_not_pass() {
        let untried = examined(vec![protection("mounts", true, false)]);
        assert_eq!(untried.not_run.as_deref(), Some("about mounts"));
        assert!(!untried.is_closed());
        assert!(!examined(vec![protection("mounts", true, true), answers(Err("no".to_owned()))]).is_closed());
    }
}
