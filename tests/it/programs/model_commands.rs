//! `model …`: who does what, who answers, who is left alone.

use nanobot_core::ports::{BreakerState as _, OpenCircuit};
use nanobot_tests::{FakeProvider, Script};
use serde_json::{Value, json};

use super::harness::{Home, KEY};

/// A home with one key, whose chats and background work have models that stand in.
fn with_key() -> Home {
    let home = Home::empty().with_variable("OPENAI_API_KEY", "sk-of-a-person");
    home.write(
        "config.json",
        json!({"models": {
            "profiles": {
                "assistantDefault": {"model": "openai/gpt-4o"},
                "small": {"kind": "chat", "model": "openai/gpt-4o-mini"},
                "homemade": {"kind": "chat", "model": "openai/never-heard-of"},
            },
            "routes": {"irc.assistant.reply": "small"},
        }})
        .to_string(),
    );
    home.write("config.toml", "[models.profiles.assistant_default]\nfallback = [\"small\"]\n");
    home
}

/// A home whose chats ask one provider, and another one when that fails.
fn with_two(first: &FakeProvider, second: &FakeProvider) -> Home {
    let home = Home::empty();
    home.write(
        "config.json",
        json!({
            "models": {"profiles": {
                "assistantDefault": {"model": "openai/first", "provider": "openai"},
                "spare": {"kind": "chat", "model": "groq/second", "provider": "groq"},
            }},
            "providers": {
                "openai": {"apiKey": KEY, "apiBase": first.base_url()},
                "groq": {"apiKey": KEY, "apiBase": second.base_url()},
            },
        })
        .to_string(),
    );
    home.write(
        "config.toml",
        "[model]\nconnect_timeout_ms = 400\nfirst_byte_timeout_ms = 400\nidle_timeout_ms = 400\n\
         [models.profiles.assistant_default]\nfallback = [\"spare\"]\nprice = { input = 3, output = 15 }\n\
         [models.profiles.spare]\nprice = { input = 2, output = 10 }\n",
    );
    home
}

fn providers(first: Script, second: Script) -> (FakeProvider, FakeProvider) {
    (FakeProvider::start(first).unwrap(), FakeProvider::start(second).unwrap())
}

/// The text without what differs from run to run: times and ports.
fn steady(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for at in 1..words.len() {
        if words[at].starts_with("ms") && words[at - 1].bytes().all(|byte| byte.is_ascii_digit()) {
            words[at - 1] = "N";
        }
    }
    words.join(" ")
}

