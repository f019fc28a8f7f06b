//! A daemon that is on IRC with its engines, an obedient model, and the people whom it meets there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nanobot_tests::irc::Ngircd;
use serde_json::{Value, json};

use super::super::harness::irc::{BOT, GARDEN, Person, source, until};
use super::super::harness::{Daemon, Home};
use super::model::Model;

/// The provider's key.
pub(super) const KEY: &str = "sk-Kq81zTn4VbX0mWc7RfYh29LdEsUgPo5JiA";

/// What says that a tool is off because of a stranger.
pub(super) fn held_from_stranger(tool: &str) -> String {
    format!("Error: Tool '{tool}' is off in this conversation, because it holds text from a stranger.")
}

/// A daemon on IRC, dimi's. Everything of it ends when this is dropped.
pub(super) struct World {
    pub(super) home: Home,
    pub(super) model: Model,
    /// Killed before the server goes.
    pub(super) daemon: Option<Daemon>,
    server: Ngircd,
}

impl World {
    /// The daemon in the garden, with everything as it comes, and a list of what its box may show.
    pub(super) async fn awake() -> Self {
        let mut world = Self::asleep().await;
        world.wake().await;
        world
    }

    /// Everything but the daemon.
    pub(super) async fn asleep() -> Self {
        Self::asleep_at(Home::empty()).await
    }

    /// The same at this home.
    pub(super) async fn asleep_at(home: Home) -> Self {
        let server = Ngircd::start().await.unwrap();
        let world = Self { home, model: Model::start(), daemon: None, server };
        let settings = format!(
            "[channels.irc]\nenabled = true\nhost = \"127.0.0.1\"\nport = {}\nnick = \"{BOT}\"\n\
             channels = [\"{GARDEN}\"]\nburst_lines = 100\nlines_per_second = 100.0\n\
             reconnect_initial_ms = 100\nreconnect_max_ms = 200\n",
            world.server.port()
        );
        world.home.write("config.toml", settings);
        world.home.write("workspace/note.txt", "buy some milk");
        world.configure(&json!({}));
        world.govern(&json!({}));
        world.allow_mounts(&json!({"allowedRoots": ["~"]}).to_string());
        world
    }

    /// Writes the settings, with these keys besides what every world has.
    pub(super) fn configure(&self, keys: &Value) {
        let mut config = json!({
            "configVersion": 2,
            "agents": {"defaults": {"model": "openai/fake-1"}},
            "providers": {"openai": {"apiKey": KEY, "apiBase": self.model.base_url()}},
        });
        for (key, value) in keys.as_object().unwrap() {
            config[key] = value.clone();
        }
        self.home.write("config.json", config.to_string());
    }

    /// Writes the policy: everybody may talk and has every tool, dimi is the owner, and these keys besides.
    pub(super) fn govern(&self, keys: &Value) {
        let mut policy = json!({"owners": {"irc": [source("dimi")]}, "defaults": {}, "channels": {}});
        for (key, value) in keys.as_object().unwrap() {
            policy[key] = value.clone();
        }
        self.home.write("policy.json", policy.to_string());
    }

    /// Writes the file that says what boxes may show.
    pub(super) fn allow_mounts(&self, text: &str) {
        self.home.write("../.config/nanobot/mount-allowlist.json", text);
    }

    /// Starts the daemon and waits until it is in the garden.
    pub(super) async fn wake(&mut self) {
        let mut witness = self.person("witness").await;
        self.daemon = Some(self.home.daemon());
        witness.sees_bot_come().await;
    }

    /// Somebody who is in the garden.
    pub(super) async fn person(&self, nick: &str) -> Person {
        Person::enters(self.server.address(), nick).await
    }

    /// Waits until nothing waits, runs or is on its way. What owners are told must find them: dimi should be there.
    pub(super) fn settles(&self) {
        until("nothing is under way", || {
            let queues = &self.home.status()["queues"];
            ["waiting", "running", "outbox"].iter().all(|queue| queues[queue] == 0)
        });
    }

    /// Every file of the workspace with its bytes.
    pub(super) fn workspace(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let workspace = self.home.path("workspace");
        self.home.files().into_iter().filter(|(path, _)| path.starts_with(&workspace)).collect()
    }

    /// What a command printed; a box that cannot be had is no finding of these tests.
    #[track_caller]
    pub(super) fn printed(&self, text: &str) -> Vec<String> {
        let results = self.model.results_of(text);
        let boxless = results.iter().find(|result| result.starts_with("Error: Exec isolation unavailable"));
        assert!(
            boxless.is_none(),
            "NOT RUN: {boxless:?}; run nanobot-cli sandbox selftest and mend what it names"
        );
        results
    }

    /// The tools of the newest turn of a session with the classes that the journal has them under.
    pub(super) fn recorded_calls(&self, session: &str) -> Vec<(String, String)> {
        let listed = self.home.cli(&["journal", "list", "--session", session, "--json"]).exits(0).json();
        let turn = listed["turns"][0]["turn"].as_str().unwrap().to_owned();
        let shown = self.home.cli(&["journal", "show", &turn, "--json"]).exits(0).json();
        let word = |step: &Value, name: &str| step[name].as_str().unwrap().to_owned();
        let steps = shown["steps"].as_array().unwrap().iter();
        let tools = steps.filter(|step| step["kind"] == "tool");
        tools.map(|step| (word(step, "tool"), word(step, "class"))).collect()
    }
}
