//! Whether commands run at all, which settings are in force, and what a model reads of a command that has run.
//!
//! The original ran the recorded ones on the host. Ours run in a box, so these rows need bubblewrap.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::ports::{Sandbox, ToolExecutor as _};
use nanobot_core::testing::event;
use nanobot_core::testing::models::call;
use nanobot_core::testing::tools::{FakeSandbox, context};
use nanobot_sandbox::BubblewrapSandbox;
use nanobot_tools::{Exec, ExecSettings, GuardSettings, Toolbox};
use nanobotd::system::SystemClock;
use nanobotd::{CommandHost, Confinement, open_sandbox, sandbox_settings};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::super::cases::{Tally, rows};
use super::tree::{PolicyFiles, Tree};
use super::{FOLDER, text};
use crate::programs::harness::daemon_program;

/// The workspace of the recording, below the root of the tree.
const WORKSPACE: &str = "home/nano/.nanobot/workspace";

/// Where distributions put it.
const BUBBLEWRAP: &str = "/usr/bin/bwrap";

/// What the recording gave a command.
const TIMEOUT: Duration = Duration::from_secs(1);

/// What a command gets here that is not to be stopped: boxes take a moment, and a busy machine more.
const PATIENCE: Duration = Duration::from_secs(30);

/// So many characters are shown of an output.
const SHOWN: usize = 10_000;

#[test]
fn recorded_gates_agree() {
    let runtime = Runtime::new().unwrap();
    let tree = Tree::new();
    let mut house = None;
    let mut tally = Tally::new("exec gates");
    for row in rows(FOLDER, "gates.jsonl") {
        let row = tree.placed(&row);
        match text(&row, "type") {
            "gate" => runtime.block_on(judge_gate(&mut tally, &tree, &row)),
            "local" => {
                let house = house.get_or_insert_with(|| runtime.block_on(House::new(&tree)));
                let ours = runtime.block_on(house.run(text(&row, "command")));
                judge_command(&mut tally, &tree, &row, &ours);
            }
            "strict_profile" => {
                let ours = in_force(&tree, &row);
                if ours == row["effective"] {
                    tally.agree();
                } else {
                    tally.other(format!("{row}\nours {ours}"));
                }
            }
            other => panic!("{other} is no kind of row"),
        }
    }
    if let Some(house) = house {
        runtime.block_on(house.sandbox.close());
    }
    tally.finish();
}

/// The settings of a row that are in force.
fn in_force(tree: &Tree, row: &Value) -> Value {
    let asked = &row["config"];
    let (_, config) = tree.settings(&json!({
        "security": {"strictProfile": row["strict_profile"]},
        "tools": {
            "restrictToWorkspace": asked["restrict_to_workspace"],
            "exec": {
                "allowHostExecution": asked["allow_host_execution"],
                "isolation": {"enabled": asked["isolation_enabled"], "failClosed": asked["fail_closed"]},
            },
        },
    }));
    let ours = Confinement::of(&config);
    json!({
        "restrict_to_workspace": ours.restrict_to_workspace, "isolation_enabled": ours.isolation,
        "allow_host_execution": ours.host_execution, "fail_closed": ours.fail_closed,
    })
}

async fn judge_gate(tally: &mut Tally, tree: &Tree, row: &Value) {
    if row.get("working_dir").is_some_and(Value::is_null) {
        // There is no command without a folder to start in: nobody names one, and it is the workspace.
        let sandbox = Arc::new(FakeSandbox::new());
        answer(tree, Some(sandbox.clone()), "true", TIMEOUT).await;
        let asked = sandbox.requests();
        match asked.as_slice() {
            [request] if request.directory.is_none() => tally.by_rule("commands_start_in_the_workspace"),
            _ => tally.other(format!("{row}\nours {asked:?}")),
        }
        return;
    }
    let allows_host = row["allow_host_execution"] == true;
    let (home, config) = tree.settings(&json!({
        "security": {"strictProfile": false},
        "tools": {"exec": {
            "allowHostExecution": allows_host,
            "isolation": {"enabled": row["isolation_enabled"], "allowlistPath": tree.path("no-such.json")},
        }},
    }));
    // A file where programs are looked for: nothing gets as far as to run one.
    let program = tree.path("program");
    fs::write(&program, "").unwrap();
    let (host, clock) = (host(&program, &program), Arc::new(SystemClock::new()));
    let sandbox = open_sandbox(&home, &config, &host, files(tree), clock);
    let ours = answer(tree, sandbox.unwrap(), "printf ok", TIMEOUT).await;
    let is_refused = ours.starts_with("Error: Host exec is disabled by configuration");
    if row["reply"] == ours {
        tally.agree();
    } else if allows_host && row["isolation_enabled"] == false && is_refused {
        tally.by_rule("no_host_execution");
    } else {
        tally.other(format!("{row}\nours {ours}"));
    }
}

