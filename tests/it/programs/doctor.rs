//! `doctor`: one page about a home, with the next step for whatever is not as it should be.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::harness::{Home, Ran};

/// What was checked and how it is, a line for each.
fn states(ran: &Ran) -> String {
    let report = ran.json();
    let checks = report["checks"].as_array().unwrap();
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    checks
        .iter()
        .map(|check| format!("{} {}\n", text(check, "check"), text(check, "state")))
        .collect::<Vec<_>>()
        .concat()
}

/// The checks of one name.
fn of<'a>(report: &'a Value, name: &str) -> Vec<&'a Value> {
    report["checks"].as_array().unwrap().iter().filter(|check| check["check"] == name).collect()
}

fn onboarded() -> Home {
    let home = Home::empty();
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    home
}

#[test]
fn a_new_user_learns_what_is_missing_and_what_to_do() {
    let home = Home::empty();
    let ran = home.cli(&["doctor"]).exits(1);
    let page = home.redact(&ran.stdout);
    // How many rules there are changes with every pack.
    let page: Vec<&str> = page.lines().filter(|line| !line.starts_with("ok       security")).collect();
    insta::assert_snapshot!(page.join("\n"), @r#"
    warning  home      there is no ~/.nanobot yet
                       -> nanobot-cli onboard
    ok       config    ~/.nanobot/config.json is not there: the defaults hold
    ok       policy    383270f61c45, built in
    failed   sandbox   NOT RUN: Mount allowlist not found at ~/.config/nanobot/mount-allowlist.json. Create it or disable exec isolation.
                       -> write {"allowedRoots":["~/.nanobot/workspace"]} into ~/.config/nanobot/mount-allowlist.json
    ok       tools     read_file, write_file, edit_file, list_dir, exec
                       not in this version: cron, deep_research, message, pi_stats, send_voice, spawn, web_fetch, web_search
    warning  model     the offline stand-in: not a language model
                       -> set a provider key or run nanobot-cli onboard
    ok       journal   there is none yet: nothing has been said
    warning  daemon    does not run
                       -> start it with nanobotd
    "#);
    assert!(!home.root().exists(), "looking made a home");
}

#[test]
fn a_home_that_is_set_up_has_no_failure() {
    let home = onboarded();
    let ran = home.cli(&["doctor", "--json"]);
    let report = ran.json();
    let sandbox = of(&report, "sandbox")[0]["detail"].as_str().unwrap();
    assert_eq!(ran.code, 0, "NOT RUN: {sandbox}; run nanobot-cli sandbox selftest and mend what it names");
    assert!(["seccomp", "landlock", "no_network"].iter().all(|wall| sandbox.contains(wall)), "{sandbox}");
    insta::assert_snapshot!(states(&ran), @"
    home ok
    config ok
    policy ok
    security ok
    sandbox ok
    tools ok
    model warning
    journal ok
    daemon warning
    ");
}

#[test]
fn a_running_daemon_is_found_and_its_journal_checked() {
    let home = onboarded();
    let daemon = home.daemon();
    home.cli(&["chat", "-m", "hi"]).exits(0);
    let report = home.cli(&["doctor", "--json"]).json();
    assert_eq!(of(&report, "daemon")[0]["detail"], format!("runs (pid {})", daemon.pid()));
    let journal = of(&report, "journal")[0];
    assert!(journal["state"] == "ok" && journal["detail"].as_str().unwrap().contains("1 turns"), "{journal}");
    daemon.stop();
}

#[test]
fn an_api_that_cannot_listen_is_told_by_doctor_and_status() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = onboarded()
        .with_variable("NANOBOT_API__ENABLED", "true")
        .with_variable("NANOBOT_API__BIND", &address);
    let shown = |args: &[&str]| home.cli(args).stdout.replace(&address, "ADDRESS");
    let told = |args: &[&str], mark: &str| {
        let text = home.redact(&shown(args));
        let lines = text.lines().skip_while(|line| !line.starts_with(mark)).take(2);
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    let daemon = home.daemon();
    insta::assert_snapshot!(told(&["status"], "api "), @"
    api       off
    ! api: it does not listen: binding the api to ADDRESS: Address already in use (os error 98); mend that and restart nanobotd
    ");
    insta::assert_snapshot!(told(&["doctor"], "warning  api"), @"
    warning  api       off: it does not listen: binding the api to ADDRESS: Address already in use (os error 98)
                       -> mend that and restart nanobotd
    ");
    let ready = daemon.stop();
    let complaints = ready.iter().filter(|line| line.contains("in use")).count();
    assert_eq!(complaints, 1, "it is said once");
    drop(taken);

    home.write("api.token", "0123456789abcdef0123456789abcdef");
    fs::set_permissions(home.path("api.token"), Permissions::from_mode(0o644)).unwrap();
    insta::assert_snapshot!(told(&["doctor"], "warning  api"), @"
    warning  api       ~/.nanobot/api.token is open to others on this machine: the HTTP API would not listen
                       -> chmod 600 ~/.nanobot/api.token
    ");
    let daemon = home.daemon();
    insta::assert_snapshot!(told(&["doctor"], "warning  api"), @"
    warning  api       off: it does not listen: opening the token file ~/.nanobot/api.token: its mode 644 lets others in; chmod 600 it
                       -> mend that and restart nanobotd
    ");
    daemon.stop();
    fs::set_permissions(home.path("api.token"), Permissions::from_mode(0o600)).unwrap();
    let daemon = home.daemon();
    assert_eq!(shown(&["status"]).lines().find(|line| line.starts_with("api ")), Some("api       ADDRESS"));
    assert_eq!(told(&["doctor"], "warning  api"), "");
    daemon.stop();
}

#[test]
fn settings_that_changed_since_the_start_are_told() {
    let home = onboarded();
    let daemon = home.daemon();
    let told = || {
        let status = home.cli(&["status"]).exits(0).stdout;
        let status = status.lines().filter(|line| line.contains("settings"));
        let doctor = home.cli(&["doctor"]).stdout;
        let doctor: Vec<String> = doctor
            .lines()
            .skip_while(|line| !line.starts_with("warning  settings"))
            .take(2)
            .map(str::to_owned)
            .collect();
        status.map(str::to_owned).chain(doctor).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told(), "");
    home.write("config.toml", "[budget]\nday_dollars = 50\n");
    insta::assert_snapshot!(told(), @"
    settings  changed since the start: budget.day_dollars
    ! settings: what was set at the start is in force; restart nanobotd
    warning  settings  changed since the start: budget.day_dollars: what was set at the start is in force
                       -> restart nanobotd
    ");
    home.write("config.toml", "[budget]\nday_dollars = \"much\"\n");
    let status = home.status()["ports"].as_array().unwrap().last().unwrap().clone();
    insta::assert_snapshot!(status["adapter"].as_str().unwrap(), @"changed since the start, and refused");
    home.write("config.toml", "# nothing\n");
    assert_eq!(told(), "");
    daemon.stop();
}

#[test]
fn settings_that_open_something_are_told_with_the_way_back() {
    let home = onboarded();
    home.write(
        "config.json",
        r#"{
          "security": {"strictProfile": false, "failMode": "open", "stages": {"tool": false}},
          "tools": {"exec": {"isolation": {"enabled": false}}},
          "shiny": 1
        }"#,
    );
    let report = home.cli(&["doctor", "--json"]).exits(0).json();
    let told = |name: &str| -> String {
        let warnings = of(&report, name).into_iter().filter(|check| check["state"] == "warning");
        warnings
            .map(|check| format!("{} -> {}\n", check["detail"], check["next"]))
            .collect::<Vec<_>>()
            .concat()
    };
    insta::assert_snapshot!(told("security"), @r#"
    "the stage tool is switched off" -> "set security.stages.tool to true in config.json"
    "a rule that fails lets everything through" -> "set security.failMode to mixed or closed in config.json"
    "#);
    insta::assert_snapshot!(told("sandbox"), @r#""switched off: the model runs no commands" -> "set tools.exec.isolation.enabled to true in config.json""#);
    insta::assert_snapshot!(told("tools"), @r#""the tool exec is not offered (tools.exec.isolation.enabled)" -> "switch it on in config.json, if you want it""#);
    assert!(told("config").contains("shiny"), "{}", told("config"));
    home.write("config.json", r#"{"security": {"strictProfile": false, "enabled": false}}"#);
    let off = home.cli(&["doctor", "--json"]).json();
    assert_eq!(of(&off, "security")[0]["detail"], "nothing is checked, and networks stay closed");
}

#[test]
fn a_file_with_a_key_that_others_may_read_is_told() {
    let home = onboarded();
    let mode = |name: &str, mode| fs::set_permissions(home.path(name), Permissions::from_mode(mode)).unwrap();
    let told = || -> Vec<String> {
        let report = home.cli(&["doctor", "--json"]).json();
        let warnings = of(&report, "config").into_iter().filter(|check| check["state"] == "warning");
        warnings.map(|check| home.redact(&format!("{} -> {}", check["detail"], check["next"]))).collect()
    };
    home.write("config.toml", "[log]\nfilter = \"info\"\n");
    mode("config.toml", 0o644);
    assert_eq!(told(), [""; 0], "there is nothing to hide in it");
    home.write("config.toml", "[providers.openai.keys]\nsecond = \"sk-of-a-person\"\n");
    home.write(".env", "OPENAI_API_KEY=sk-of-a-person\n");
    mode(".env", 0o640);
    insta::assert_snapshot!(told().join("\n"), @r#"
    "~/.nanobot/.env holds secrets and is open to others on this machine" -> "chmod 600 ~/.nanobot/.env"
    "~/.nanobot/config.toml holds secrets and is open to others on this machine" -> "chmod 600 ~/.nanobot/config.toml"
    "#);
    mode(".env", 0o600);
    mode("config.toml", 0o600);
    assert_eq!(told(), [""; 0]);
}

#[test]
fn what_is_broken_fails_and_the_rest_is_looked_at_all_the_same() {
    let home = onboarded();
    home.cli(&["chat", "-m", "hi"]).exits(0);
    home.write("policy.json", "{\"owners\": [],\n \"shiny\": 1}");
    home.write("journal/journal.db", "this is no journal, and it is long enough to be taken for one");
    let ran = home.cli(&["doctor", "--json"]).exits(1);
    let report = ran.json();
    let policy = of(&report, "policy")[0];
    assert!(policy["detail"].as_str().unwrap().contains("line 2: shiny"), "{policy}");
    assert_eq!(policy["next"], "nanobot-cli policy check");
    assert_eq!(of(&report, "sandbox")[0]["state"], "failed", "no box without a policy");
    assert_eq!(of(&report, "journal")[0]["state"], "failed");
    assert_eq!(of(&report, "model")[0]["state"], "warning");

    home.write("config.json", r#"{"agents": 7}"#);
    let report = home.cli(&["doctor", "--json"]).exits(1).json();
    assert_eq!(of(&report, "config")[0]["state"], "failed");
    assert_eq!(of(&report, "the rest").len(), 1);
    assert_eq!(of(&report, "daemon").len(), 1);
}

#[test]
fn a_home_that_is_none_is_the_only_finding() {
    let home = Home::empty();
    home.write("file", "");
    let file = home.path("file").display().to_string();
    let ran = home.cli(&["--home", &file, "doctor"]).exits(1);
    insta::assert_snapshot!(home.redact(&ran.stdout), @"
    failed   home      the home ~/.nanobot/file is a file, not a folder, or is in one
                       -> name another one with --home DIR
    ");
}