#[test]
fn the_list_says_who_serves_a_profile_and_what_it_costs() {
    let home = with_key();
    let ran = home.cli(&["model", "list"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @"
    PROFILE                KIND       MODEL                          SERVED BY  TRUST        IN       CACHED   OUT      PRICE FROM
    asr_default            asr        whisper-large-v3               -          -            -        -        -        -
    assistant_default      chat       openai/gpt-4o                  openai     third_party  $2.50    $1.25    $10.00   OpenAI, Pricing (2026-11)
    homemade               chat       openai/never-heard-of          openai     third_party  unknown  unknown  unknown  unknown
    memory_capture_fast    chat       openai/gpt-4o-mini             openai     third_party  $0.15    $0.075   $0.60    OpenAI, Pricing (2026-11)
    memory_embed_fast      embedding  openai/text-embedding-3-small  -          -            -        -        -        -
    small                  chat       openai/gpt-4o-mini             openai     third_party  $0.15    $0.075   $0.60    OpenAI, Pricing (2026-11)
    subagent_default       chat       openai/gpt-4o-mini             openai     third_party  $0.15    $0.075   $0.60    OpenAI, Pricing (2026-11)
    tts_default            tts        tts-1                          -          -            -        -        -        -
    vision_whatsapp_cheap  vision     google/gemini-2.5-flash-lite   -          -            -        -        -        -
    assistant_default falls back to small
    ");
    assert!(!home.has("journal"), "looking made something");
    let listed = home.cli(&["model", "list", "--json"]).exits(0).json();
    let profiles = listed["profiles"].as_array().unwrap();
    let of = |name: &str| profiles.iter().find(|profile| profile["profile"] == name).unwrap();
    assert_eq!(of("small")["price"]["input"], 0.15);
    assert_eq!(of("small")["price"]["source"], "OpenAI, Pricing (2026-11)");
    assert_eq!(of("homemade")["price"], Value::Null, "an unknown price is no price");
    assert_eq!(of("tts_default")["can_be_asked"], false);
    assert!(!ran.stdout.contains("sk-of-a-person"));
}

#[test]
fn a_price_of_ones_own_is_told_with_where_it_was_found() {
    let home = with_key();
    home.write(
        "config.toml",
        "[models.profiles.homemade]\nprice = { input = 1, output = 2, source = \"their page, \\u001b2026-02-01\" }\n\
         [models.profiles.small]\nprice = { input = 1, output = 2 }\n",
    );
    let listed = home.cli(&["model", "list"]).exits(0).stdout;
    let row = |name: &str| listed.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    insta::assert_snapshot!(row("homemade"), @"homemade               chat       openai/never-heard-of          openai     third_party  $1.00  $1.00   $2.00   configuration: their page, ␛2026-02-01");
    assert!(row("small").ends_with("  configuration"), "{listed}");
    let resolved =
        home.cli_with_input(&["model", "resolve"], br#"{"id": 1, "task": "reply", "channel": "irc"}"#);
    assert_eq!(resolved.exits(0).json()["price"]["source"], "configuration");
    let listed = home.cli(&["model", "list", "--json"]).exits(0).json();
    let homemade = listed["profiles"].as_array().unwrap().iter().find(|row| row["profile"] == "homemade");
    assert_eq!(homemade.unwrap()["price"]["source"], "configuration: their page, \u{1b}2026-02-01");
}

#[test]
fn an_unknown_provider_is_blamed_on_the_profile_that_names_it_and_once() {
    let home = with_key();
    let mut config: Value = serde_json::from_str(&home.read("config.json")).unwrap();
    config["models"]["profiles"]["small"]["provider"] = json!("grok");
    home.write("config.json", config.to_string());
    let listed = home.cli(&["model", "list"]).exits(64).stdout;
    let refused: Vec<&str> = listed.lines().filter(|line| line.starts_with('!')).collect();
    insta::assert_snapshot!(refused.join("\n"), @r#"! profile small names provider "grok"; known are offline, openrouter, aihubmix, anthropic, openai, deepseek, gemini, zhipu, dashscope, moonshot, vllm, groq"#);
    assert!(
        home.daemon_that_ends().exits(64).one_line().starts_with("nanobotd: profile small names provider")
    );
}

#[test]
fn a_route_of_no_task_is_told_before_anybody_misses_it() {
    let home = with_key();
    let mut config: Value = serde_json::from_str(&home.read("config.json")).unwrap();
    config["models"]["routes"]["sub_agent"] = json!("small");
    home.write("config.json", config.to_string());
    let told = "models.routes.sub_agent is the route of no task; did you mean subagent?";
    assert_eq!(home.cli(&["config", "check"]).exits(0).one_line(), told);
    let status = home.cli(&["status"]).exits(0).stdout;
    assert!(status.contains(&format!("! models: {told}\n")), "{status}");
}

#[test]
fn the_routes_are_told_from_task_to_model() {
    let ran = with_key().cli(&["model", "route"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @"
    TASK        ROUTE                           PROFILE                SERVED BY  MODELS
    reply       assistant.reply                 assistant_default      openai     openai/gpt-4o, then openai/gpt-4o-mini
    summarise   memory.capture.extract          memory_capture_fast    openai     openai/gpt-4o-mini
    extract     memory.capture.extract          memory_capture_fast    openai     openai/gpt-4o-mini
    embed       memory.embed                    memory_embed_fast      -          openai/text-embedding-3-small
    describe    vision.describe_image           vision_whatsapp_cheap  -          google/gemini-2.5-flash-lite
    transcribe  asr.transcribe_audio            asr_default            -          whisper-large-v3
    speak       tts.speak                       tts_default            -          tts-1
    classify    memory.capture.extract          memory_capture_fast    openai     openai/gpt-4o-mini
    bulletin    memory.capture.extract          memory_capture_fast    openai     openai/gpt-4o-mini
    compact     memory.capture.extract          memory_capture_fast    openai     openai/gpt-4o-mini
    subagent    assistant.reply                 assistant_default      openai     openai/gpt-4o, then openai/gpt-4o-mini
    -           irc.assistant.reply             small                  openai     openai/gpt-4o-mini
    -           whatsapp.asr.transcribe_audio   asr_default            -          whisper-large-v3
    -           whatsapp.tts.speak              tts_default            -          tts-1
    -           whatsapp.vision.describe_image  vision_whatsapp_cheap  -          google/gemini-2.5-flash-lite
    ");
    let routes = with_key().cli(&["model", "route", "--json"]).exits(0).json();
    assert_eq!(
        routes["routes"][0],
        json!({
            "task": "reply", "route": "assistant.reply", "profile": "assistant_default",
            "chain": ["openai/gpt-4o", "openai/gpt-4o-mini"], "served_by": "openai", "stand_in": false,
        })
    );
}

#[test]
fn each_line_gets_its_model_or_its_error() {
    let home = with_key();
    let input = [
        r#"{"id": 1, "task": "reply"}"#,
        r#"{"id": 2, "task": "assistant.reply", "channel": "irc"}"#,
        r#"{"id": 3, "task": "asr.transcribe_audio", "channel": "whatsapp"}"#,
        r#"{"id": 4, "task": "dance"}"#,
        r#"{"id": 5}"#,
        r#"{"id": 6, "task": "embed", "channel": 7}"#,
    ]
    .join("\n");
    let ran = home.cli_with_input(&["model", "resolve"], input.as_bytes()).exits(65);
    insta::assert_snapshot!(ran.stdout, @r#"
    {"id":1,"profile":"assistant_default","provider":null,"model":"openai/gpt-4o","chain":["openai/gpt-4o","openai/gpt-4o-mini"],"kind":"chat","max_tokens":8192,"temperature":0.7,"timeout_ms":null,"served_by":"openai","served_model":"openai/gpt-4o","trust":"third_party","price":{"input":2.5,"output":10.0,"cached_input":1.25,"cache_write":2.5,"source":"OpenAI, Pricing (2026-11)"},"refused":null,"route":"assistant.reply"}
    {"id":2,"profile":"small","provider":null,"model":"openai/gpt-4o-mini","chain":["openai/gpt-4o-mini"],"kind":"chat","max_tokens":null,"temperature":null,"timeout_ms":null,"served_by":"openai","served_model":"openai/gpt-4o-mini","trust":"third_party","price":{"input":0.15,"output":0.6,"cached_input":0.075,"cache_write":0.15,"source":"OpenAI, Pricing (2026-11)"},"refused":null,"route":"irc.assistant.reply"}
    {"id":3,"profile":"asr_default","provider":"groq_whisper","model":"whisper-large-v3","chain":["whisper-large-v3"],"kind":"asr","max_tokens":null,"temperature":null,"timeout_ms":60000,"served_by":null,"served_model":null,"trust":null,"price":null,"refused":null,"route":"whatsapp.asr.transcribe_audio"}
    {"id":4,"error":{"code":"no_route","message":"No model route configured for task 'dance'"}}
    {"id":5,"error":{"code":"bad_input","message":"task must be a text"}}
    {"id":6,"error":{"code":"bad_input","message":"channel must be a text"}}
    "#);
    let nobody = Home::empty();
    let ran = nobody.cli_with_input(&["model", "resolve"], br#"{"id": 1, "task": "reply"}"#).exits(0);
    let said = ran.json();
    assert_eq!(
        (&said["model"], &said["chain"], &said["served_by"]),
        (&json!("anthropic/claude-opus-4-5"), &json!(["anthropic/claude-opus-4-5"]), &Value::Null)
    );
    assert!(!nobody.root().exists(), "no home is needed, and none is made");
}

#[test]
fn a_chain_that_leads_to_a_dearer_model_is_refused_everywhere() {
    let home = with_key();
    home.write("config.toml", "[models.profiles.small]\nfallback = [\"assistant_default\"]\n");
    let refusal = home.cli(&["config", "check"]).exits(64);
    insta::assert_snapshot!(refusal.one_line(), @"nanobot-cli: models.profiles.small.fallback: falling back from small (openai/gpt-4o-mini) to assistant_default (openai/gpt-4o) is refused: it is dearer on input: $2.50 against $0.15 for a million tokens; choose another fallback, or set allow_escalation");
    let checked = home.cli(&["config", "check", "--jsonl"]).exits(64).json();
    assert_eq!((&checked["accepted"], &checked["errors"][0]["path"]), (&json!(false), &json!("models")));
    let listed = home.cli(&["model", "list"]).exits(64);
    assert!(listed.stdout.contains("! models.profiles.small.fallback: "), "{}", listed.stdout);
    let doctor = home.cli(&["doctor"]).exits(1);
    assert!(doctor.stdout.contains("failed   models"), "{}", doctor.stdout);
    let with_leave = "[models.profiles.small]\nfallback = [\"assistant_default\"]\nallow_escalation = true\n";
    home.write("config.toml", with_leave);
    home.cli(&["config", "check"]).exits(0);
}

#[test]
fn doctor_tells_of_those_that_cannot_stand_in_and_of_unknown_prices_under_a_budget() {
    let home = with_key();
    let mut config: Value = serde_json::from_str(&home.read("config.json")).unwrap();
    config["models"]["profiles"]["asleep"] = json!({"kind": "chat", "model": "groq/x"});
    config["models"]["profiles"]["assistantDefault"]["model"] = json!("openai/never-heard-of");
    home.write("config.json", config.to_string());
    home.write(
        "config.toml",
        "[models.profiles.assistant_default]\nfallback = [\"asleep\"]\n[budget]\nday_dollars = 1\n",
    );
    let told = home.cli(&["doctor", "--json"]).json();
    let told = told["checks"].as_array().unwrap().iter().filter(|check| check["check"] == "models");
    let told: Vec<String> = told.map(|check| format!("{} -> {}", check["detail"], check["next"])).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "no account serves the model of profile asleep, a fallback of assistant_default" -> "nanobot-cli model list says more"
    "there is a budget, and nobody knows what openai/never-heard-of costs: it is not asked" -> "set models.profiles.assistant_default.price in config.toml"
    "#);
    let warnings = |text: &str| {
        let lines = text.lines().filter(|line| line.starts_with("! models: "));
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    let resting = warnings(&home.cli(&["status"]).exits(0).stdout);
    insta::assert_snapshot!(resting, @"
    ! models: no account serves the model of profile asleep, a fallback of assistant_default
    ! models: there is a budget, and nobody knows what openai/never-heard-of costs: it is not asked; set models.profiles.assistant_default.price in config.toml
    ");
    let checked = home.cli(&["config", "check"]).exits(0).stderr;
    assert!(checked.contains("there is a budget, and nobody knows"), "{checked}");
    let daemon = home.daemon();
    assert_eq!(warnings(&home.cli(&["status"]).exits(0).stdout), resting, "running");
    assert!(daemon.wait_for("there is a budget, and nobody knows").contains(r#""level":"WARN""#));
    daemon.stop();
}

#[test]
fn a_budget_that_no_answer_fits_into_is_told_before_and_by_the_chat() {
    let provider = FakeProvider::start(Script::Answer).unwrap();
    let home = Home::with_provider(&provider);
    home.write(
        "config.toml",
        "[budget]\nday_dollars = 0.004\n[models.profiles.assistant_default]\nprice = { input = 2, output = 8 }\n",
    );
    let told = home.cli(&["status"]).exits(0).stdout;
    let told: Vec<&str> = told.lines().filter(|line| line.starts_with("! models: ")).collect();
    insta::assert_snapshot!(told.join("\n"), @"! models: the longest answer of openai/fake-1 for reply, 8192 tokens, costs $0.065536, and the day budget is $0.004: it is not asked; lower models.profiles.assistant_default.max_tokens, or raise the budget in config.toml");
    let daemon = home.daemon();
    let ran = home.cli(&["chat", "-m", "hi"]).exits(1);
    let notice = ran.stderr.lines().last().unwrap();
    insta::assert_snapshot!(notice, @"⚠️ The longest possible answer costs more than the whole budget for models, so I do not ask for any. The owner has to raise the budget, or to allow shorter answers only (maxTokens).");
    assert_eq!(provider.requests().len(), 0);
    let logged = daemon.wait_for("\"message\":\"model call\"");
    assert!(
        logged.contains("the call may cost $0.0") && logged.contains("$0.004 are left of the day budget"),
        "{logged}"
    );
    daemon.stop();
}

#[test]
fn a_refusal_says_what_is_dearer_and_the_list_shows_both() {
    let home = Home::empty().with_variable("OPENAI_API_KEY", "k").with_variable("GROQ_API_KEY", "k");
    home.write(
        "config.json",
        json!({"models": {"profiles": {
            "assistantDefault": {"model": "openai/gpt-4.1", "provider": "openai"},
            "spare": {"kind": "chat", "model": "groq/llama-3.3-70b-versatile", "provider": "groq"},
        }}})
        .to_string(),
    );
    home.write("config.toml", "[models.profiles.assistant_default]\nfallback = [\"spare\"]\n");
    let listed = home.cli(&["model", "list"]).exits(64).stdout;
    let mut told = listed.lines().filter(|line| {
        ["PROFILE", "assistant_default ", "spare", "!"].iter().any(|start| line.starts_with(start))
    });
    let told: Vec<&str> = told.by_ref().collect();
    insta::assert_snapshot!(told.join("\n"), @"
    PROFILE                KIND       MODEL                          SERVED BY  TRUST        IN     CACHED  OUT    PRICE FROM
    assistant_default      chat       openai/gpt-4.1                 openai     third_party  $2.00  $0.50   $8.00  OpenAI, Pricing (2026-11)
    spare                  chat       groq/llama-3.3-70b-versatile   groq       third_party  $0.59  $0.59   $0.79  Groq, Pricing (2026-07)
    assistant_default falls back to spare
    ! models.profiles.assistant_default.fallback: falling back from assistant_default (openai/gpt-4.1) to spare (groq/llama-3.3-70b-versatile) is refused: it is dearer on cached input: $0.59 against $0.50 for a million tokens; choose another fallback, or set allow_escalation
    ");
    let listed = home.cli(&["model", "list", "--json"]).exits(64).json();
    let profiles = listed["profiles"].as_array().unwrap();
    let first = profiles.iter().find(|profile| profile["profile"] == "assistant_default").unwrap();
    assert_eq!((&first["trust"], &first["price"]["cached_input"]), (&json!("third_party"), &json!(0.5)));
    assert_eq!(first["can_be_asked"], false);
}

#[test]
fn without_an_account_the_stand_in_is_told() {
    let home = Home::empty();
    let shown = |command: &str| {
        let stdout = home.cli(&["model", command]).exits(0).stdout;
        let lines = stdout.lines().filter(|line| line.contains("stand-in"));
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(shown("list"), @"
    assistant_default      chat       anthropic/claude-opus-4-5      (stand-in)  -      -   -       -    -
    ! the offline stand-in answers chats: not a language model; set a provider key or run nanobot-cli onboard
    ");
    insta::assert_snapshot!(shown("route"), @"
    reply       assistant.reply                 assistant_default      (stand-in)  anthropic/claude-opus-4-5
    subagent    assistant.reply                 assistant_default      (stand-in)  anthropic/claude-opus-4-5
    ! the offline stand-in answers chats: not a language model; set a provider key or run nanobot-cli onboard
    ");
    let routes = home.cli(&["model", "route", "--json"]).exits(0).json();
    assert_eq!(
        (&routes["routes"][0]["stand_in"], &routes["routes"][0]["served_by"]),
        (&json!(true), &Value::Null)
    );
}

#[test]
fn a_question_says_who_answered_and_what_it_cost() {
    let (first, second) = providers(Script::Answer, Script::Answer);
    let home = with_two(&first, &second);
    let ran = home.cli(&["model", "test"]).exits(0);
    insta::assert_snapshot!(steady(&ran.stdout), @r#"
    answered   openai/first (openai, credential main)
    said       "pong from the fake provider"
    took       N ms until the first word, N ms in all
    tokens     12 read, 5 written
    cost       $0.000111
    "#);
    insta::assert_snapshot!(ran.one_line(), @"asking openai/first (openai), then groq/second (groq), which costs money ...");
    assert_eq!((first.requests().len(), second.requests().len()), (1, 0), "one question, one call");
    assert!(!home.has("journal"), "nothing is booked");
    assert!(!ran.stdout.contains(KEY));
}

#[test]
fn the_spare_answers_when_the_first_one_fails_and_both_are_told() {
    let (first, second) = providers(Script::Unauthorized, Script::Answer);
    let home = with_two(&first, &second);
    let ran = home.cli(&["model", "test"]).exits(1);
    insta::assert_snapshot!(steady(&ran.stdout), @r#"
    failed     openai/first (openai, credential main), after N ms: the provider refused the key: the provider answered 401 (invalid_api_key)
    answered   groq/second (groq, credential main)
    said       "pong from the fake provider"
    took       N ms until the first word, N ms in all
    tokens     12 read, 5 written
    cost       $0.000074
    not ok     another model had to stand in for the first one
    "#);
    let told = home.cli(&["model", "test", "--json"]).exits(1).json();
    let test = &told["tests"][0];
    assert_eq!(
        (&told["ok"], &test["profile"], &test["served_profile"], &test["error"]),
        (&json!(false), &json!("assistant_default"), &json!("spare"), &Value::Null)
    );
    let refused = "the provider refused the key: the provider answered 401 (invalid_api_key)";
    assert_eq!(test["attempts"][0]["message"], refused);
    let told = home.cli(&["model", "test", "--all", "--json"]).exits(1).json();
    assert_eq!((&told["ok"], told["tests"].as_array().unwrap().len()), (&json!(false), 2));
    assert_eq!((&told["tests"][0]["error"], &told["tests"][0]["message"]), (&json!("auth"), &json!(refused)));
    let answered = &told["tests"][1]["answered_by"];
    assert_eq!((&answered["provider"], &answered["outcome"]), (&json!("groq"), &json!("ok")));
    assert!(answered["took_ms"].is_u64() && answered["first_token_ms"].is_u64(), "{answered}");
    assert!(!ran.stdout.contains(KEY));
}

#[test]
fn a_question_without_a_model_is_not_run() {
    let home = Home::empty();
    let ran = home.cli(&["model", "test"]).exits(1);
    insta::assert_snapshot!(ran.stdout, @"NOT RUN: no account serves the model of profile assistant_default; set a provider key or run nanobot-cli onboard");
    let ran = home.cli(&["model", "test", "nobody"]).exits(1);
    assert!(ran.one_line().contains("there is no profile \"nobody\"; there are "), "{}", ran.stderr);
    let ran = home.cli(&["model", "test", "--task", "speak"]).exits(1);
    insta::assert_snapshot!(ran.one_line(), @"nanobot-cli: profile tts_default is not asked in words, so there is no question for it");
}

#[test]
fn open_circuits_are_shown_and_end_with_one() {
    let home = Home::empty();
    assert_eq!(
        home.cli(&["model", "health"]).exits(0).stdout,
        "there is no journal yet: no model was asked\n"
    );
    home.with_journal(async |_| {});
    assert_eq!(
        home.cli(&["model", "health"]).exits(0).stdout,
        "no provider is left alone: each is asked as usual\n"
    );
    let until = "2026-02-22T10:00:00Z".parse().unwrap();
    home.with_journal(async |journal| {
        let circuit = |name: &str, reason: &str, trips| OpenCircuit {
            name: name.to_owned(),
            until,
            trips,
            reason: reason.to_owned(),
        };
        journal.opened(&circuit("openai/main#0a1b2c3d", "auth", 1)).await.unwrap();
        journal.opened(&circuit("groq/second#none/openai/gpt-oss-20b", "overloaded", 3)).await.unwrap();
    });
    let ran = home.cli(&["model", "health"]).exits(1);
    insta::assert_snapshot!(home.redact(&ran.stdout), @"
    PROVIDER  CREDENTIAL  MODEL               STATE            UNTIL                REASON      TRIPS
    groq      second      openai/gpt-oss-20b  next call tries  TIME  overloaded  3
    openai    main        (all)               next call tries  TIME  auth        1
    ");
    let told = home.cli(&["model", "health", "--json"]).exits(1).json();
    assert_eq!(
        told["open"][1],
        json!({
            "provider": "openai", "credential": "main", "model": null, "state": "due",
            "until": "2026-02-22T10:00:00Z", "reason": "auth", "trips": 1,
        })
    );
}

#[test]
fn what_a_daemon_leaves_alone_is_seen_beside_it() {
    let (first, second) = providers(Script::Unauthorized, Script::Answer);
    let home = with_two(&first, &second);
    let daemon = home.daemon();
    home.cli(&["chat", "-m", "hi"]).exits(0);
    let told = home.cli(&["model", "health", "--json"]).exits(1).json();
    let open = &told["open"][0];
    assert_eq!(
        (&open["provider"], &open["credential"], &open["reason"], &open["state"]),
        (&json!("openai"), &json!("main"), &json!("auth"), &json!("open"))
    );
    assert!(
        daemon.wait_for(r#""message":"circuit""#).contains(r#""level":"WARN""#),
        "a person has to mend it"
    );
    let status = || {
        let stdout = home.redact(&home.cli(&["status"]).exits(0).stdout);
        let lines = stdout.lines().filter(|line| line.contains("circuit"));
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    let doctor = || {
        let stdout = home.redact(&home.cli(&["doctor"]).stdout);
        let lines = stdout.lines().skip_while(|line| !line.starts_with("warning  circuit")).take(2);
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    let (running, examined) = (status(), doctor());
    insta::assert_snapshot!(running, @r#"
    circuit   openai, key "main": left alone until TIME
    ! circuit: the provider refused the key; nanobot-cli model health says more
    "#);
    insta::assert_snapshot!(examined, @r#"
    warning  circuit   openai, key "main": left alone until TIME the provider refused the key
                       -> nanobot-cli model health says more
    "#);
    daemon.stop();
    assert_eq!((status(), doctor()), (running, examined), "of a home that nobody serves");
}
