//! Traces of the real daemon: what a collector gets of a turn, what it never gets, and that nobody waits for it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nanobot_tests::fake_vendor::{Entry, FakeOptions, FakeVendor, Mood};
use nanobot_tests::{Collector, CollectorMood, SentSpan};
use serde_json::json;

use super::harness::{Home, complaints};

/// How long something that must happen may take. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);
/// A stop with a collector that hangs: the two seconds that it gets, and the rest of the end. An export by itself would
/// take ten.
const STOP_LIMIT: Duration = Duration::from_secs(8);

/// Keys of the two vendors.
const NORTH_KEY: &str = "sk-north-5f2c9a1be07d4";
const SOUTH_KEY: &str = "sk-south-81b3aa6c42f9";
/// What a person writes, and a file that a tool lists.
const PRIVATE: &str = "heliotrope";
const FILE: &str = "marzipan.txt";
/// A tool that nobody has, as a model may call one that was told so.
const INVENTED: &str = "diary_of_anna";

/// Two vendors; the daemon asks the second one when the first one refuses.
struct Vendors {
    north: FakeVendor,
    south: FakeVendor,
}

impl Vendors {
    fn start() -> Self {
        let start = |name| FakeVendor::start(FakeOptions::named(name)).unwrap();
        Self { north: start("north"), south: start("south") }
    }

    /// A home whose spans go to that endpoint. Its log keeps to the start and to warnings: spans leave all the same.
    fn home(&self, endpoint: &str) -> Home {
        let home = Home::empty();
        let settings = json!({
            "configVersion": 2,
            "agents": {"defaults": {"model": "openai/north-1"}},
            "models": {"profiles": {
                "assistantDefault": {"kind": "chat"},
                "standIn": {"kind": "chat", "model": "deepseek/south-1"},
            }},
            "providers": {
                "openai": {"apiKey": NORTH_KEY, "apiBase": self.north.base()},
                "deepseek": {"apiKey": SOUTH_KEY, "apiBase": self.south.base()},
            },
        });
        home.write("config.json", settings.to_string());
        let own = format!(
            "[models.profiles.assistant_default]\nfallback = [\"stand_in\"]\n\
             price = {{ input = 3, output = 15 }}\n\
             [models.profiles.stand_in]\nprice = {{ input = 1, output = 5 }}\n\
             [telemetry]\notlp_endpoint = \"{endpoint}\"\nservice_name = \"garden\"\n\
             [log]\nfilter = \"warn,nanobotd::program=info\"\n"
        );
        home.write("config.toml", own);
        home.write(&format!("workspace/{FILE}"), "");
        home
    }
}

/// The spans of a name, oldest first.
fn named<'a>(spans: &'a [SentSpan], name: &str) -> Vec<&'a SentSpan> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// An attempt as a collector sees it: provider, model, number, outcome, tokens read and written.
fn attempt(span: &SentSpan) -> [&str; 6] {
    [
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "nanobot.attempt",
        "nanobot.outcome",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
    ]
    .map(|name| span.attribute(name))
}

/// What a vendor charged for an answer.
fn tokens(entry: &Entry) -> (String, String) {
    (entry.input_tokens.to_string(), entry.output_tokens.to_string())
}

