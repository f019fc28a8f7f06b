//! The order of the layers, and what loading says about them.

use std::fs;

use serde_json::json;

use super::*;

/// A home with files, removed at the end.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("file");
        }
        Self(folder)
    }

    fn request(&self, variables: &[(&str, &str)]) -> LoadRequest {
        LoadRequest::new(Home::at(self.0.path(), None), variables.iter().copied().collect())
    }

    fn load(&self, variables: &[(&str, &str)]) -> Loaded {
        load(&self.request(variables)).expect("valid")
    }

    fn file(&self, name: &str) -> Origin {
        Origin::File(self.0.path().join(name))
    }
}

fn errors(result: Result<Loaded, ConfigErrors>) -> Vec<String> {
    let errors = result.expect_err("refused");
    assert_eq!(errors.exit_code(), 64);
    errors.iter().map(|error| format!("{}: {}", error.path, error.fault)).collect()
}

#[test]
fn each_layer_wins_over_the_one_below() {
    let folder = Folder::with(&[
        ("config.json", r#"{"gateway":{"port":2},"channels":{"telegram":{"token":"file"}}}"#),
        ("config.toml", "[log]\nfilter = \"toml\"\n"),
        (".env", "TELEGRAM_BOT_TOKEN=dotenv\nOPENAI_API_KEY=dotenv\n"),
    ]);
    let variables = [
        ("NANOBOT_GATEWAY__PORT", "1"),
        ("NANOBOT_GATEWAY__HOST", "h"),
        ("NANOBOT_LOG__FILTER", "variable"),
        ("OPENAI_API_KEY", "real"),
        ("OPENAI_BASE_URL", " https://b "),
    ];
    let loaded = folder.load(&variables);
    let config = &loaded.config;
    assert_eq!((config.gateway.port, config.gateway.host.as_str()), (2, "h"));
    assert_eq!(config.log.filter, "toml");
    assert_eq!(config.channels.telegram.token.expose(), "dotenv");
    let openai = config.providers.get("openai").expect("built in");
    assert_eq!((openai.api_key.expose().as_str(), openai.api_base.as_deref()), ("real", Some("https://b")));

    let variable = |name: &str| Origin::Variable(name.to_owned());
    let token = Origin::DotEnv("TELEGRAM_BOT_TOKEN".to_owned());
    for (path, origin) in [
        ("gateway.port", folder.file("config.json")),
        ("gateway.host", variable("NANOBOT_GATEWAY__HOST")),
        ("log.filter", folder.file("config.toml")),
        ("channels.telegram.token", token),
        ("providers.openai.apiKey", variable("OPENAI_API_KEY")),
        ("models.routes.\"assistant.reply\"", Origin::Default),
        ("bus.inboundMaxsize", Origin::Default),
    ] {
        assert_eq!(loaded.source_of(path), Some(&origin), "{path}");
    }
    assert_eq!(loaded.source_of("gateway.nothing"), None);

    let flags = Overrides::new().set("gateway.port", "3").set("memory.capture.channels", "[\"cli\"]");
    let loaded = load(&folder.request(&variables).with_overrides(flags)).expect("valid");
    assert_eq!(loaded.config.gateway.port, 3);
    assert_eq!(loaded.config.memory.capture.channels, ["cli"]);
    assert_eq!(loaded.source_of("gateway.port"), Some(&Origin::Flag));
}

#[test]
fn nothing_at_all_means_the_defaults() {
    let loaded = Folder::with(&[]).load(&[("NANOBOT_HOME", "/x"), ("NANOBOT_CASES", "/y")]);
    assert_eq!((loaded.config.daemon.drain_seconds, loaded.config.daemon.lane_queue.get()), (10, 64));
    assert_eq!(loaded.config.models.routes["tts.speak"], "tts_default");
    assert!(!loaded.config.channels.unguarded("irc"));
    assert!(loaded.unknown.is_empty() && loaded.warnings.is_empty());
    assert_eq!(loaded.sources, [Origin::Default]);
}

#[test]
fn a_network_is_unguarded_only_where_config_toml_says_so() {
    let folder = Folder::with(&[
        ("config.toml", "[channels.irc]\nunguarded = true\n[channels.whatsapp]\nunguarded = true\n"),
        ("config.json", r#"{"channels":{"telegram":{"unguarded":true}}}"#),
    ]);
    let loaded = folder.load(&[]);
    let channels = &loaded.config.channels;
    assert!(channels.unguarded("irc") && channels.unguarded("whatsapp"));
    assert!(!channels.unguarded("telegram") && !channels.unguarded("nowhere"));
    let unknown: Vec<(String, Option<&str>)> =
        loaded.unknown.iter().map(|unknown| (unknown.path.to_string(), unknown.hint.as_deref())).collect();
    assert_eq!(unknown, [("channels.telegram.unguarded".to_owned(), Some("belongs in config.toml"))]);
}

#[test]
fn faults_of_all_layers_are_reported_together() {
    let folder =
        Folder::with(&[("config.json", r#"{"gateway":{"port":-1}}"#), ("config.toml", "gateway = 1\nx = ")]);
    let all = errors(load(&folder.request(&[("NANOBOT_DAEMON__MAX_LANES", "few")])));
    assert_eq!(all.len(), 3, "{all:?}");
    assert_eq!(all[0], "daemon.max_lanes: expected an integer from 1 to 4294967295, found a text \"few\"");
    assert_eq!(all[1], "gateway.port: expected an integer from 0 to 65535, found a number -1");
    assert!(all[2].ends_with("at line 2, column 5"), "{}", all[2]);
}

#[test]
fn files_that_are_none_are_one_clear_fault() {
    let folder = Folder::with(&[]);
    let request = |name: &str| folder.request(&[]).with_config_file(Some(folder.0.path().join(name)));
    assert_eq!(errors(load(&request("missing.json"))), [": no such file"]);
    assert_eq!(errors(load(&request("."))), [": is a directory, not a file"]);
    fs::write(folder.0.path().join("bytes.json"), b"{\"a\":\n\xff}").expect("file");
    assert_eq!(errors(load(&request("bytes.json"))), [": bytes that are no UTF-8 at line 2, column 1"]);
    fs::write(folder.0.path().join("big.json"), " ".repeat(1024 * 1024 + 1)).expect("file");
    assert_eq!(errors(load(&request("big.json"))), [": holds more than 1048576 bytes"]);
}

#[test]
fn no_listing_shows_a_secret() {
    let folder = Folder::with(&[(
        "config.json",
        r#"{"providers":{"mine":{"apiKey":"sk-secret","extraHeaders":{"X-Key":"sk-secret"}}},
            "channels":{"telegram":{"token":"sk-secret","proxy":"http://u:sk-secret@h"}}}"#,
    )]);
    let loaded = folder.load(&[("GROQ_API_KEY", "sk-secret")]);
    let shown = loaded.show();
    assert_eq!(
        shown["providers"]["mine"],
        json!({ "apiKey": "[secret]", "extraHeaders": { "X-Key": "[secret]" } })
    );
    assert_eq!(shown["providers"]["openai"]["apiKey"], "");
    assert_eq!(shown["channels"]["telegram"]["unguarded"], false);
    for text in [shown.to_string(), format!("{loaded:?}"), format!("{:?}", loaded.config)] {
        assert!(!text.contains("sk-secret"), "{text}");
    }
}

#[test]
fn no_fault_quotes_an_address() {
    let address = "http://u:hunter2@h/?token=abc";
    let settings = json!({
        "channels": {
            "telegram": { "proxy": [address] },
            "discord": { "gatewayUrl": [address], "intents": address },
            "whatsapp": { "bridgeUrl": [address], "bridgePort": "u:hunter2@h:1", "enabled": address },
        },
        "providers": { "openai": { "apiBase": [address] }, "groq": address },
        "memory": { "mode": address },
        "models": { "routes": { "tts.speak": [address] } },
    });
    let folder = Folder::with(&[("config.json", &settings.to_string())]);
    let all = errors(load(&folder.request(&[("NANOBOT_GATEWAY__PORT", "//hunter2@h")])));
    assert_eq!(all.len(), 11, "{all:#?}");
    let route = json!({ "models": { "routes": { "tts.speak": address } } });
    let folder = Folder::with(&[("config.json", &route.to_string())]);
    let all = [all, errors(load(&folder.request(&[])))].concat().join("\n");
    assert!(!all.contains("hunter2") && !all.contains("abc"), "{all}");
}

#[test]
fn no_listing_shows_what_is_secret_in_an_address() {
    let settings = json!({
        "channels": { "whatsapp": { "bridgeUrl": "//me:sk-zzz@h/?sk-zzz" }, "discord": { "gatewayUrl": "wss://h/?k=sk-zzz" } },
        "providers": { "openai": { "apiBase": "https://u:sk-zzz@h/v1?key=sk-zzz&api-version=3#sk-zzz" } },
    });
    let loaded = Folder::with(&[("config.json", &settings.to_string())]).load(&[]);
    let shown = loaded.show();
    assert!(!shown.to_string().contains("sk-zzz"), "{shown:#}");
    assert_eq!(
        shown["providers"]["openai"]["apiBase"],
        "https://[secret]@h/v1?key=[secret]&api-version=[secret]#[secret]"
    );
    // What is built in is no secret.
    let shown = Folder::with(&[]).load(&[]).show();
    assert_eq!(shown["channels"]["discord"]["gatewayUrl"], "wss://gateway.discord.gg/?v=10&encoding=json");
}

#[test]
fn a_key_of_another_provider_is_borrowed_and_yields_to_an_own_one() {
    let folder = Folder::with(&[]);
    let key = |loaded: &Loaded| loaded.config.providers.get("aihubmix").expect("built in").api_key.clone();

    let loaded = folder.load(&[("OPENAI_API_KEY", "lent")]);
    assert_eq!(key(&loaded).expose(), "lent");
    assert!(loaded.key_is_borrowed("aihubmix") && !loaded.key_is_borrowed("openai"));
    assert!(!loaded.key_is_borrowed("groq") && !loaded.key_is_borrowed("nobody"));

    let own = [("OPENAI_API_KEY", "lent"), ("NANOBOT_PROVIDERS__AIHUBMIX__API_KEY", "own")];
    let loaded = folder.load(&own);
    assert_eq!(key(&loaded).expose(), "own");
    assert!(!loaded.key_is_borrowed("aihubmix"));

    for (text, expected) in [
        (r#"{"providers":{"aihubmix":{"apiKey":"own"}}}"#, "own"),
        (r#"{"providers":{"aihubmix":{"api_key":"own"},"openai":{"apiKey":"file"}}}"#, "own"),
        (r#"{"providers":{"aihubmix":{"apiKey":" "}}}"#, "lent"),
        (r#"{"providers":{"aihubmix":null}}"#, "lent"),
    ] {
        let folder = Folder::with(&[("config.json", text), (".env", "OPENAI_API_KEY=lent\n")]);
        let loaded = folder.load(&[]);
        assert_eq!(key(&loaded).expose(), expected, "{text}");
        assert_eq!(loaded.key_is_borrowed("aihubmix"), expected == "lent", "{text}");
        assert_eq!(loaded.config.providers.get("openai").expect("built in").api_key.expose(), "lent");
        let flags = Overrides::new().set("providers.aihubmix.apiKey", "flag");
        let loaded = load(&folder.request(&[]).with_overrides(flags)).expect("valid");
        assert_eq!((key(&loaded).expose().as_str(), loaded.key_is_borrowed("aihubmix")), ("flag", false));
    }
}

#[test]
fn routes_find_their_profiles_in_either_spelling() {
    let folder = Folder::with(&[(
        "config.json",
        r#"{"models":{"profiles":{"myFast":{"kind":"chat"},"fast_gpt4o":{"kind":"chat"}},
            "routes":{"assistant.reply":"myFast","tts.speak":"fast_gpt4o","memory.embed":"my_fast"}}}"#,
    )]);
    let models = folder.load(&[]).config.models;
    assert_eq!(models.routes["assistant.reply"], "my_fast");
    assert_eq!(models.routes["memory.embed"], "my_fast");
    assert_eq!(models.routes["tts.speak"], "fast_gpt4o");
    assert!(models.profiles.contains_key("my_fast") && models.profiles.contains_key("fast_gpt4o"));
}

#[test]
fn one_setting_in_two_spellings_is_refused() {
    let folder = Folder::with(&[(
        "config.json",
        r#"{"gateway":{"port":1},"bus":{"inboundMaxsize":1,"inbound_maxsize":2}}"#,
    )]);
    assert_eq!(
        errors(load(&folder.request(&[]))),
        ["bus.inbound_maxsize: the same setting as \"inboundMaxsize\", given twice"]
    );
}

#[test]
fn what_gives_way_to_a_default_is_a_warning() {
    let folder = Folder::with(&[("config.json", r#"{"configVersion":3,"security":{"stages":false}}"#)]);
    let loaded = folder.load(&[]);
    assert!(loaded.config.security.stages.input);
    let warnings: Vec<String> =
        loaded.warnings.iter().map(|warning| format!("{}: {}", warning.path, warning.message)).collect();
    assert_eq!(
        warnings,
        [
            "configVersion: version 3 is newer than this program",
            "security.stages: expected an object, found a boolean; the defaults are used",
        ]
    );
}

#[test]
fn a_line_of_the_variables_file_that_leads_to_nothing_is_told_without_its_text() {
    let folder = Folder::with(&[(".env", "export OPENAI_API_KEY=sk-secret\nGROQ_API_KEY=gsk\n")]);
    let loaded = folder.load(&[]);
    let said: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let expected = "line 1 is ignored: export is not understood; write NAME=value";
    assert_eq!(said, [format!("{}: {expected}", folder.file(".env"))]);
    assert!(loaded.source_of("providers.groq.api_key").is_some_and(|origin| *origin != Origin::Default));
}

const MODELS_JSON: &str = r#"{"models":{
    "profiles":{"big":{"kind":"chat","model":"m","fallback":["myFast"],"cooldownSeconds":5},"myFast":{"kind":"chat"}},
    "routes":{"assistant.reply":"big"}
}}"#;

const MODELS_TOML: &str = r#"
    [models.profiles.big]
    cooldown_seconds = 90
    allow_escalation = true
    trust = "own_account"
    context_tokens = 200000
    price = { input = 3, output = 15.5, source = "price list, 2026-02-01" }
    [models.profiles.assistant_default]
    fallback = ["big", "myFast"]
    [models.chats."telegram:AbC"]
    reply = "myFast"
    "vision.describeImage" = "big"
    [providers.openai]
    keys = { second = "sk-secret" }
    concurrency = 2
    [model]
    patience_seconds = 60
    after_first_token = "tell"
    max_attempts = 3
    [budget]
    day_dollars = 5
    tasks = { reply = 2.5 }
    [telemetry]
    otlp_endpoint = "http://me:sk-secret@127.0.0.1:4318"
    [api]
    bind = "127.0.0.1:0"
"#;

#[test]
fn both_files_together_describe_a_profile() {
    let folder = Folder::with(&[("config.json", MODELS_JSON), ("config.toml", MODELS_TOML)]);
    let loaded = folder.load(&[]);
    assert!(loaded.unknown.is_empty(), "{:?}", loaded.unknown);
    let models = &loaded.config.models;
    let big = &models.profiles["big"];
    assert_eq!((big.model.as_deref(), big.cooldown_seconds, big.allow_escalation), (Some("m"), 90, true));
    assert_eq!(
        (big.trust, big.context_tokens),
        (Some(crate::settings::TrustClass::OwnAccount), Some(200_000))
    );
    let price = big.price.as_ref().expect("a price");
    assert_eq!((price.input, price.output, price.cached_input), (3.0, 15.5, None));
    assert_eq!(big.fallback, ["my_fast"], "the spelling of the profile itself");
    assert_eq!(models.profiles["assistant_default"].fallback, ["big", "my_fast"]);
    let chat = &models.chats["telegram:AbC"];
    assert_eq!((chat["reply"].as_str(), chat["vision.describe_image"].as_str()), ("my_fast", "big"));
    let openai = loaded.config.providers.get("openai").expect("built in");
    let keys: Vec<(&str, &str)> = openai
        .keys
        .iter()
        .flat_map(crate::settings::Headers::iter)
        .map(|(n, k)| (n, k.expose().as_str()))
        .collect();
    assert_eq!((keys, openai.concurrency.get()), (vec![("second", "sk-secret")], 2));
    let calls = &loaded.config.model;
    assert_eq!((calls.patience_seconds, calls.max_attempts.get()), (60, 3));
    assert_eq!(calls.after_first_token, crate::settings::AfterFirstToken::Tell);
    assert_eq!((loaded.config.budget.day_dollars, loaded.config.budget.tasks["reply"]), (Some(5.0), 2.5));

    let toml = folder.file("config.toml");
    for (path, origin) in [
        ("models.profiles.big.cooldownSeconds", &toml),
        ("models.profiles.big.price.input", &toml),
        ("models.profiles.big.fallback", &folder.file("config.json")),
        ("models.profiles.myFast.cooldown_seconds", &Origin::Default),
        ("models.chats.\"telegram:AbC\".reply", &toml),
        ("budget.month_dollars", &Origin::Default),
        ("api.enabled", &Origin::Default),
        ("api", &toml),
        ("log.filter", &Origin::Default),
        ("channels.irc.port", &Origin::Default),
    ] {
        assert_eq!(loaded.source_of(path), Some(origin), "{path}");
    }
    for nothing in
        ["models.profiles.nobody.fallback", "models.chats.x", "budget.nothing", "budget.tasks.embed"]
    {
        assert_eq!(loaded.source_of(nothing), None, "{nothing}");
    }
}

#[test]
fn a_file_of_the_original_that_wants_no_cooldown_is_taken_as_it_is() {
    for none in ["0", "0.0", r#""0""#] {
        let file = MODELS_JSON.replace("\"cooldownSeconds\":5", &format!("\"cooldownSeconds\":{none}"));
        let loaded = Folder::with(&[("config.json", file.as_str())]).load(&[]);
        assert_eq!(loaded.config.models.profiles["big"].cooldown_seconds, 0, "{none}");
        assert_eq!(loaded.show().pointer("/models/profiles/big/cooldownSeconds"), Some(&json!(0)), "{none}");
    }
}

#[test]
fn nothing_set_means_the_defaults_of_our_own_keys_too() {
    let loaded = Folder::with(&[]).load(&[]);
    let config = &loaded.config;
    let profile = &config.models.profiles["assistant_default"];
    assert_eq!((profile.cooldown_seconds, profile.allow_escalation, profile.trust), (60, false, None));
    assert!(profile.fallback.is_empty() && profile.price.is_none() && config.models.chats.is_empty());
    let groq = config.providers.get("groq").expect("built in");
    assert!(groq.keys.is_none() && groq.concurrency.get() == 16);
    assert_eq!((config.model.patience_seconds, config.model.max_attempts.get()), (180, 8));
    assert_eq!((config.budget.day_dollars, config.budget.background_share), (None, 0.8));
    assert!(config.telemetry.enabled && config.telemetry.otlp_endpoint.is_none());
    assert_eq!(config.telemetry.service_name, "nanobot");
    assert_eq!(
        (config.api.enabled, config.api.bind.as_str(), config.api.allow_remote),
        (true, "127.0.0.1:8080", false)
    );
    let home = Home::at("/n", None);
    assert_eq!(home.api_token(config), Path::new("/n/api.token"));
    let other = Folder::with(&[("config.toml", "[api]\ntoken_file = \"secrets/api\"\n")]).load(&[]);
    assert_eq!(home.api_token(&other.config), Path::new("/n/secrets/api"));
}

#[test]
fn our_own_keys_are_listed_with_their_defaults_and_exposed_only_where_they_are_set() {
    let folder = Folder::with(&[("config.json", MODELS_JSON), ("config.toml", MODELS_TOML)]);
    let shown = folder.load(&[]).show();
    assert!(!shown.to_string().contains("sk-secret"), "{shown:#}");
    let at = |pointer: &str| shown.pointer(pointer).cloned().unwrap_or(json!("nothing"));
    for (pointer, value) in [
        ("/providers/openai/keys", json!({ "second": "[secret]" })),
        ("/providers/groq/concurrency", json!(16)),
        ("/models/profiles/myFast/cooldownSeconds", json!(60)),
        ("/models/chats", json!({ "telegram:AbC": { "reply": "my_fast", "vision.describeImage": "big" } })),
        ("/telemetry/otlpEndpoint", json!("http://[secret]@127.0.0.1:4318")),
        ("/budget/backgroundShare", json!(0.8)),
    ] {
        assert_eq!(at(pointer), value, "{pointer}");
    }
    let nothing = Folder::with(&[]).load(&[]);
    let exposed = nothing.expose();
    for pointer in [
        "/budget",
        "/telemetry",
        "/api",
        "/model",
        "/models/chats",
        "/models/profiles/assistant_default/fallback",
        "/providers/openai/concurrency",
        "/channels/irc",
    ] {
        assert_eq!(exposed.pointer(pointer), None, "{pointer}");
    }
}

#[test]
fn variables_set_our_own_keys_below_the_files() {
    let folder = Folder::with(&[
        ("config.toml", "[providers.openai]\nconcurrency = 3\n"),
        (".env", "NANOBOT_PROVIDERS__OPENAI__KEYS__SECOND=sk-secret\n"),
    ]);
    let loaded = folder.load(&[
        ("NANOBOT_BUDGET__DAY_DOLLARS", "2.5"),
        ("NANOBOT_BUDGET__TASKS__REPLY", "1"),
        ("NANOBOT_API__ENABLED", "no"),
        ("NANOBOT_TELEMETRY__OTLP_ENDPOINT", "http://127.0.0.1:4318"),
        ("NANOBOT_MODEL__AFTER_FIRST_TOKEN", "finish"),
        ("NANOBOT_PROVIDERS__OPENAI__CONCURRENCY", "9"),
        ("NANOBOT_MODELS__PROFILES__ASSISTANT_DEFAULT__COOLDOWN_SECONDS", "7"),
        ("NANOBOT_MODELS__PROFILES__ASSISTANT_DEFAULT__FALLBACK", "[\"subagent_default\"]"),
        ("NANOBOT_MODELS__PROFILES__ASSISTANT_DEFAULT__PRICE__INPUT", "1"),
        ("NANOBOT_MODELS__PROFILES__ASSISTANT_DEFAULT__PRICE__OUTPUT", "2"),
        ("NANOBOT_MODELS__CHATS", "{\"irc:#Garden\": {\"reply\": \"subagent_default\"}}"),
    ]);
    let config = &loaded.config;
    assert_eq!(
        (config.budget.day_dollars, config.budget.tasks["reply"], config.api.enabled),
        (Some(2.5), 1.0, false)
    );
    let openai = config.providers.get("openai").expect("built in");
    assert_eq!(openai.concurrency.get(), 3, "the file wins");
    assert_eq!(openai.keys.iter().flat_map(crate::settings::Headers::iter).count(), 1);
    let profile = &config.models.profiles["assistant_default"];
    assert_eq!((profile.cooldown_seconds, profile.fallback.len()), (7, 1));
    assert!(profile.price.as_ref().is_some_and(|price| (price.input, price.output) == (1.0, 2.0)));
    assert_eq!(config.models.chats["irc:#Garden"]["reply"], "subagent_default");
}

#[test]
fn names_of_profiles_are_judged_across_the_files_and_blamed_on_the_right_one() {
    let folder = Folder::with(&[
        ("config.json", r#"{"models":{"profiles":{"big":{"kind":"chat"}}}}"#),
        (
            "config.toml",
            "[models.profiles.big]\nfallback = [\"gone\"]\n[models.profiles.bigg]\ntrust = \"own_account\"\n\
             [models.chats.\"irc:#a\"]\nreply = \"gone\"\n",
        ),
    ]);
    let refused = load(&folder.request(&[])).expect_err("refused");
    let toml = folder.file("config.toml");
    let unknown = "names the profile \"gone\", which models.profiles does not define";
    let said: Vec<String> = refused.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            format!(
                "{toml}: models.profiles.bigg.kind: required in config.json, but missing there: config.toml only \
                 adds to a profile"
            ),
            format!("{toml}: models.profiles.big.fallback: {unknown}"),
            format!("{toml}: models.chats.irc:#a.reply: {unknown}"),
        ]
    );
}

#[test]
fn a_provider_that_nobody_has_gets_no_further_key() {
    let with = |json: &str, toml: &str| Folder::with(&[("config.json", json), ("config.toml", toml)]);
    let key = "[providers.opnai.keys]\nsecond = \"sk-hunter2\"\n";
    let folder = with("{}", key);
    let refused = load(&folder.request(&[])).expect_err("refused").to_string();
    assert_eq!(
        refused,
        format!(
            "{}: providers.opnai: config.json defines no such provider, and none is built in; did you mean `openai`?",
            folder.file("config.toml")
        )
    );
    let defined = with(r#"{"providers":{"opnai":{"apiBase":"http://127.0.0.1:9/v1"}}}"#, key).load(&[]);
    assert!(defined.config.providers.get("opnai").is_some_and(|provider| provider.keys.is_some()));
    with("{}", &key.replace("opnai", "openai")).load(&[]);
}

#[test]
fn a_misspelt_key_in_config_json_is_kept_with_what_may_be_meant() {
    let loaded = Folder::with(&[(
        "config.json",
        r#"{"provider":{},"budgets":{},"models":{"profiles":{"big":{"kind":"chat","fallbacks":[]}}},"shiny":1}"#,
    )])
    .load(&[]);
    let hints: Vec<(String, Option<&str>)> =
        loaded.unknown.iter().map(|unknown| (unknown.path.to_string(), unknown.hint.as_deref())).collect();
    assert_eq!(
        hints,
        [
            ("provider".to_owned(), Some("perhaps `providers` was meant")),
            ("budgets".to_owned(), Some("perhaps `budget` of config.toml was meant")),
            ("models.profiles.big.fallbacks".to_owned(), Some("perhaps `fallback` was meant")),
            ("shiny".to_owned(), None),
        ]
    );
}

#[test]
fn the_layers_with_secrets_are_known_whichever_secret_counts() {
    let folder = Folder::with(&[
        ("config.json", r#"{"providers":{"openai":{"apiKey":"sk-1"},"groq":{"apiKey":" "}}}"#),
        ("config.toml", "[providers.openai.keys]\nsecond = \"sk-2\"\n"),
    ]);
    let loaded = folder.load(&[("OPENAI_API_KEY", "sk-3"), ("NANOBOT_GATEWAY__PORT", "7")]);
    let variable = Origin::Variable("OPENAI_API_KEY".to_owned());
    assert_eq!(loaded.with_secrets, [folder.file("config.json"), folder.file("config.toml"), variable]);
    let none = Folder::with(&[("config.toml", "[log]\nfilter = \"warn\"\n")]);
    assert_eq!(none.load(&[]).with_secrets, []);
}
