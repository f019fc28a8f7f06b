//! `doctor`: one page about a home, with the next step for whatever is not as it should be.

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
