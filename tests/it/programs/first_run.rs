//! The first minutes: no home, no key, no daemon.

mod first_model;
mod onboarding;

use std::os::unix::fs::PermissionsExt as _;

use super::harness::Home;

/// What the offline model says to `text` after `before` messages.
fn offline_answer(text: &str, before: usize) -> String {
    let begin = match before {
        0 => {
            "I am not a language model, only nanobot's offline stand-in. To get real answers, set a provider key \
             or run `nanobot-cli onboard`."
        }
        _ => "(offline stand-in, not a language model)",
    };
    format!(
        "{begin}\n\nI heard: {text}\n\nMessages of this chat that came before: {before}. Tools on offer: \
         read_file, write_file, edit_file, list_dir, exec. Send `help` to see what I can do.\n"
    )
}

#[test]
fn one_message_is_answered_in_an_empty_home_without_a_key() {
    let home = Home::empty();
    let ran = home.cli(&["chat", "-m", "hi"]).exits(0);
    assert_eq!(ran.stdout, offline_answer("hi", 0));
    assert_eq!(home.redact(ran.one_line()), "made a home in ~/.nanobot; no language model answers yet");
    let again = home.cli(&["chat", "-m", "hi"]).exits(0);
    assert_eq!((again.stdout, again.stderr), (offline_answer("hi", 2), String::new()));
}

#[test]
fn piped_lines_are_answered_in_order_and_on_stdout_only() {
    let home = Home::empty();
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    let ran = home.cli_with_input(&["chat"], "one\n\n  \nzwei: größer 🎉\nthree".as_bytes()).exits(0);
    let expected =
        offline_answer("one", 0) + &offline_answer("zwei: größer 🎉", 2) + &offline_answer("three", 4);
    assert_eq!((ran.stdout, ran.stderr), (expected, String::new()));
    assert_eq!(home.conversation("cli:default").len(), 6);
}

#[test]
fn a_new_home_is_private() {
    let home = Home::empty();
    home.cli(&["chat", "-m", "hi"]).exits(0);
    for (path, _) in home.files() {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    }
    for folder in ["", "sessions", "var/run", "workspace"] {
        let mode = home.path(folder).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder:?} has mode {mode:o}");
    }
}

#[test]
fn the_daemon_starts_on_an_empty_home_and_the_operator_command_finds_it() {
    let home = Home::empty();
    let daemon = home.daemon();
    assert_eq!(home.cli(&["chat", "-m", "hi"]).exits(0).stdout, offline_answer("hi", 0));
    daemon.wait_for("response sent");
    daemon.stop();
}

