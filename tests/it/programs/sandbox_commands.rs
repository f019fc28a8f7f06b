//! `sandbox …` on homes of their own, with real boxes. What a box withstands is shown by the campaign of escapes; here
//! it is shown how an operator asks, and what he gets.

use serde_json::{Value, json};

use super::harness::Home;

/// A home whose workspace may be shown in a box, and where one can be started.
fn home() -> Home {
    let home = Home::empty();
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    let tested = home.cli(&["sandbox", "selftest"]);
    assert_eq!(tested.code, 0, "NOT RUN: {}; run nanobot-cli sandbox selftest and mend it", tested.stdout);
    home
}

fn allow(home: &Home, roots: &[&str]) {
    let list = json!({"allowedRoots": roots}).to_string();
    home.write("../.config/nanobot/mount-allowlist.json", list);
}

fn plans(home: &Home, options: &[&str], input: &[Value], code: i32) -> Vec<Value> {
    let input = input.iter().map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
    let ran = home.cli_with_input(&[&["sandbox", "plan"], options].concat(), input.as_bytes()).exits(code);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn has(plan: &Value, word: &str) -> bool {
    plan["argv"].as_array().unwrap().iter().any(|argument| argument == word)
}

fn mount<'a>(plan: &'a Value, container: &str) -> Option<&'a Value> {
    plan["mounts"].as_array().unwrap().iter().find(|mount| mount["container"] == container)
}

#[test]
fn a_plan_says_what_a_box_would_be_and_never_holds_the_command() {
    let home = Home::empty();
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    let granted = json!([{"id": "share", "path": "/usr/share"}]);
    let lines = [
        json!({"id": 1, "command": "echo hunter2"}),
        json!({"id": "two", "command": "ls", "network": true}),
        json!({"id": 3, "command": "ls", "grants": granted}),
        json!({"id": 4, "command": "ls\0"}),
        json!({"id": 5}),
        json!({"id": 6, "command": "ls", "network": "yes"}),
        json!({"id": 7, "command": "ls", "grants": [{"id": "x", "path": "usr"}]}),
    ];
    let said = plans(&home, &[], &lines, 65);
    assert!(said[0]["ok"] == true && has(&said[0], "--unshare-net") && has(&said[0], "--clearenv"));
    assert!(said[0].get("refused").is_none() && !said[0].to_string().contains("hunter2"));
    let workspace = mount(&said[0], "/workspace").unwrap();
    let folder = home.path("workspace").canonicalize().unwrap();
    assert_eq!(workspace["host"], folder.display().to_string());
    assert_eq!((&workspace["mode"], &workspace["shows"]), (&json!("rw"), &json!("host")));
    let argv = said[0]["argv"].to_string();
    assert!(!argv.contains(&folder.display().to_string()), "descriptors name the folder: {argv}");
    assert!(said[1]["ok"] == true && !has(&said[1], "--unshare-net"));
    let outside = said[2]["refused"].as_str().unwrap();
    assert!(said[2]["ok"] == false && outside.contains("/usr/share is outside allowedRoots"), "{outside}");
    assert_eq!((&said[2]["argv"], &said[2]["mounts"]), (&json!([]), &json!([])));
    assert_eq!(said[3]["refused"], "a command cannot hold a NUL character");
    for bad in &said[4..] {
        assert_eq!(bad["error"]["code"], "bad_input", "{bad}");
    }
    assert_eq!(said[6]["id"], 7);
}

#[test]
fn a_plan_shows_the_policys_grants_unless_the_line_has_its_own() {
    let home = Home::empty();
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    home.write("docs/a.txt", "a");
    home.write("notes/b.txt", "b");
    let folder = |name: &str| home.path(name).canonicalize().unwrap().display().to_string();
    allow(&home, &[&folder(".")]);
    let policy = json!({"fileAccess": {"grants": [{"id": "docs", "path": folder("docs")}]}});
    home.write("policy.json", policy.to_string());
    let own = json!([{"id": "my notes", "path": folder("notes"), "mode": "read-write"}]);
    let lines = [
        json!({"id": 1, "command": "ls"}),
        json!({"id": 2, "command": "ls", "grants": []}),
        json!({"id": 3, "command": "ls", "grants": own}),
    ];
    let said = plans(&home, &[], &lines, 0);
    assert_eq!(mount(&said[0], "/grants/docs").unwrap()["mode"], "ro");
    assert!(mount(&said[1], "/grants/docs").is_none() && said[1]["ok"] == true);
    assert_eq!(mount(&said[2], "/grants/my-notes").unwrap()["mode"], "rw");
    assert!(mount(&said[2], "/grants/docs").is_none());
    let shown = home.cli(&["sandbox", "run", "--", "cat /grants/docs/a.txt"]).exits(0);
    assert_eq!(shown.stdout, "a", "an operator has what an owner has");
}

