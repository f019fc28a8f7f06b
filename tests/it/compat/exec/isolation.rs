//! What a box shows, from settings, policy and allowlist to the plan of its mounts, or why there is none.
//!
//! No box is started: a row stands for what bubblewrap would be told. Each part of it counts by itself.

mod parts;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use nanobot_config::Environment;
use nanobot_core::ports::{FileAccess as _, Sandbox, SandboxError, ToolExecutor as _};
use nanobot_core::testing::event;
use nanobot_core::testing::models::call;
use nanobot_core::testing::system::FakeClock;
use nanobot_core::testing::tools::context;
use nanobot_policy::file_access::FileRules;
use nanobot_policy::schema::{FileAccess, Grant};
use nanobot_policy::{Fault, LexicalPlaces};
use nanobot_sandbox::{BubblewrapSandbox, Plan, SandboxSettings};
use nanobot_tools::{Exec, ExecSettings, Toolbox};
use nanobotd::{CommandHost, Confinement, sandbox_settings};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::super::cases::{Tally, rows};
use super::tree::{PolicyFiles, Tree};
use super::{FOLDER, items, text, text_set};

#[test]
fn recorded_boxes_show_the_same_and_are_closed_tighter() {
    let runtime = Runtime::new().unwrap();
    let mut tally = Tally::new("exec isolation");
    for row in rows(FOLDER, "isolation.jsonl") {
        match text(&row, "type") {
            "grant_id" if segment(text(&row, "id_in")) == text(&row, "segment") => tally.agree(),
            "bwrap" => {
                let tree = Tree::new();
                let row = tree.placed(&row);
                match tree.rules(&row["file_access"], text(&row, "workspace")) {
                    Ok(files) => runtime.block_on(Case::new(&tree, &row, files).judge(&mut tally)),
                    Err(fault) if is_refused_alike(&fault, &row) => tally.agree(),
                    Err(fault) => tally.other(format!("{row}\nours {:?}", fault.lines())),
                }
            }
            _ => tally.other(format!("{row}\nours {}", segment(text(&row, "id_in")))),
        }
    }
    tally.finish();
}

/// Under which name a grant of this id is shown.
fn segment(id: &str) -> String {
    let grant = Grant { id: id.to_owned(), path: "/x".to_owned(), ..Grant::default() };
    let file_access = FileAccess { grants: vec![grant], ..FileAccess::default() };
    let places = LexicalPlaces { home: None };
    let rules = FileRules::compile(Some(&file_access), Path::new("/ws"), &places);
    rules.mounts()[0].container.trim_start_matches("/grants/").to_owned()
}

/// Whether both refuse the policy, for so many faults in the same part of it. The words are ours.
fn is_refused_alike(fault: &Fault, row: &Value) -> bool {
    let Fault::Schema(faults) = fault else { return false };
    let count = items(&row["result"]["policy_error"]).len();
    count == faults.len() && fault.lines().iter().all(|line| line.contains("fileAccess"))
}

/// One row, with the settings and files that it speaks of.
struct Case<'a> {
    row: &'a Value,
    files: Arc<PolicyFiles>,
    settings: SandboxSettings,
    is_isolated: bool,
}

impl<'a> Case<'a> {
    fn new(tree: &Tree, row: &'a Value, files: PolicyFiles) -> Self {
        let allowlist = tree.path("allow.json");
        match &row["allowlist"] {
            Value::Null => {}
            Value::String(text) => fs::write(&allowlist, text).unwrap(),
            list => fs::write(&allowlist, list.to_string()).unwrap(),
        }
        let (home, config) = tree.settings(&settings(row, &allowlist));
        let variables = row["env"].as_object().unwrap().iter();
        let environment: Environment =
            variables.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        // Planning needs programs that are there, and runs none.
        let program = tree.path("program");
        fs::write(&program, "").unwrap();
        let bubblewrap = if row["runtime"] == "no_bwrap" { tree.path("none") } else { program.clone() };
        let host = CommandHost { bubblewrap, init: program, ..CommandHost::of(&environment) };
        Self {
            row,
            files: Arc::new(files),
            settings: sandbox_settings(&home, &config, &host),
            is_isolated: Confinement::of(&config).isolation,
        }
    }

    async fn judge(&self, tally: &mut Tally) {
        if let Some(recorded) = self.row["grant_mounts"].as_array() {
            let ours: Vec<Value> = self.files.grants(true).iter().map(parts::grant).collect();
            count(tally, *recorded == ours, || format!("{}\nour grants {ours:?}", self.row));
        }
        let result = &self.row["result"];
        let sandbox = self.sandbox();
        let planned = match &sandbox {
            Some(sandbox) => sandbox.plan(self.files.grants(true), None).await,
            // Nothing is planned where the settings want no box.
            None => Err(SandboxError::Unavailable { reason: String::new() }),
        };
        match planned {
            Ok(plan) if result["manager"].is_object() => {
                self.judge_box(tally, &plan, &sandbox.unwrap()).await;
            }
            Ok(plan) => match self.opened_rule(&plan) {
                Some(rule) => tally.by_rule(rule),
                None => tally.other(format!("{}\nours plans a box", self.row)),
            },
            Err(error) if result["manager"].is_null() => {
                let is_same = !self.is_isolated || result["error"] == error.to_string();
                let reply = self.reply(sandbox).await;
                count(tally, is_same && result["exec_reply"] == reply, || {
                    format!("{}\nours {reply}", self.row)
                });
            }
            Err(error) => match self.refused_rule(&error) {
                Some(rule) => tally.by_rule(rule),
                None => tally.other(format!("{}\nours {error}", self.row)),
            },
        }
    }

