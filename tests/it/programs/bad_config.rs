//! Settings that cannot be used: exit 64 before anything is opened, and one line that says which file, which
//! key, what was expected and what was found.

use super::harness::{Home, Ran};

/// Both programs refuse, with the same words, and leave the home as it is. Answers the words.
#[track_caller]
fn refused(home: &Home) -> String {
    let before = home.files();
    let said = |ran: Ran, program: &str| {
        assert_eq!(ran.stdout, "", "{ran:?}");
        let line = ran.exits(64).one_line().to_owned();
        home.redact(line.strip_prefix(program).unwrap_or_else(|| panic!("{program} in {line}")))
    };
    let daemon = said(home.daemon_that_ends(), "nanobotd: ");
    let chat = said(home.cli(&["chat", "-m", "hi"]), "nanobot-cli: ");
    let status = said(home.cli(&["status"]), "nanobot-cli: ");
    assert_eq!((&chat, &status), (&daemon, &daemon));
    assert_eq!(home.files(), before, "a file was made or changed");
    for folder in ["var", "sessions", "workspace", "audit"] {
        assert!(!home.has(folder), "{folder} was made");
    }
    daemon
}

fn with(name: &str, text: &str) -> Home {
    let home = Home::empty();
    home.write(name, text);
    home
}

#[test]
fn a_torn_file() {
    insta::assert_snapshot!(refused(&with("config.json", "{\n  \"gateway\": {\"port\": 1")), @"~/.nanobot/config.json: EOF while parsing an object at line 2, column 23");
}

#[test]
fn a_file_that_is_no_object() {
    insta::assert_snapshot!(refused(&with("config.json", "[]")), @"~/.nanobot/config.json: expected an object, found a list");
}