#[test]
fn a_plan_needs_no_home() {
    let home = Home::empty();
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().canonicalize().unwrap();
    let (workspace, list) = (folder.join("w"), folder.join("list.json"));
    std::fs::create_dir(&workspace).unwrap();
    std::fs::write(&list, json!({"allowedRoots": [folder]}).to_string()).unwrap();
    let (workspace, list) = (workspace.display().to_string(), list.display().to_string());
    let line = [json!({"id": 1, "command": "ls"})];
    let said = plans(&home, &["--workspace", &workspace, "--allowlist", &list], &line, 0);
    assert_eq!(mount(&said[0], "/workspace").unwrap()["host"], workspace);
    let refused = plans(&home, &["--workspace", &workspace], &line, 0);
    assert!(refused[0]["refused"].as_str().unwrap().starts_with("Mount allowlist not found"), "{refused:?}");
    assert!(!home.root().exists());
}

#[test]
fn a_command_runs_in_the_box_and_its_exit_code_is_passed_through() {
    let home = home();
    let ran = home.cli(&["sandbox", "run", "--", "pwd; echo made > made.txt; echo bad >&2; exit 7"]).exits(7);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("/workspace\nbad\n", ""));
    assert_eq!(home.read("workspace/made.txt"), "made\n");
    let words = home.cli(&["sandbox", "run", "--", "echo", "a  b", "&&", "$HOME"]).exits(0);
    assert_eq!(words.stdout, "a  b && $HOME\n");
    let json =
        home.cli(&["sandbox", "run", "--json", "--session", "irc:#team", "--", "false"]).exits(1).json();
    assert_eq!(json, json!({"code": 1, "output": "", "cut_chars": 0, "sees_grants": false}));
}

#[test]
fn the_box_shows_no_file_of_the_home_and_no_network() {
    let home = home();
    let config = home.path("config.json").display().to_string();
    let ran = home.cli(&["sandbox", "run", "--", &format!("cat {config}; cat ../config.json")]);
    assert!(ran.code != 0 && !ran.stdout.contains("offline"), "{ran:?}");
    let interfaces = home.cli(&["sandbox", "run", "--", "ls /proc/self/net/ 2>/dev/null; cat /proc/net/dev"]);
    let named = interfaces.stdout.lines().filter_map(|line| line.split_once(':'));
    assert!(named.map(|(name, _)| name.trim()).all(|name| name == "lo"), "{interfaces:?}");
}

#[test]
fn what_the_allowlist_does_not_show_runs_no_command() {
    let home = home();
    allow(&home, &["/usr/share"]);
    let ran = home.cli(&["sandbox", "run", "--", "echo ran > ran.txt"]).exits(69);
    assert!(ran.one_line().contains("is outside allowedRoots"), "{ran:?}");
    assert!(ran.stdout.is_empty() && !home.has("workspace/ran.txt"));
    home.cli(&["sandbox", "run"]).exits(2);
}

#[test]
fn a_selftest_tells_every_protection_and_fails_where_none_can_be_tried() {
    let home = home();
    let tested = home.cli(&["sandbox", "selftest", "--json"]).exits(0).json();
    assert_eq!((&tested["ok"], &tested["not_run"]), (&json!(true), &Value::Null));
    let names: Vec<&str> = tested["protections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|protection| protection["name"].as_str().unwrap())
        .collect();
    for name in ["mounts", "bubblewrap", "seccomp", "landlock", "no_network", "process_limit", "command"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    std::fs::remove_file(home.path("../.config/nanobot/mount-allowlist.json")).unwrap();
    let untried = home.cli(&["sandbox", "selftest"]).exits(1);
    assert!(
        untried.stdout.starts_with("NOT RUN: no box can be started: Mount allowlist not found"),
        "{untried:?}"
    );
    assert_eq!(home.cli(&["sandbox", "selftest", "--json"]).exits(1).json()["ok"], false);
}

#[test]
fn without_bubblewrap_nothing_runs_on_the_host_instead() {
    let home = Home::empty();
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    let home = home.with_variable("PATH", "/nonexistent");
    let untried = home.cli(&["sandbox", "selftest"]).exits(1);
    assert!(untried.stdout.contains("bubblewrap executable not found in PATH"), "{untried:?}");
    let ran = home.cli(&["sandbox", "run", "--", "echo ran > ran.txt"]).exits(69);
    assert!(ran.one_line().contains("bubblewrap"), "{ran:?}");
    assert!(!home.has("workspace/ran.txt"));
    let refused = plans(&home, &[], &[json!({"id": 1, "command": "ls"})], 0);
    assert_eq!(refused[0]["ok"], false);
}
