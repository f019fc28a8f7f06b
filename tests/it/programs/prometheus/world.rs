//! A daemon on IRC whose models are two fake vendors: a first choice, its stand-in, one that breaks off, and one that no
//! budget has room for.

use std::net::SocketAddr;
use std::path::PathBuf;

use nanobot_tests::fake_vendor::{FakeOptions, FakeVendor, Mood, Rule, TokenPrices};
use nanobot_tests::irc::Ngircd;
use serde_json::{Value, json};

use super::super::harness::irc::{BOT, GARDEN, Person, source};
use super::super::harness::{Daemon, Home};
use super::plain_http::get;

/// The key that the first vendor knows.
pub(super) const KEY: &str = "sk-north-0123456789abcdefABCDEF";
/// One that it does not know any more.
const EXPIRED: &str = "sk-north-fedcba9876543210FEDCBA";

/// The first choice.
pub(super) const NORTH: &str = "openai/north-1";
/// Its stand-in.
pub(super) const SOUTH: &str = "deepseek/south-1";
/// A model of the first vendor that breaks off in the middle of every answer, in the vendor's words.
const TORN: &str = "north-torn";

/// A daemon that serves metrics. Everything of it ends when this is dropped.
pub(super) struct World {
    pub(super) north: FakeVendor,
    pub(super) south: FakeVendor,
    pub(super) home: Home,
    /// Killed before the server goes.
    pub(super) daemon: Option<Daemon>,
    pub(super) api: SocketAddr,
    server: Ngircd,
}

impl World {
    /// The daemon in the garden. Mallory is blocked, dimi is the owner.
    pub(super) async fn awake() -> Self {
        let server = Ngircd::start().await.unwrap();
        let north = FakeVendor::start(FakeOptions {
            credentials: vec![KEY.to_owned()],
            usual_prices: TokenPrices { input: 3_000, output: 15_000 },
            ..FakeOptions::named("north")
        });
        let (north, south) = (north.unwrap(), FakeVendor::start(FakeOptions::named("south")).unwrap());
        let home = Home::empty();
        home.write("config.json", settings(&north, &south).to_string());
        home.write("config.toml", own_settings(server.port()));
        let blocked = json!({"blockedSenders": {"senders": [source("mallory")]}});
        let policy = json!({
            "owners": {"irc": [source("dimi")]},
            "defaults": {},
            "channels": {"irc": {"default": blocked}},
        });
        home.write("policy.json", policy.to_string());
        north_is(&north, Mood::Healthy);
        let mut witness = Person::enters(server.address(), "witness").await;
        let daemon = home.daemon();
        let api = listens_at(&daemon);
        witness.sees_bot_come().await;
        Self { north, south, home, daemon: Some(daemon), api, server }
    }

    /// From now on the first vendor is like this, except where it breaks off.
    pub(super) fn north_is(&self, mood: Mood) {
        north_is(&self.north, mood);
    }

    /// Somebody who is in the garden.
    pub(super) async fn person(&self, nick: &str) -> Person {
        Person::enters(self.server.address(), nick).await
    }

    /// The file with the API's token, which the daemon has made.
    pub(super) fn token_file(&self) -> PathBuf {
        self.home.path("api.token")
    }

    /// What a scrape gets.
    #[track_caller]
    pub(super) fn exposition(&self) -> String {
        let token = self.home.read("api.token");
        let bearer = format!("Authorization: Bearer {}", token.trim());
        let answer = get(self.api, "/metrics", &[&format!("Host: {}", self.api), &bearer]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }
}

fn north_is(north: &FakeVendor, mood: Mood) {
    north.set_rules(vec![Rule::for_model(Mood::HalfSseFrame, TORN), Rule::always(mood)]);
}

/// Where the API of a daemon is, by its log.
#[track_caller]
pub(super) fn listens_at(daemon: &Daemon) -> SocketAddr {
    let line: Value = serde_json::from_str(&daemon.wait_for("the HTTP API listens")).unwrap();
    line["address"].as_str().unwrap().parse().unwrap()
}

fn settings(north: &FakeVendor, south: &FakeVendor) -> Value {
    json!({
        "configVersion": 2,
        "agents": {"defaults": {"model": NORTH}},
        "models": {"profiles": {
            "assistantDefault": {"kind": "chat", "maxTokens": 256},
            "standIn": {"kind": "chat", "model": SOUTH, "maxTokens": 256},
            "torn": {"kind": "chat", "model": format!("openai/{TORN}"), "maxTokens": 256},
            "dear": {"kind": "chat", "model": "openai/north-dear", "maxTokens": 256},
        }},
        "providers": {
            "openai": {"apiKey": KEY, "apiBase": north.base()},
            "deepseek": {"apiKey": "sk-south", "apiBase": south.base()},
        },
    })
}

/// Prices are those of the vendors, in dollars per million tokens.
fn own_settings(irc_port: u16) -> String {
    format!(
        r#"[api]
enabled = true
bind = "127.0.0.1:0"

[models.profiles.assistantDefault]
fallback = ["standIn"]
cooldown_seconds = 1
price = {{ input = 3, output = 15 }}

[models.profiles.standIn]
price = {{ input = 1, output = 5 }}

[models.profiles.torn]
fallback = ["standIn"]
cooldown_seconds = 1
price = {{ input = 3, output = 15 }}

[models.profiles.dear]
price = {{ input = 100000, output = 100000 }}

[models.chats."cli:dear"]
reply = "dear"

[models.chats."cli:torn"]
reply = "torn"

[providers.openai.keys]
second = "{EXPIRED}"

[budget]
day_dollars = 20
month_dollars = 100

[channels.irc]
enabled = true
host = "127.0.0.1"
port = {irc_port}
nick = "{BOT}"
channels = ["{GARDEN}"]
burst_lines = 100
lines_per_second = 100.0
"#
    )
}