#[test]
fn a_value_of_the_wrong_kind() {
    let home = with("config.json", r#"{"configVersion": 2, "gateway": {"port": "many"}}"#);
    insta::assert_snapshot!(refused(&home), @r#"~/.nanobot/config.json: gateway.port: expected an integer from 0 to 65535, found a text "many""#);
}

#[test]
fn a_secret_of_the_wrong_kind_is_not_quoted() {
    let home =
        with("config.json", r#"{"configVersion": 2, "providers": {"openai": {"apiKey": ["sk-quoted"]}}}"#);
    insta::assert_snapshot!(refused(&home), @"~/.nanobot/config.json: providers.openai.apiKey: expected a text, found a list");
}

#[test]
fn a_key_of_the_original_in_our_own_file() {
    insta::assert_snapshot!(refused(&with("config.toml", "[gateway]\nport = 18790\n")), @"~/.nanobot/config.toml: gateway: belongs in config.json: config.toml holds only keys that the original does not know");
}

#[test]
fn a_wrong_value_in_our_own_file() {
    insta::assert_snapshot!(refused(&with("config.toml", "[daemon]\nlane_queue = 0\n")), @"~/.nanobot/config.toml: daemon.lane_queue: expected an integer from 1 to 4294967295, found a number 0");
}

#[test]
fn a_misspelt_budget_is_not_taken_for_none() {
    let misspelt = with("config.toml", "[budget]\nday_dolars = 1.0\n");
    insta::assert_snapshot!(refused(&misspelt), @"~/.nanobot/config.toml: budget.day_dolars: not a setting; did you mean `day_dollars`?");
    let section = with("config.toml", "[budgets]\nday_dollars = 1.0\n");
    insta::assert_snapshot!(refused(&section), @"~/.nanobot/config.toml: budgets: not a setting; did you mean `budget`?");
    let too_short = with("config.toml", "[budget]\nday = 1\n");
    insta::assert_snapshot!(refused(&too_short), @"~/.nanobot/config.toml: budget.day: not a setting; take one of day_dollars, month_dollars, chat_day_dollars, tasks, background_share");
    let yes = with("config.toml", "[budget]\nday_dollars = true\n");
    insta::assert_snapshot!(refused(&yes), @"~/.nanobot/config.toml: budget.day_dollars: expected a number from 0.000001 to 1000000000 or null, found a boolean true");
    let variable = Home::empty().with_variable("NANOBOT_BUDGET__DAY_DOLARS", "1");
    insta::assert_snapshot!(refused(&variable), @"variable NANOBOT_BUDGET__DAY_DOLARS: budget.day_dolars: not a setting; did you mean `day_dollars`?");
    let flat = Home::empty().with_variable("NANOBOT_BUDGET_DAY_DOLLARS", "1");
    insta::assert_snapshot!(refused(&flat), @"variable NANOBOT_BUDGET_DAY_DOLLARS: budget_day_dollars: not a setting; did you mean `NANOBOT_BUDGET__DAY_DOLLARS`?");
}

#[test]
fn a_misspelt_fallback_price_or_key_in_our_own_file() {
    let fallback =
        with("config.toml", "[models.profiles.assistant_default]\nfallbacks = [\"subagent_default\"]\n");
    insta::assert_snapshot!(refused(&fallback), @"~/.nanobot/config.toml: models.profiles.assistant_default.fallbacks: not a setting; did you mean `fallback`?");
    let price = with(
        "config.toml",
        "[models.profiles.assistant_default]\nprice = { input = 1, output = 2, cached_inptu = 0.1 }\n",
    );
    insta::assert_snapshot!(refused(&price), @"~/.nanobot/config.toml: models.profiles.assistant_default.price.cached_inptu: not a setting; did you mean `cached_input`?");
    let provider = with("config.toml", "[providers.opnai.keys]\nsecond = \"sk-quoted\"\n");
    insta::assert_snapshot!(refused(&provider), @"~/.nanobot/config.toml: providers.opnai: config.json defines no such provider, and none is built in; did you mean `openai`?");
}

#[test]
fn a_fallback_that_cannot_stand_in() {
    let with = |fallback: &str| {
        with("config.toml", &format!("[models.profiles.assistant_default]\nfallback = [\"{fallback}\"]\n"))
    };
    let daemon = |home: &Home| home.redact(home.daemon_that_ends().exits(64).one_line());
    insta::assert_snapshot!(daemon(&with("memory_embed_fast")), @"nanobotd: models.profiles.assistant_default.fallback: profile memory_embed_fast is of kind embedding and cannot stand in for one of kind chat");
    insta::assert_snapshot!(daemon(&with("assistant_default")), @"nanobotd: models.profiles.assistant_default.fallback: profile assistant_default would stand in for itself");
}

#[test]
fn a_route_for_chats_that_leads_to_vectors() {
    let home = with("config.json", r#"{"models": {"routes": {"assistant.reply": "memory_embed_fast"}}}"#);
    let said = home.redact(home.daemon_that_ends().exits(64).one_line());
    insta::assert_snapshot!(said, @r#"nanobotd: models.routes."assistant.reply": profile memory_embed_fast is of kind embedding and cannot do the task reply"#);
    let listed = home.cli(&["model", "list"]).exits(64).stdout;
    assert!(
        listed.contains("\n! models.routes.\"assistant.reply\": profile memory_embed_fast is"),
        "{listed}"
    );
}

#[test]
fn our_own_file_torn() {
    insta::assert_snapshot!(refused(&with("config.toml", "[daemon\n")), @"~/.nanobot/config.toml: unclosed table, expected `]` at line 1, column 8");
}

#[test]
fn a_variable_with_a_wrong_value() {
    let home = Home::empty().with_variable("NANOBOT_GATEWAY__PORT", "many");
    insta::assert_snapshot!(refused(&home), @r#"variable NANOBOT_GATEWAY__PORT: gateway.port: expected an integer from 0 to 65535, found a text "many""#);
}

#[test]
fn a_named_file_that_is_not_there() {
    let home = Home::empty();
    let ran = home.cli(&["--config", "no-such.json", "chat", "-m", "hi"]).exits(64);
    insta::assert_snapshot!(ran.one_line(), @"nanobot-cli: no-such.json: no such file");
    assert!(!home.root().exists(), "a home was made");
}

#[test]
fn several_faults_are_told_together() {
    let home = with("config.json", r#"{"configVersion": 2, "gateway": {"port": "many"}, "bus": 5}"#);
    let ran = home.daemon_that_ends().exits(64);
    assert_eq!(ran.stderr.lines().count(), 2, "{ran:?}");
    insta::assert_snapshot!(home.redact(&ran.stderr), @r#"
    nanobotd: ~/.nanobot/config.json: gateway.port: expected an integer from 0 to 65535, found a text "many"
    ~/.nanobot/config.json: bus: expected an object, found a number
    "#);
}

#[test]
fn an_address_that_is_none() {
    let config = r#"{"configVersion": 2, "agents": {"defaults": {"model": "openai/x"}},
        "providers": {"openai": {"apiKey": "sk-quoted", "apiBase": "not an address"}}}"#;
    let home = with("config.json", config);
    let ran = home.daemon_that_ends().exits(64);
    insta::assert_snapshot!(home.redact(ran.one_line()), @"nanobotd: provider openai: the base address of the provider is no http or https address");
}

#[test]
fn a_log_filter_that_is_none() {
    let home = with("config.toml", "[log]\nfilter = \"=info=\"\n");
    let ran = home.daemon_that_ends().exits(64);
    insta::assert_snapshot!(home.redact(ran.one_line()), @r#"nanobotd: log.filter "=info=" is no filter: invalid filter directive; expected something like info,nanobot_core=debug"#);
    assert!(!home.has("var"), "something was opened");
}