    async fn judge_box(&self, tally: &mut Tally, plan: &Plan, sandbox: &BubblewrapSandbox) {
        let theirs = &self.row["result"]["manager"];
        let pressure = text(theirs, "pressure_policy");
        let manager = parts::manager(&self.settings.pool, &self.files.workspace(), pressure);
        let is_capped = theirs["max_containers"].as_u64() > Some(64) && manager["max_containers"] == 64;
        match *theirs == manager {
            false if is_capped => tally.by_rule("shells_are_capped"),
            is_same => count(tally, is_same, || format!("{}\nour pool {manager}", self.row)),
        }
        for part in parts::of(self.row, plan) {
            part.count(tally, self.row);
        }
        for asked in items(&self.row["result"]["cwd_map"]) {
            let directory = text(asked, "cwd");
            let ours = match sandbox.directory(self.files.grants(true), directory).await {
                Ok(container) => json!({"cwd": directory, "container": container}),
                Err(error) => json!({"cwd": directory, "error": error.to_string()}),
            };
            let from_workspace = format!("/workspace/{directory}");
            if !directory.starts_with('/') && ours["container"] == from_workspace {
                tally.by_rule("directories_start_in_the_workspace");
            } else {
                count(tally, *asked == ours, || format!("{}: {asked}\nours {ours}", self.row["workspace"]));
            }
        }
    }

    fn sandbox(&self) -> Option<BubblewrapSandbox> {
        let clock = Arc::new(FakeClock::at("2026-01-01T00:00:00Z"));
        let make = || BubblewrapSandbox::new(self.settings.clone(), self.files.clone(), clock).unwrap();
        self.is_isolated.then(make)
    }

    /// What a model reads that calls the tool.
    async fn reply(&self, sandbox: Option<BubblewrapSandbox>) -> String {
        let sandbox = sandbox.map(|sandbox| Arc::new(sandbox) as Arc<dyn Sandbox>);
        let exec = Exec::new(sandbox, self.files.clone(), &ExecSettings::default()).unwrap();
        let toolbox = Toolbox::new([Arc::new(exec) as _]).unwrap();
        let context = context(&event::cli("x").build());
        // A command sees grants only if it names one, and only then a bad one is in its way.
        let grant = self.files.grants(true).first().map(|grant| format!("ls {}", grant.container));
        let command = grant.unwrap_or_else(|| "true".to_owned());
        toolbox.execute(&call("c1", Exec::NAME, json!({"command": command})), &context).await.content
    }

    /// Why ours makes a box where the original makes none.
    fn opened_rule(&self, plan: &Plan) -> Option<&'static str> {
        match text(self.row, "runtime") {
            "root" if parts::is_an_ordinary_user(plan) => Some("root_allowed_with_limits"),
            "darwin" => Some("other_systems_are_no_builds"),
            _ => None,
        }
    }

    /// Why ours makes none where the original makes one.
    fn refused_rule(&self, error: &SandboxError) -> Option<&'static str> {
        let reason = error.to_string();
        let grants = self.files.grants(true);
        let places: Vec<&str> = grants.iter().map(|grant| grant.container.as_str()).collect();
        let is_blocked = grants.iter().any(|grant| self.files.is_blocked(&grant.path))
            || self.files.is_blocked(&self.files.workspace());
        if reason.contains("blocked by security policy") && is_blocked {
            Some("blocked_grants_are_refused")
        } else if reason.contains("have the same place") && text_set(&json!(places)).len() < places.len() {
            Some("colliding_grants_are_refused")
        } else if reason.contains("is not there") && grants.iter().any(|grant| !grant.path.exists()) {
            Some("missing_grants_are_refused")
        } else {
            None
        }
    }
}

/// The settings of a row, as a file has them.
fn settings(row: &Value, allowlist: &Path) -> Value {
    let mut isolation = json!({"allowlistPath": allowlist});
    for (key, value) in row["isolation"].as_object().unwrap() {
        isolation[camel_case(key)] = value.clone();
    }
    json!({"tools": {"exec": {"isolation": isolation}}, "security": {"strictProfile": false}})
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_').map(str::to_owned);
    let first = words.next().unwrap_or_default();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let begin = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &begin.into_iter().chain(letters).collect::<String>()
    })
}

fn count(tally: &mut Tally, is_same: bool, what: impl FnOnce() -> String) {
    if is_same { tally.agree() } else { tally.other(what()) }
}
