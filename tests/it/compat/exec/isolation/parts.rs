//! The parts of a planned box, each beside the recorded one.

use std::collections::BTreeMap;
use std::path::Path;

use nanobot_core::ports::FileGrant;
use nanobot_sandbox::rehearsal::Rehearsal;
use nanobot_sandbox::{Plan, PlannedMount, PoolSettings, Pressure, Shown};
use serde_json::{Value, json};

use super::super::super::cases::Tally;
use super::super::{items, text, text_set, texts};

/// Where the files of people are in a box.
const FILES: [&str; 2] = ["/workspace", "/grants"];

/// The original's when the host has none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How one part compares.
pub(super) enum Part {
    Agrees,
    Rule(&'static str),
    Other(String),
}

impl Part {
    pub(super) fn count(self, tally: &mut Tally, row: &Value) {
        match self {
            Self::Agrees => tally.agree(),
            Self::Rule(rule) => tally.by_rule(rule),
            Self::Other(what) => tally.other(format!("{row}\nours {what}")),
        }
    }

    fn agrees(is_same: bool, ours: impl FnOnce() -> String) -> Self {
        if is_same { Self::Agrees } else { Self::Other(ours()) }
    }

    /// A wall that the original has not, and that every box of ours has.
    fn wall(rule: &'static str, stands: bool) -> Self {
        if stands { Self::Rule(rule) } else { Self::Other(format!("a box without {rule}")) }
    }
}

/// All parts of a box.
pub(super) fn of(row: &Value, plan: &Plan) -> Vec<Part> {
    let recorded = &row["result"]["semantics"];
    let arguments = Arguments::of(plan);
    let leaves_network = texts(&recorded["share"]).contains(&"net");
    vec![
        files(row, recorded, plan),
        environment(row, recorded, &arguments),
        Part::agrees(
            arguments.behind("--chdir") == recorded["chdir"].as_str()
                && arguments.has("--clearenv") == (recorded["clearenv"] == true),
            || "starts elsewhere, or with more variables".to_owned(),
        ),
        Part::agrees(is_apart(recorded, &arguments), || format!("{:?}", arguments.0)),
        Part::wall("minimal_root", has_minimal_root(plan)),
        Part::wall("network_is_closed", leaves_network && arguments.has("--unshare-net")),
        Part::wall("users_of_its_own", is_an_ordinary_user(plan)),
        Part::wall("no_capabilities", arguments.behind("--cap-drop") == Some("ALL")),
        Part::wall("system_calls_are_filtered", arguments.has("--seccomp")),
        Part::wall(
            "init_comes_first",
            arguments.behind("--").is_some_and(|first| first.starts_with("/run/")),
        ),
        Part::wall("scratch_has_a_size", has_sized_scratch(&arguments)),
        Part::wall("host_is_shown_by_descriptors", is_by_descriptors(plan, &arguments)),
    ]
}

/// Whether the commands are an ordinary user's and cannot become another one.
pub(super) fn is_an_ordinary_user(plan: &Plan) -> bool {
    let arguments = Arguments::of(plan);
    let is_plain = arguments.behind("--uid").is_some_and(|user| user != "0");
    is_plain && arguments.has("--unshare-user") && arguments.has("--disable-userns")
}

/// A grant as rows show it.
pub(super) fn grant(grant: &FileGrant) -> Value {
    json!({"host": grant.path, "container": grant.container, "readonly": grant.is_read_only})
}

/// The pool as rows show it.
pub(super) fn manager(settings: &PoolSettings, workspace: &Path, asked: &str) -> Value {
    let pool = Rehearsal::new(settings);
    let bounds = pool.bounds();
    // Every name but one means the same.
    let pressure = if bounds.pressure == Pressure::from_name(asked) { asked } else { "another" };
    json!({
        "workspace": workspace, "max_containers": bounds.max_shells, "idle_seconds": bounds.idle.as_secs(),
        "pressure_policy": pressure,
    })
}

/// What of people's files is shown, where, and whether it can be written.
fn files(row: &Value, recorded: &Value, plan: &Plan) -> Part {
    let is_file = |target: &str| FILES.iter().any(|folder| Path::new(target).starts_with(folder));
    let theirs: Vec<&Value> =
        items(&recorded["mounts"]).iter().filter(|mount| is_file(text(mount, "container"))).collect();
    let ours: Vec<&PlannedMount> =
        plan.mounts.iter().filter(|mount| is_file(mount.target.to_str().unwrap())).collect();
    let (covers, shown): (Vec<&PlannedMount>, Vec<&PlannedMount>) =
        ours.into_iter().partition(|mount| mount.shows == Shown::Nothing);
    let shown: Vec<Value> = shown.into_iter().map(mount).collect();
    if theirs.iter().copied().ne(&shown) {
        return Part::Other(format!("{shown:?}"));
    }
    match (covers.is_empty(), cover_rule(&row["file_access"])) {
        (true, _) => Part::Agrees,
        (false, Some(rule)) => Part::Rule(rule),
        (false, None) => Part::Other(format!("covers {covers:?}")),
    }
}

fn mount(mount: &PlannedMount) -> Value {
    let Shown::Host(host) = &mount.shows else { return json!({"container": mount.target}) };
    let mode = if mount.is_read_only { "ro" } else { "rw" };
    json!({"mode": mode, "host": host, "container": mount.target})
}

/// Why something is covered, by what the policy says.
fn cover_rule(file_access: &Value) -> Option<&'static str> {
    let has = |key: &str| !items(&file_access[key]).is_empty();
    let grants = items(&file_access["grants"]);
    if has("blockedPaths") || has("blockedPatterns") {
        Some("blocked_files_are_covered")
    } else if grants.iter().any(|grant| grant["recursive"] == false) {
        Some("flat_grants_show_no_folders")
    } else if grants.iter().any(|grant| grant["mode"] == "read-write") {
        Some("read_only_holds_everywhere")
    } else {
        None
    }
}

