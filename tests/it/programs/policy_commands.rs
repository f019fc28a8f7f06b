//! `policy …`, `memory notes …` and `audit verify` on homes without a daemon.

use serde_json::{Value, json};

use super::harness::Home;

const POLICY: &str = r#"{
  "owners": {"whatsapp": ["491510000001"]},
  "defaults": {"whoCanTalk": {"mode": "allowlist", "senders": ["491510000002"]}},
  "channels": {"whatsapp": {"chats": {"12036304@g.us": {
    "whoCanTalk": {"mode": "everyone"},
    "personaFile": "personas/garden.md"
  }}}}
}"#;

const ASKED: [&str; 8] = [
    "policy",
    "explain",
    "--channel=whatsapp",
    "--chat=12036304@g.us",
    "--sender=491510000003",
    "--group",
    "--mentioned",
    "--tool=exec",
];

fn home() -> Home {
    let home = Home::empty();
    home.write("config.json", r#"{"channels": {"whatsapp": {"enabled": true}}}"#);
    home.write("policy.json", POLICY);
    home
}

#[test]
fn the_policy_is_where_the_home_is() {
    let home = Home::empty();
    assert_eq!(home.redact(&home.cli(&["policy", "path"]).exits(0).stdout), "~/.nanobot/policy.json\n");
    let path = home.cli(&["policy", "path", "--json"]).exits(0).json();
    assert_eq!(path["exists"], false);
}

#[test]
fn a_pipe_gets_the_explanation_as_the_originals_document() {
    let home = home();
    let ran = home.cli(&ASKED).exits(0);
    assert_eq!(ran.stderr, "");
    let explained = ran.json();
    let keys: Vec<&str> = explained.as_object().unwrap().keys().map(String::as_str).collect();
    let of_the_original =
        ["policySource", "channel", "chatId", "sender", "effectivePolicy", "decision", "memoryNotes"];
    assert_eq!(keys, [&of_the_original[..], &["rules", "change", "tool"]].concat());
    assert_eq!(explained["policySource"], home.path("policy.json").display().to_string());
    assert_eq!(explained["decision"]["reason"], "who_can_talk:everyone|when_to_reply:all");
    assert_eq!(
        (&explained["rules"][0]["layer"], &explained["rules"][0]["line"]),
        (&json!("chat"), &json!(5))
    );
    assert_eq!(explained["change"]["edits"][0]["add"], "491510000003");
}

#[test]
fn without_a_file_the_built_in_policy_is_explained() {
    let home = Home::empty();
    let explained = home.cli(&ASKED).exits(0).json();
    assert_eq!(explained["decision"]["reason"], "who_can_talk:everyone|when_to_reply:mention_only_group");
    assert_eq!(explained["rules"][0]["layer"], "built-in");
}

#[test]
fn a_home_whose_policy_is_none_is_told_line_by_line() {
    let home = home();
    home.write("policy.json", "{\"owners\": [],\n \"shiny\": 1}");
    let ran = home.cli(&ASKED).exits(64);
    insta::assert_snapshot!(home.redact(&ran.stderr), @"
    line 1: owners: must be an object
    line 2: shiny: is not a key of a policy
    nanobot-cli: ~/.nanobot/policy.json is no policy
    ");
    let checked = home.cli(&["policy", "check"]).exits(64);
    insta::assert_snapshot!(home.redact(&checked.stdout), @r#"
    ~/.nanobot/policy.json: REFUSED
      line 1: owners: must be an object
      line 2: shiny: is not a key of a policy
    "#);
    let cmd = home.cli(&["policy", "cmd", "/policy list-groups"]);
    assert_ne!(cmd.code, 0, "{cmd:?}");
    assert_eq!(home.read("policy.json"), "{\"owners\": [],\n \"shiny\": 1}");
}

#[test]
fn the_homes_policy_is_checked_against_the_homes_settings() {
    let home = home();
    home.cli(&["policy", "check"]).exits(0);
    let ownerless = r#"{"defaults": {"whoCanTalk": {"mode": "owner_only"}}}"#;
    home.write("policy.json", ownerless);
    let ran = home.cli(&["policy", "check", "--jsonl"]).exits(64);
    let verdict = ran.json();
    let explained = home.cli(&ASKED).exits(0);
    assert!(explained.one_line().starts_with("nanobotd does not start with this policy"), "{explained:?}");
    assert_eq!(
        (verdict["stage"].as_str(), verdict["errors"][0]["path"].as_str()),
        (Some("validate"), Some("owners.whatsapp"))
    );
    home.write("config.json", "{}");
    home.cli(&["policy", "check"]).exits(0);
    let usage = home.cli(&["policy", "check", "--apply-channels", "irc"]).exits(2);
    assert!(usage.one_line().contains("name a FILE"), "{usage:?}");
    std::fs::remove_file(home.path("policy.json")).unwrap();
    let none = home.cli(&["policy", "check"]).exits(0);
    assert!(none.one_line().ends_with("policy.json: the built-in policy holds"), "{none:?}");
}

#[test]
fn files_are_checked_one_by_one() {
    let home = Home::empty();
    home.write("good.json", "{}");
    home.write(
        "bad.json",
        "{\n  \"defaults\": {\"whoCanTalk\": {\"mode\": \"Everyone\"}},\n  \"nope\": 1\n}",
    );
    home.write("torn.json", "{\"owners\": ");
    home.write("latin.json", b"{\"owners\": {\"\xe9\": []}}".as_slice());
    let paths = ["good.json", "bad.json", "torn.json", "latin.json"]
        .map(|name| home.path(name).display().to_string());
    let [good, bad, torn, latin] = paths.each_ref().map(String::as_str);
    let ran = home.cli(&["policy", "check", good, bad, torn, latin]).exits(1);
    insta::assert_snapshot!(home.redact(&ran.stdout), @r#"
    ~/.nanobot/good.json: accepted
    ~/.nanobot/bad.json: REFUSED
      line 2: defaults.whoCanTalk.mode: must be one of everyone, allowlist, owner_only
      line 3: nope: is not a key of a policy
    ~/.nanobot/torn.json: REFUSED
      line 1, column 12: the file ends here; the rest is missing
    ~/.nanobot/latin.json: REFUSED
      line 1: this is not UTF-8; save the file in that encoding
    "#);
    let ran = home.cli(&["policy", "check", "--jsonl", good, bad, torn, latin]).exits(1);
    insta::assert_snapshot!(home.redact(&ran.stdout), @r#"
    {"file":"~/.nanobot/good.json","accepted":true,"stage":"ok","errors":[],"policy_hash":"383270f61c45d4dbeff263294341919e3d80921215b4f13229f93eb37ba48b46"}
    {"file":"~/.nanobot/bad.json","accepted":false,"stage":"schema","errors":[{"path":"defaults.whoCanTalk.mode","message":"must be one of everyone, allowlist, owner_only"},{"path":"nope","message":"is not a key of a policy"}],"policy_hash":null}
    {"file":"~/.nanobot/torn.json","accepted":false,"stage":"json","errors":[{"path":"","message":"line 1, column 12: the file ends here; the rest is missing"}],"policy_hash":null}
    {"file":"~/.nanobot/latin.json","accepted":false,"stage":"decode","errors":[{"path":"","message":"line 1: this is not UTF-8; save the file in that encoding"}],"policy_hash":null}
    "#);
    let missing = home.cli(&["policy", "check", "--jsonl", "no-such-file", good]).exits(65);
    assert_eq!(missing.stdout.lines().count(), 2);
}

#[test]
fn batches_answer_every_line_with_its_id_and_name_what_is_wrong() {
    let home = Home::empty();
    home.write("p.json", r#"{"defaults": {"personaFile": "../x.md"}}"#);
    home.write("w/keep", "");
    let (policy, workspace) =
        (home.path("p.json").display().to_string(), home.path("w").display().to_string());
    let event = json!({"channel": "whatsapp", "chat_id": "c", "sender_id": "s"});
    let lines = [
        json!({"id": 1, "event": event}).to_string(),
        "nonsense".to_owned(),
        json!({"id": "two", "event": {"channel": "irc"}}).to_string(),
        json!({"id": 3, "event": event, "apply_channels": []}).to_string(),
        json!({"id": 4, "event": event, "apply_channels": "irc"}).to_string(),
    ];
    let input = lines.join("\n");
    let ran = home.cli_with_input(&["policy", "eval", "--policy", &policy], input.as_bytes()).exits(65);
    let said: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said[0]["decision"]["persona_file"], "../x.md");
    assert_eq!(said[0]["decision"]["persona_text"], Value::Null, "without a workspace no persona is read");
    assert_eq!((&said[1]["id"], &said[1]["error"]["code"]), (&Value::Null, &json!("bad_json")));
    assert_eq!((&said[2]["id"], &said[2]["error"]["code"]), (&json!("two"), &json!("bad_input")));
    assert_eq!(said[3]["decision"]["reason"], "policy_not_applied");
    assert_eq!((&said[4]["id"], &said[4]["error"]["code"]), (&json!(4), &json!("bad_input")));
    assert!(!home.path("config.json").exists(), "no home is needed");

    let args = ["policy", "eval", "--policy", &policy, "--workspace", &workspace];
    let ran = home.cli_with_input(&args, lines[0].as_bytes()).exits(65);
    assert_eq!(ran.json()["error"]["code"], "persona_unreadable");

    home.write("p.json", "{");
    let ran = home.cli_with_input(&["policy", "tool-access", "--policy", &policy], b"").exits(64);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_command_changes_the_policy_and_can_be_taken_back() {
    let home = home();
    let set = ["policy", "cmd", "/policy set-when 12036304@g.us off"];
    let dry = home.cli(&[&set[..], &["--dry-run", "--json"]].concat()).exits(0).json();
    assert_eq!(
        (&dry["outcome"], &dry["dry_run"], &dry["change"]),
        (&json!("applied"), &json!(true), &Value::Null)
    );
    assert_eq!(home.read("policy.json"), POLICY);
    let done = home.cli(&[&set[..], &["--json"]].concat()).exits(0).json();
    assert_eq!(done["outcome"], "applied");
    let after: Value = serde_json::from_str(&home.read("policy.json")).unwrap();
    assert_eq!(after["channels"]["whatsapp"]["chats"]["12036304@g.us"]["whenToReply"]["mode"], "off");
    let change = done["change"].as_str().unwrap();
    let back = home.cli(&["policy", "cmd", &format!("/policy rollback {change}"), "--confirm"]).exits(0);
    assert_eq!(back.stderr, "");
    let explained = home.cli(&ASKED).exits(0).json();
    assert_eq!(explained["decision"]["shouldRespond"], true);
    let verified = home.cli(&["audit", "verify", "--json"]).exits(0).json();
    assert_eq!((&verified["ok"], &verified["rows"]), (&json!(true), &json!(2)));
    assert_eq!(verified["journal_head"], verified["head"]);
}

#[test]
fn a_command_reaches_the_daemon_and_counts_there_at_once() {
    let home = home();
    let daemon = home.daemon();
    let done = home.cli(&["policy", "cmd", "/policy set-when 12036304@g.us off", "--json"]).exits(0).json();
    let status = home.cli(&["status", "--json"]).exits(0).json();
    assert_eq!(status["policy"]["hash"], done["after_hash"]);
    assert_eq!(status["policy"]["chain"]["rows"], 1);
    home.cli(&["audit", "verify"]).exits(0);
    home.cli(&["policy", "cmd", "/policy dance"]).exits(1);
    daemon.stop();
}

#[test]
fn a_command_that_is_none_is_refused_with_1() {
    let home = home();
    for command in ["/policy dance", "/policy set-when 12036304@g.us sometimes", "hello"] {
        let ran = home.cli(&["policy", "cmd", command]).exits(1);
        assert_eq!(ran.stdout, "");
        assert!(!ran.stderr.is_empty());
    }
    assert_eq!(home.read("policy.json"), POLICY);
    let nowhere = Home::empty();
    let ran = nowhere.cli(&["policy", "cmd", "/policy list-groups"]).exits(1);
    assert!(ran.one_line().contains("nanobot-cli onboard"), "{ran:?}");
    assert!(!nowhere.root().exists());
}

#[test]
fn a_row_that_somebody_changed_is_found() {
    let home = home();
    let none = home.cli(&["audit", "verify"]).exits(0);
    assert_eq!(none.stdout, "no change of the policy is logged yet\n");
    home.cli(&["policy", "cmd", "/policy set-when 12036304@g.us off"]).exits(0);
    let log = "policy/audit/policy_changes.jsonl";
    let row = home.read(log);
    home.cli(&["audit", "verify"]).exits(0);
    home.write(log, row.replace("set-when", "set-then"));
    let ran = home.cli(&["audit", "verify"]).exits(1);
    assert!(ran.stdout.contains("the row was changed"), "{ran:?}");
    home.write(log, "");
    let ran = home.cli(&["audit", "verify"]).exits(1);
    assert!(ran.stdout.contains("the row was removed"), "{ran:?}");
}

#[test]
fn a_log_that_was_put_aside_is_accepted_before_the_policy_changes_again() {
    let home = home();
    let set = |mode: &str| home.cli(&["policy", "cmd", &format!("/policy set-when 12036304@g.us {mode}")]);
    set("off").exits(0);
    for name in ["policy_changes.jsonl", "policy_chain.jsonl"] {
        let file = home.path("policy/audit").join(name);
        std::fs::rename(&file, file.with_extension("aside")).unwrap();
    }
    let refused = set("all").exits(1);
    assert!(refused.stderr.contains("audit verify"), "{refused:?}");
    let unasked = home.cli(&["audit", "accept"]).exits(2);
    assert!(unasked.one_line().contains("--yes"), "{unasked:?}");
    let accepted = home.cli(&["audit", "accept", "--yes"]).exits(0);
    assert!(accepted.stdout.contains("the chain ends before it"), "{accepted:?}");
    assert_eq!(home.audit()[0]["action"], "policy.accept_log");
    set("all").exits(0);
    let verified = home.cli(&["audit", "verify", "--json"]).exits(0).json();
    assert_eq!(verified["rows"], 1);
    assert!(home.cli(&["audit", "accept", "--yes"]).exits(0).stderr.is_empty(), "nothing to accept");
}

#[test]
fn notes_of_a_chat_are_set_and_told() {
    let home = home();
    let chat = ["--channel=whatsapp", "--chat-id=12036304@g.us"];
    let status =
        |more: &[&str]| home.cli(&[&["memory", "notes", "status"], &chat[..], more].concat()).exits(0);
    insta::assert_snapshot!(status(&[]).stdout, @"
    NOTES            VALUE                   SAID BY
    enabled          on                      memoryNotes.defaults.groupsEnabled
    mode             adaptive                memoryNotes.defaults.mode
    blocked senders  off                     memoryNotes.defaults.allowBlockedSenders
    batch            100 messages or 1800 s  memoryNotes.batch
    ");
    assert_eq!(status(&["--is-dm", "--json"]).json()["enabled"], false);
    let set = [&["memory", "notes", "set"], &chat[..], &["--enabled=off", "--mode=hybrid"]].concat();
    home.cli(&[&set[..], &["--dry-run"]].concat()).exits(0);
    assert_eq!(home.read("policy.json"), POLICY);
    home.cli(&set).exits(0);
    let told = status(&["--json"]).json();
    assert_eq!((&told["enabled"], &told["mode"]), (&json!(false), &json!("hybrid")));
    let path = "memoryNotes.channels.whatsapp.chats.12036304@g.us.enabled";
    assert_eq!(told["source"]["enabled"], path);
}

#[test]
fn names_of_groups_come_from_a_file_while_there_is_no_bridge() {
    let home = home();
    let command = ["policy", "annotate-whatsapp-comments"];
    let ran = home.cli(&command).exits(69);
    assert!(ran.one_line().contains("--names FILE"), "{ran:?}");
    home.write("names.json", r#"{"12036304@g.us": "Garden", "7@g.us": "unknown to the policy"}"#);
    let file = home.path("names.json").display().to_string();
    home.cli(&[&command[..], &["--names", &file]].concat()).exits(0);
    let after: Value = serde_json::from_str(&home.read("policy.json")).unwrap();
    assert_eq!(after["channels"]["whatsapp"]["chats"]["12036304@g.us"]["comment"], "Garden");
    assert_eq!(after["channels"]["whatsapp"]["chats"]["7@g.us"], Value::Null);
    home.write("names.json", "[]");
    home.cli(&[&command[..], &["--names", &file]].concat()).exits(65);
}

#[test]
fn lists_of_an_older_configuration_become_a_rule() {
    let home = home();
    let none = home.cli(&["policy", "migrate-allowfrom"]).exits(0);
    assert_eq!(none.stdout, "");
    home.write("policy.json", "{}");
    home.write("config.json", r#"{"channels": {"whatsapp": {"enabled": true, "allowFrom": ["+491510000001"]}, "discord": {"allowFrom": ["ann"]}}}"#);
    let dry = home.cli(&["policy", "migrate-allowfrom", "--dry-run"]).exits(0);
    assert!(dry.stderr.contains("channels.discord.allowFrom stays"), "{dry:?}");
    assert_eq!(home.read("policy.json"), "{}");
    home.cli(&["policy", "migrate-allowfrom"]).exits(0);
    let after: Value = serde_json::from_str(&home.read("policy.json")).unwrap();
    let rule = json!({"mode": "allowlist", "senders": ["+491510000001"]});
    assert_eq!(after["channels"]["whatsapp"]["default"]["whoCanTalk"], rule);
}

#[test]
fn what_help_says_of_batches() {
    insta::assert_snapshot!(Home::empty().cli(&["policy", "eval", "--help"]).exits(0).stdout, @r#"
    Decide about messages: JSON Lines on standard input, one line on standard output for each

    Usage: nanobot-cli policy eval [OPTIONS] --policy <FILE>

    Options:
          --home <DIR>              The home folder [default: $NANOBOT_HOME, else ~/.nanobot]
          --policy <FILE>           The policy
          --config <FILE>           Another file in place of the home's config.json
          --workspace <DIR>         Personas lie in here; without it none is read, and where they lie is not checked
          --apply-channels <NAMES>  The channels that the policy governs [default: telegram,whatsapp]
          --known-tools <NAMES>     The tools that there are [default: the thirteen of the original]
          --user-home <DIR>         The folder that ~ means [default: $HOME]
      -h, --help                    Print help
      -V, --version                 Print version
    "#);
    insta::assert_snapshot!(Home::empty().cli(&["policy", "--help"]).exits(0).stdout, @r#"
    Look after who may talk and what happens then

    Usage: nanobot-cli policy [OPTIONS] <COMMAND>

    Commands:
      path                        Print where policy.json is
      explain                     Say what becomes of a message, which rules decide that, and what would turn it
      check                       Check files, or the home's policy.json, without using them
      cmd                         Give an admin command as an owner, such as "/policy list-groups"
      eval                        Decide about messages: JSON Lines on standard input, one line on standard output for each
      tool-access                 Decide who may use a tool: JSON Lines on standard input, one line on standard output for each
      annotate-whatsapp-comments  Write the names of WhatsApp groups beside their rules, as a comment
      migrate-allowfrom           Take channels.*.allowFrom of config.json over as the rule who may talk
      help                        Print this message or the help of the given subcommand(s)

    Options:
          --home <DIR>     The home folder [default: $NANOBOT_HOME, else ~/.nanobot]
          --config <FILE>  Another file in place of the home's config.json
      -h, --help           Print help
      -V, --version        Print version
    "#);
}