#[test]
fn a_turn_is_one_tree_and_names_every_attempt_as_the_vendors_counted_it() {
    let (collector, vendors) = (Collector::start(CollectorMood::Takes).unwrap(), Vendors::start());
    vendors.north.set_mood(Mood::ExpiredKey);
    let home = vendors.home(&collector.endpoint());
    let daemon = home.daemon();
    let turn = home.talk().ask(&format!("{PRIVATE} [call list_dir {{\"path\": \".\"}}]"));
    assert_eq!((turn.tools.as_slice(), turn.outcome.as_str()), (&["list_dir".to_owned()][..], "answered"));
    let answer = turn.delivered.concat();
    assert!(answer.contains(PRIVATE), "{answer}");
    let log = daemon.stop();
    assert!(log.iter().all(|line| !line.contains("lost")), "{log:#?}");

    // The stop has sent all of it.
    let (spans, resource) = collector.spans();
    let wanted = [("service.name", "garden"), ("service.version", env!("CARGO_PKG_VERSION"))];
    let wanted: BTreeMap<String, String> =
        wanted.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(resource, wanted);
    let [root] = named(&spans, "turn.run")[..] else { panic!("one turn: {spans:#?}") };
    assert!(root.parent.is_empty());
    assert_eq!((root.attribute("nanobot.channel"), root.attribute("nanobot.outcome")), ("cli", "answered"));
    for span in &spans {
        let is_sending = span.name == "channel.send";
        assert!(is_sending || span.trace == root.trace, "{span:?}");
        assert!(is_sending || span.id == root.id || span.parent == root.id, "{span:?}");
        assert_eq!(span.extras, 0, "{span:?}");
    }

    let (north, south) = (vendors.north.ledger(), vendors.south.ledger());
    assert_eq!((north.entries.len(), south.entries.len()), (1, 2));
    let (calling, saying) = (tokens(&south.entries[0]), tokens(&south.entries[1]));
    let attempts = named(&spans, "llm.request");
    assert_eq!(
        attempts.iter().map(|span| attempt(span)).collect::<Vec<_>>(),
        [
            ["openai", "openai/north-1", "1", "auth", "", ""],
            ["deepseek", "deepseek/south-1", "2", "ok", &calling.0, &calling.1],
            ["deepseek", "deepseek/south-1", "1", "ok", &saying.0, &saying.1],
        ]
    );
    assert!(attempts.iter().all(|span| span.attribute("nanobot.task") == "reply"));
    let errors: Vec<(&str, bool)> =
        attempts.iter().map(|span| (span.attribute("error.type"), span.has_failed)).collect();
    assert_eq!(errors, [("auth", true), ("", false), ("", false)]);

    let [tool] = named(&spans, "tool.call")[..] else { panic!("one tool: {spans:#?}") };
    assert_eq!((tool.attribute("gen_ai.tool.name"), tool.attribute("nanobot.outcome")), ("list_dir", "ok"));
    let decisions = named(&spans, "policy.evaluate");
    assert!(!decisions.is_empty());
    assert!(decisions.iter().all(|span| span.attribute("nanobot.outcome") == "answer"), "{decisions:#?}");
    let [sending] = named(&spans, "channel.send")[..] else { panic!("one answer: {spans:#?}") };
    let turn = root.attribute("nanobot.turn");
    assert!(!turn.is_empty() && sending.attribute("nanobot.turn") == turn, "{sending:?}");
    assert_eq!(
        ["nanobot.channel", "nanobot.attempt", "nanobot.bytes", "nanobot.outcome"]
            .map(|name| sending.attribute(name)),
        ["cli", "1", &answer.len().to_string(), "delivered"]
    );
}

#[test]
fn what_was_said_listed_or_kept_secret_does_not_leave() {
    let (collector, vendors) = (Collector::start(CollectorMood::Takes).unwrap(), Vendors::start());
    vendors.north.set_mood(Mood::ExpiredKey);
    let home =
        vendors.home(&collector.endpoint()).with_variable("OTEL_EXPORTER_OTLP_HEADERS", "x-garden=open");
    // The most talkative log: what is a line there is no event here.
    home.write("config.toml", home.read("config.toml").replace("warn,nanobotd::program=info", "trace"));
    let daemon = home.daemon();
    let mut talk = home.talk();
    assert_eq!(talk.ask(&format!("{PRIVATE} [call list_dir {{\"path\": \".\"}}]")).outcome, "answered");
    // The model invents a name, which may be somebody's word.
    assert_eq!(talk.ask(&format!("[call {INVENTED} {{}}]")).outcome, "answered");
    let asked = |tool: &str| format!("[call {tool} ");
    assert!(vendors.south.ledger().entries.iter().any(|entry| entry.mark.contains(&asked(INVENTED))));
    daemon.stop();

    let (spans, _) = collector.spans();
    let tools: Vec<_> = named(&spans, "tool.call")
        .iter()
        .map(|span| [span.attribute("gen_ai.tool.name"), span.attribute("nanobot.outcome")])
        .collect();
    assert!(tools.iter().all(|tool| matches!(tool, ["list_dir", "ok"] | ["unknown", "failed"])), "{tools:?}");
    let home_folder = home.root().display().to_string();
    let secrets = [PRIVATE, INVENTED, FILE, " answers: ", "sk-north", "sk-south", &home_folder];
    let requests = collector.requests();
    assert!(!requests.is_empty());
    let holds = |body: &[u8], text: &str| body.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(requests.iter().any(|request| holds(&request.body, "deepseek/south-1")), "names can be found");
    for request in &requests {
        assert_eq!(request.header("x-garden"), Some("open"));
        let head = format!("{} {:?}", request.path, request.headers);
        for secret in secrets {
            assert!(!holds(&request.body, secret) && !head.contains(secret), "{secret:?} left");
        }
    }
}