fn environment(row: &Value, recorded: &Value, arguments: &Arguments<'_>) -> Part {
    let pair = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned());
    let mut theirs: BTreeMap<String, String> = items(&recorded["setenv"]).iter().map(pair).collect();
    let ours = arguments.variables();
    if theirs == ours {
        return Part::Agrees;
    }
    theirs.insert("PATH".to_owned(), PATH.to_owned());
    let asks_for_path = row["env"]["PATH"].as_str().is_some_and(|path| path != PATH);
    if theirs == ours && asks_for_path {
        return Part::Rule("path_is_the_boxes_own");
    }
    Part::Other(format!("{ours:?}"))
}

/// Whether a box is apart from the host in all that the original's is.
fn is_apart(recorded: &Value, arguments: &Arguments<'_>) -> bool {
    let unshares = |what: &str| {
        arguments.has(&format!("--unshare-{what}")) || arguments.has(&format!("--unshare-{what}-try"))
    };
    text_set(&recorded["unshare"]).into_iter().all(unshares)
        && text_set(&recorded["flags"]).into_iter().all(|flag| arguments.has(flag))
}

/// Nothing of the host but its programs, none of it to be written, and no folder with settings as a whole.
fn has_minimal_root(plan: &Plan) -> bool {
    let host = |mount: &&PlannedMount| matches!(mount.shows, Shown::Host(_));
    let is_file = |mount: &&PlannedMount| !FILES.iter().any(|folder| mount.target.starts_with(folder));
    let system: Vec<&PlannedMount> = plan.mounts.iter().filter(host).filter(is_file).collect();
    let is_private = |path: &Path| {
        ["/", "/etc", "/opt", "/var", "/home", "/root", "/run"].contains(&path.to_str().unwrap())
    };
    system.iter().any(|mount| mount.target == Path::new("/usr"))
        && system.iter().all(|mount| mount.is_read_only && !is_private(&mount.target))
}

fn has_sized_scratch(arguments: &Arguments<'_>) -> bool {
    let memory = arguments.0.windows(4).filter(|four| four[2] == "--tmpfs" && !four[3].starts_with("/proc"));
    let mut sizes = memory.map(|four| four[0] == "--size" && four[1] != "0").peekable();
    sizes.peek().is_some() && sizes.all(|has_size| has_size)
}

/// Whether no path of people's files is in the command line.
fn is_by_descriptors(plan: &Plan, arguments: &Arguments<'_>) -> bool {
    let is_file = |mount: &&PlannedMount| FILES.iter().any(|folder| mount.target.starts_with(folder));
    plan.mounts.iter().filter(is_file).all(|mount| match &mount.shows {
        Shown::Host(host) => !arguments.0.contains(&host.to_str().unwrap()),
        Shown::Nothing | Shown::Memory | Shown::Text | Shown::Kernel => true,
    })
}

/// What bubblewrap is told.
struct Arguments<'p>(Vec<&'p str>);

impl<'p> Arguments<'p> {
    fn of(plan: &'p Plan) -> Self {
        Self(plan.argv.iter().map(|argument| argument.to_str().unwrap()).collect())
    }

    fn has(&self, flag: &str) -> bool {
        self.0.contains(&flag)
    }

    fn behind(&self, flag: &str) -> Option<&'p str> {
        self.0.windows(2).find(|two| two[0] == flag).map(|two| two[1])
    }

    fn variables(&self) -> BTreeMap<String, String> {
        let set = self.0.windows(3).filter(|three| three[0] == "--setenv");
        set.map(|three| (three[1].to_owned(), three[2].to_owned())).collect()
    }
}