#[test]
fn status_without_a_daemon() {
    let home = Home::empty();
    let ran = home.cli(&["status"]).exits(0);
    insta::assert_snapshot!(home.redact(&ran.stdout), @"
    nanobot 0.1.0  ~/.nanobot
    daemon    does not run; start it with nanobotd, or talk with nanobot-cli chat
    model     offline (offline)
    config    ~/.nanobot/config.json (missing)
    workspace ~/.nanobot/workspace (missing)
    tools     read_file, write_file, edit_file, list_dir, exec
              not there: cron, deep_research, message, pi_stats, send_voice, spawn, web_fetch, web_search
    ! model: not a language model; set a provider key or run nanobot-cli onboard
    policy    policy.json (missing: the built-in policy holds)
    security  rules
    journal   journal
    sandbox   bubblewrap
    api       127.0.0.1:8080
    ");
    let check = home.cli(&["status", "--check"]).exits(69);
    assert_eq!((check.stdout, check.stderr), (ran.stdout, ran.stderr));
    insta::assert_snapshot!(home.redact(&home.cli(&["status", "--json"]).exits(0).stdout), @r#"
    {
      "version": "0.1.0",
      "home": "~/.nanobot",
      "model": {
        "provider": "offline",
        "model": "offline",
        "endpoint": null,
        "is_language_model": false
      },
      "model_warnings": [],
      "ports": [
        {
          "port": "model",
          "adapter": "offline: offline",
          "warning": "not a language model; set a provider key or run nanobot-cli onboard"
        },
        {
          "port": "policy",
          "adapter": "policy.json",
          "warning": null
        },
        {
          "port": "security",
          "adapter": "rules",
          "warning": null
        },
        {
          "port": "journal",
          "adapter": "journal",
          "warning": null
        },
        {
          "port": "sandbox",
          "adapter": "bubblewrap",
          "warning": null
        },
        {
          "port": "tools",
          "adapter": "not there: cron, deep_research, message, pi_stats, send_voice, spawn, web_fetch, web_search",
          "warning": null
        },
        {
          "port": "api",
          "adapter": "127.0.0.1:8080",
          "warning": null
        }
      ],
      "tools": [
        "read_file",
        "write_file",
        "edit_file",
        "list_dir",
        "exec"
      ],
      "files": {
        "config": {
          "path": "~/.nanobot/config.json",
          "exists": false
        },
        "policy": {
          "path": "~/.nanobot/policy.json",
          "exists": false
        },
        "workspace": {
          "path": "~/.nanobot/workspace",
          "exists": false
        }
      },
      "unknown": [],
      "running": false,
      "served_by": null
    }
    "#);
    assert!(!home.root().exists(), "looking made a home");
}

#[test]
fn status_with_a_daemon() {
    let home = Home::empty();
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    let daemon = home.daemon();
    home.cli(&["status", "--check"]).exits(0);
    let pid = daemon.pid().to_string();
    let shown = |args: &[&str]| home.redact(&home.cli(args).exits(0).stdout).replace(&pid, "PID");
    insta::assert_snapshot!(shown(&["status"]), @"
    nanobot 0.1.0  ~/.nanobot
    daemon    runs (pid PID), since TIME
    model     offline (offline)
    channels  cli
    tools     read_file, write_file, edit_file, list_dir, exec
              not there: cron, deep_research, message, pi_stats, send_voice, spawn, web_fetch, web_search
    work      0 running, 0 waiting, 0 in the outbox
    ! model: not a language model; set a provider key or run nanobot-cli onboard
    policy    383270f61c45, built in
              governs no network; no change in the log
    security  rules
    journal   journal
    sandbox   bubblewrap
    api       off
    ");
    daemon.stop();
}

#[test]
fn status_of_a_daemon_for_programs() {
    let home = Home::empty();
    home.cli(&["onboard", "--model", "offline"]).exits(0);
    let daemon = home.daemon();
    let pid = daemon.pid().to_string();
    let shown = home.redact(&home.cli(&["status", "--json"]).exits(0).stdout).replace(&pid, "PID");
    insta::assert_snapshot!(shown, @r#"
    {
      "version": "0.1.0",
      "pid": PID,
      "home": "~/.nanobot",
      "started": "TIME",
      "now": "TIME",
      "model": {
        "provider": "offline",
        "model": "offline",
        "endpoint": null,
        "is_language_model": false
      },
      "model_warnings": [],
      "budgets": [],
      "ports": [
        {
          "port": "model",
          "adapter": "offline: offline",
          "warning": "not a language model; set a provider key or run nanobot-cli onboard"
        },
        {
          "port": "policy",
          "adapter": "policy.json",
          "warning": null
        },
        {
          "port": "security",
          "adapter": "rules",
          "warning": null
        },
        {
          "port": "journal",
          "adapter": "journal",
          "warning": null
        },
        {
          "port": "sandbox",
          "adapter": "bubblewrap",
          "warning": null
        },
        {
          "port": "tools",
          "adapter": "not there: cron, deep_research, message, pi_stats, send_voice, spawn, web_fetch, web_search",
          "warning": null
        },
        {
          "port": "api",
          "adapter": "off",
          "warning": null
        }
      ],
      "channels": [
        "cli"
      ],
      "tools": [
        "read_file",
        "write_file",
        "edit_file",
        "list_dir",
        "exec"
      ],
      "queues": {
        "lanes": 0,
        "waiting": 0,
        "running": 0,
        "outbox": 0
      },
      "policy": {
        "hash": "383270f61c45d4dbeff263294341919e3d80921215b4f13229f93eb37ba48b46",
        "source": "built in",
        "governs": [],
        "closed": [],
        "trouble": [],
        "sealed": null,
        "chain": null
      },
      "running": true,
      "served_by": "nanobotd"
    }
    "#);
    daemon.stop();
}

#[test]
fn version_and_completions_need_no_home() {
    let home = Home::empty();
    insta::assert_snapshot!(home.cli(&["version", "--json"]).exits(0).stdout, @r#"
    {
      "name": "nanobot",
      "version": "0.1.0"
    }
    "#);
    assert_eq!(home.cli(&["version"]).exits(0).stdout, concat!("nanobot ", env!("CARGO_PKG_VERSION"), "\n"));
    let script = home.cli(&["completions", "bash"]).exits(0).stdout;
    assert!(script.contains("complete -F _nanobot__cli") && script.contains("migrate-to-env"), "{script}");
    assert!(!home.root().exists());
}

#[test]
fn what_is_no_command_is_a_usage_error() {
    let home = Home::empty();
    for args in [&["frobnicate"][..], &["session", "frobnicate"], &["chat", "--no-such-flag"], &[]] {
        let ran = home.cli(args).exits(2);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("Usage:"), "{ran:?}");
    }
    let other = home.cli(&["chat", "-s", "telegram:1", "-m", "hi"]).exits(2);
    assert!(other.one_line().contains("only conversations of the terminal"), "{other:?}");
    assert!(!home.root().exists());
}