#[test]
fn an_attempt_that_a_person_stops_ends_as_cancelled() {
    let (collector, vendors) = (Collector::start(CollectorMood::Takes).unwrap(), Vendors::start());
    vendors.north.set_mood(Mood::HangBeforeFirstByte);
    let home = vendors.home(&collector.endpoint());
    let daemon = home.daemon();
    let mut talk = home.talk();
    talk.send("are you there?");
    assert!(vendors.north.wait_for(LIMIT, |book| book.open == 1));
    talk.say(&json!({"t": "cancel", "chat": "default"}));
    assert_eq!(talk.follow().outcome, "cancelled");
    daemon.stop();
    let (spans, _) = collector.spans();
    let [stopped] = named(&spans, "llm.request")[..] else { panic!("one attempt: {spans:#?}") };
    assert_eq!(attempt(stopped), ["openai", "openai/north-1", "1", "cancelled", "", ""]);
    assert!(!stopped.has_failed);
    let [turn] = named(&spans, "turn.run")[..] else { panic!("one turn: {spans:#?}") };
    assert_eq!((turn.attribute("nanobot.outcome"), &stopped.parent), ("cancelled", &turn.id));
}

#[test]
fn a_collector_that_hangs_holds_up_neither_a_turn_nor_the_stop() {
    let (collector, vendors) = (Collector::start(CollectorMood::Hangs).unwrap(), Vendors::start());
    let home = vendors.home(&collector.endpoint());
    let daemon = home.daemon();
    assert_eq!(home.talk().ask("good morning").outcome, "answered");
    let began = Instant::now();
    let log = daemon.stop();
    assert!(began.elapsed() < STOP_LIMIT, "{:?}", began.elapsed());
    assert!(collector.wait_for_request(Duration::ZERO), "it was asked");
    let complaints = complaints(&log);
    assert!(
        complaints.iter().any(|line| line["message"] == "the last traces are lost"
            && line["error"] == "traces were not flushed within 2s"),
        "{complaints:#?}"
    );
}

#[test]
fn a_collector_that_is_away_costs_a_warning_which_does_not_quote_its_address() {
    let vendors = Vendors::start();
    // A port that was free a moment ago.
    let gone = Collector::start(CollectorMood::Takes).unwrap().endpoint();
    let home = vendors.home(&gone.replace("http://", "http://me:pa55-9d0f7c21e6b4@"));
    home.write("config.toml", home.read("config.toml").replace("warn,nanobotd::program=info", "trace"));
    let daemon = home.daemon();
    assert_eq!(home.talk().ask("good morning").outcome, "answered");
    let log = daemon.stop();
    let complaints = complaints(&log);
    assert!(!complaints.is_empty() && complaints.len() <= 2, "{complaints:#?}");
    assert!(complaints.iter().all(|line| line["message"].as_str().unwrap().contains("lost")));
    assert!(log.iter().all(|line| !line.contains("pa55-9d0f")), "{log:#?}");
}

#[test]
fn without_telemetry_nothing_is_sent() {
    let (collector, vendors) = (Collector::start(CollectorMood::Takes).unwrap(), Vendors::start());
    let home = vendors.home(&collector.endpoint());
    let off = home.read("config.toml").replace("[telemetry]\n", "[telemetry]\nenabled = false\n");
    home.write("config.toml", off);
    let daemon = home.daemon();
    assert_eq!(home.talk().ask("good morning").outcome, "answered");
    daemon.stop();
    assert!(collector.requests().is_empty());
}

#[test]
fn an_address_that_is_none_ends_the_start_and_is_found_beforehand() {
    let home = Home::empty();
    home.write("config.toml", "[telemetry]\notlp_endpoint = \"me:pa55@collector:4318\"\n");
    let ran = home.daemon_that_ends().exits(64);
    insta::assert_snapshot!(ran.one_line(), @"nanobotd: telemetry.otlp_endpoint is not an http or https address; expected something like http://127.0.0.1:4318");
    assert!(!home.has("var"), "something was opened");
    let checked = home.cli(&["config", "check"]).exits(64);
    insta::assert_snapshot!(checked.one_line(), @"nanobot-cli: telemetry.otlp_endpoint is not an http or https address; expected something like http://127.0.0.1:4318");
    let report = home.cli(&["doctor", "--json"]).exits(1).json();
    let told = report["checks"].as_array().unwrap().iter().find(|check| check["state"] == "failed").unwrap();
    assert_eq!((&told["check"], &told["next"]), (&json!("config"), &json!("nanobot-cli config check")));
    assert!(told["detail"].as_str().unwrap().starts_with("telemetry.otlp_endpoint is not"), "{told}");
}