fn judge_command(tally: &mut Tally, tree: &Tree, row: &Value, ours: &str) {
    let theirs = text(row, "reply");
    if theirs == ours {
        tally.agree();
    } else if boxed(theirs, tree) == ours {
        tally.by_rule("no_host_execution");
    } else if is_cut_with_its_code(theirs, ours) {
        tally.by_rule("exit_code_survives_cut");
    } else {
        tally.other(format!("{row}\nours {ours}"));
    }
}

/// A reply of the original on the host as its box would give it: one stream, no empty lines around it, the workspace by
/// its name in the box.
fn boxed(reply: &str, tree: &Tree) -> String {
    let (output, ending) = reply.rfind("\n\nExit code: ").map_or((reply, ""), |at| reply.split_at(at));
    let merged =
        output.strip_prefix("STDERR:\n").map_or_else(|| output.replacen("\nSTDERR:\n", "", 1), str::to_owned);
    let named = merged.replace(tree.path(WORKSPACE).to_str().unwrap(), "/workspace");
    format!("{}{ending}", named.trim_matches('\n'))
}

/// Whether both show the same beginning of a long output, and ours the exit code behind it.
fn is_cut_with_its_code(theirs: &str, ours: &str) -> bool {
    let begin = |text: &str| text.chars().take(SHOWN).collect::<String>();
    theirs.contains("\n... (truncated, ") && ours.contains("\n\nExit code: ") && begin(theirs) == begin(ours)
}

/// A box over the tree's workspace.
struct House {
    sandbox: Arc<dyn Sandbox>,
    files: Arc<PolicyFiles>,
}

impl House {
    async fn new(tree: &Tree) -> Self {
        assert!(
            Path::new(BUBBLEWRAP).is_file(),
            "NOT RUN: install bubblewrap (Debian: apt-get install bubblewrap)"
        );
        let allowlist = tree.path("allow.json");
        let list = json!({"allowedRoots": [tree.path(WORKSPACE)], "blockedHostPatterns": []});
        fs::write(&allowlist, list.to_string()).unwrap();
        let (home, config) =
            tree.settings(&json!({"tools": {"exec": {"isolation": {"allowlistPath": allowlist}}}}));
        let settings = sandbox_settings(&home, &config, &host(BUBBLEWRAP, daemon_program()));
        let files = files(tree);
        let sandbox = BubblewrapSandbox::new(settings, files.clone(), Arc::new(SystemClock::new())).unwrap();
        for wall in sandbox.protections().await {
            let stands = wall.is_live || !wall.is_demanded;
            assert!(stands, "NOT RUN: make the box complete: {} does not hold: {}", wall.name, wall.detail);
        }
        Self { sandbox: Arc::new(sandbox), files }
    }

    async fn run(&self, command: &str) -> String {
        let timeout = if command.contains("sleep") { TIMEOUT } else { PATIENCE };
        told(Some(self.sandbox.clone()), self.files.clone(), command, timeout).await
    }
}

async fn answer(tree: &Tree, sandbox: Option<Arc<dyn Sandbox>>, command: &str, timeout: Duration) -> String {
    told(sandbox, files(tree), command, timeout).await
}

/// What a model reads that calls the tool.
async fn told(
    sandbox: Option<Arc<dyn Sandbox>>,
    files: Arc<PolicyFiles>,
    command: &str,
    timeout: Duration,
) -> String {
    let guard = GuardSettings { restrict_to_workspace: false, ..GuardSettings::default() };
    let exec = Exec::new(sandbox, files, &ExecSettings { timeout, guard }).unwrap();
    let toolbox = Toolbox::new([Arc::new(exec) as _]).unwrap();
    let context = context(&event::cli("x").build());
    toolbox.execute(&call("c1", Exec::NAME, json!({"command": command})), &context).await.content
}

fn files(tree: &Tree) -> Arc<PolicyFiles> {
    Arc::new(tree.rules(&Value::Null, tree.path(WORKSPACE).to_str().unwrap()).unwrap())
}

fn host(bubblewrap: impl Into<PathBuf>, init: impl Into<PathBuf>) -> CommandHost {
    CommandHost { bubblewrap: bubblewrap.into(), init: init.into(), locale: Vec::new() }
}
