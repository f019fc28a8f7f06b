//! What a home's files say: the home itself, its settings, its policy, the gate and the model that they choose.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use nanobot_config::{Loaded, Origin};
use nanobot_core::pipeline::chain;
use nanobot_security::{FailMode, RuleGate};
use nanobotd::{FiledPolicy, choose_model, gate_settings, logging, traces};

use super::finding::Finding;
use crate::home::Place;
use crate::output;

/// So much of a hash tells two policies apart.
const SHOWN_OF_HASH: usize = 12;

const ONBOARD: &str = "nanobot-cli onboard";

pub(super) fn home(place: &Place) -> Finding {
    let root = place.home.root();
    let shown = root.display();
    match root.metadata() {
        Err(_) => Finding::warning("home", format!("there is no {shown} yet"), ONBOARD),
        Ok(folder) if is_open(&folder) => Finding::warning(
            "home",
            format!("{shown} is open to others on this machine"),
            format!("chmod 700 {shown}"),
        ),
        Ok(_) => Finding::ok("home", shown.to_string()),
    }
}

/// The findings, and the settings when there are any.
pub(super) fn config(place: &Place) -> (Vec<Finding>, Option<Loaded>) {
    const CHECK: &str = "nanobot-cli config check";
    let loaded = match place.load_quietly() {
        Ok(loaded) => loaded,
        Err(failure) => return (vec![Finding::failed("config", failure.to_string(), CHECK)], None),
    };
    let file = place.config_file();
    let shown = file.display();
    let hint = if file.exists() { "" } else { " is not there: the defaults hold" };
    let mut findings = vec![Finding::ok("config", format!("{shown}{hint}"))];
    let warnings = loaded.warnings.iter().map(ToString::to_string);
    let unknown = loaded.unknown.iter().map(ToString::to_string);
    findings.extend(warnings.chain(unknown).map(|line| Finding::warning("config", line, CHECK)));
    findings.extend(open_secrets(place, &loaded));
    // No start gets past these.
    let log = logging::check(&loaded.config.log).err().map(|error| error.to_string());
    let traces = traces::check(&loaded.config.telemetry).err().map(|error| error.to_string());
    findings.extend(log.into_iter().chain(traces).map(|error| Finding::failed("config", error, CHECK)));
    (findings, Some(loaded))
}

/// Files with a secret in them that others on this machine may read.
fn open_secrets(place: &Place, loaded: &Loaded) -> Vec<Finding> {
    let file = |origin: &Origin| match origin {
        Origin::File(file) => Some(file.clone()),
        Origin::DotEnv(_) => Some(place.home.dotenv()),
        _ => None,
    };
    let files: BTreeSet<PathBuf> = loaded.with_secrets.iter().filter_map(file).collect();
    let open = files.iter().filter(|file| file.metadata().is_ok_and(|file| is_open(&file)));
    let told = |file: &PathBuf| {
        let shown = file.display();
        let detail = format!("{shown} holds secrets and is open to others on this machine");
        Finding::warning("config", detail, format!("chmod 600 {shown}"))
    };
    open.map(told).collect()
}

/// Whether others than the owner may do anything with it.
fn is_open(found: &Metadata) -> bool {
    found.permissions().mode() & 0o077 != 0
}

pub(super) async fn policy(place: &Place, loaded: &Loaded) -> Vec<Finding> {
    let file = place.home.policy_json();
    let policy = match FiledPolicy::read(&place.home, &loaded.config).await {
        Ok(policy) => policy,
        Err(error) => return vec![Finding::failed("policy", chain(&error), "nanobot-cli policy check")],
    };
    let hash: String = policy.hash().chars().take(SHOWN_OF_HASH).collect();
    let source = if file.exists() { file.display().to_string() } else { "built in".to_owned() };
    let mut findings = vec![Finding::ok("policy", format!("{hash}, {source}"))];
    findings.extend(policy.closed().iter().map(|network| {
        let next = format!("name one under owners.{network} in policy.json");
        Finding::warning("policy", format!("nobody may talk on {network}: it has no owner"), next)
    }));
    findings
}

pub(super) fn security(loaded: &Loaded) -> Vec<Finding> {
    let settings = gate_settings(&loaded.config);
    if !settings.is_enabled {
        let detail = "nothing is checked, and networks stay closed";
        return vec![Finding::warning("security", detail, "set security.enabled to true in config.json")];
    }
    let stages = [
        ("input", settings.stages.input),
        ("tool", settings.stages.tool),
        ("output", settings.stages.output),
    ];
    let is_open = settings.fail_mode == FailMode::Open;
    let gate = match RuleGate::new(settings) {
        Ok(gate) => gate,
        Err(error) => {
            return vec![Finding::failed("security", chain(&error), "this build is broken; install another")];
        }
    };
    let judged: Vec<&str> = stages.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    let judged = if judged.is_empty() { "none".to_owned() } else { judged.join(", ") };
    let mut findings =
        vec![Finding::ok("security", format!("{} rules; stages: {judged}", gate.rules().count()))];
    findings.extend(stages.iter().filter(|(_, on)| !on).map(|(name, _)| {
        let next = format!("set security.stages.{name} to true in config.json");
        Finding::warning("security", format!("the stage {name} is switched off"), next)
    }));
    if is_open {
        let next = "set security.failMode to mixed or closed in config.json";
        findings.push(Finding::warning("security", "a rule that fails lets everything through", next));
    }
    findings
}

/// Whether one is chosen. It is not asked: that would cost something.
pub(super) fn model(loaded: &Loaded) -> Finding {
    match choose_model(loaded) {
        Err(error) => Finding::failed("model", chain(&error), ONBOARD),
        Ok(chosen) => {
            let info = chosen.info();
            match chosen.warning() {
                Some(warning) => {
                    let (what, next) = warning.split_once("; ").unwrap_or((warning, ONBOARD));
                    Finding::warning("model", format!("{}: {what}", output::model(&info)), next)
                }
                None => Finding::ok("model", format!("{}, not asked", output::model(&info))),
            }
        }
    }
}
