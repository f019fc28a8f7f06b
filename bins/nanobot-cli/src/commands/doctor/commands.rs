//! Commands of the model: whether the box that they run in is closed, and which tools there are.

use nanobot_config::Loaded;
use nanobotd::{Confinement, Withheld, tools_at_rest};

use super::super::sandbox::{Examined, How, OpenBox};
use super::finding::Finding;
use crate::home::Place;

const SELFTEST: &str = "nanobot-cli sandbox selftest says more";

/// Starts a box, where the settings want one.
pub(super) async fn sandbox(place: &Place, loaded: &Loaded) -> Vec<Finding> {
    if !Confinement::of(&loaded.config).isolation {
        let next = "set tools.exec.isolation.enabled to true in config.json";
        return vec![Finding::warning("sandbox", "switched off: the model runs no commands", next)];
    }
    let examined = match OpenBox::of(place, loaded.config.clone(), How::default()).await {
        Ok(opened) => Examined::of(&opened).await,
        Err(failure) => return vec![Finding::failed("sandbox", failure.to_string(), SELFTEST)],
    };
    if let Some(why) = &examined.not_run {
        return vec![Finding::failed("sandbox", format!("NOT RUN: {why}"), next_step(place, loaded))];
    }
    let live = examined.protections.iter().filter(|protection| protection.is_live);
    let live: Vec<&str> = live.map(|protection| protection.name).collect();
    let mut findings: Vec<Finding> = examined
        .missing()
        .map(|missing| Finding::failed("sandbox", format!("{}: {}", missing.name, missing.detail), SELFTEST))
        .collect();
    if !live.is_empty() {
        findings.insert(0, Finding::ok("sandbox", format!("these protections hold: {}", live.join(", "))));
    }
    let unasked =
        examined.protections.iter().filter(|protection| !protection.is_live && !protection.is_demanded);
    findings.extend(unasked.map(|protection| {
        Finding::warning("sandbox", format!("{}: {}", protection.name, protection.detail), SELFTEST)
    }));
    findings
}

/// What to do where no box can be started at all.
fn next_step(place: &Place, loaded: &Loaded) -> String {
    let allowlist = place.home.mount_allowlist(&loaded.config);
    let workspace = place.home.workspace(&loaded.config);
    if !place.command_host().bubblewrap.is_file() {
        "install the package bubblewrap".to_owned()
    } else if !allowlist.exists() {
        let roots = serde_json::json!({"allowedRoots": [workspace.display().to_string()]});
        format!("write {roots} into {}", allowlist.display())
    } else if !workspace.is_dir() {
        "nanobot-cli onboard".to_owned()
    } else {
        format!("mend {}, or what it names", allowlist.display())
    }
}

pub(super) fn tools(loaded: &Loaded) -> Vec<Finding> {
    let (mut offered, mut not_built, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for tool in tools_at_rest(&loaded.config) {
        match tool.withheld {
            None => offered.push(tool.name),
            Some(Withheld::NotBuilt) => not_built.push(tool.name),
            Some(Withheld::SwitchedOff(why)) => {
                findings.push(Finding::warning("tools", why, "switch it on in config.json, if you want it"));
            }
        }
    }
    let detail = format!("{}\nnot in this version: {}", offered.join(", "), not_built.join(", "));
    findings.insert(0, Finding::ok("tools", detail));
    findings
}
