//! A daemon that is on IRC with a policy, its model, and the people whom it meets there.

use std::fs::{self, File};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use nanobot_tests::irc::Ngircd;
use serde_json::{Value, json};

use super::super::harness::irc::BOT;
use super::super::harness::{Daemon, Home};
use super::model::{Model, PERSONA};

pub(super) use super::super::harness::irc::{GARDEN, Person, source, until};

/// What stands in the file that the model reads.
pub(super) const NOTE: &str = "buy some milk";

/// A policy whose file is looked at as often as can be, with dimi as its owner and these keys besides.
pub(super) fn policy(keys: &Value) -> Value {
    let mut policy = json!({
        "owners": {"irc": [source("dimi")]},
        "runtime": {"reloadCheckIntervalSeconds": 0.1},
        "defaults": {},
        "channels": {},
    });
    for (key, value) in keys.as_object().unwrap() {
        policy[key] = value.clone();
    }
    policy
}

/// A daemon on IRC. Everything of it ends when this is dropped.
pub(super) struct World {
    pub(super) home: Home,
    pub(super) model: Model,
    /// Killed before the server goes.
    pub(super) daemon: Option<Daemon>,
    server: Ngircd,
}

impl World {
    /// With this policy, whose owners the policy names, and the daemon in the garden.
    pub(super) async fn with(policy: &Value) -> Self {
        let mut world = Self::asleep(policy, "").await;
        world.wake().await;
        world
    }

    /// With owners whom `config.toml` knows, and the daemon in the garden.
    pub(super) async fn with_settings(policy: &Value, irc: &str) -> Self {
        let mut world = Self::asleep(policy, irc).await;
        world.wake().await;
        world
    }

    /// Everything but the daemon. `irc` are further keys of the channel.
    pub(super) async fn asleep(policy: &Value, irc: &str) -> Self {
        let server = Ngircd::start().await.unwrap();
        let (home, model) = (Home::empty(), Model::start());
        let config = json!({
            "configVersion": 2,
            "agents": {"defaults": {"model": "openai/fake-1"}},
            "providers": {"openai": {"apiKey": "sk-none", "apiBase": model.base_url()}},
        });
        home.write("config.json", config.to_string());
        // A drain that waits for a turn which nobody ends takes longer than any test.
        let settings = format!(
            "[daemon]\ndrain_seconds = 120\n[channels.irc]\nenabled = true\nunguarded = true\nhost = \"127.0.0.1\"\n\
             port = {}\nnick = \"{BOT}\"\nchannels = [\"{GARDEN}\"]\nburst_lines = 100\nlines_per_second = 100.0\n\
             reconnect_initial_ms = 100\nreconnect_max_ms = 200\n{irc}",
            server.port()
        );
        home.write("config.toml", settings);
        home.write("workspace/note.txt", NOTE);
        let world = Self { home, model, daemon: None, server };
        world.exchange(policy.to_string());
        world
    }

    /// Starts the daemon and waits until it is in the garden.
    pub(super) async fn wake(&mut self) {
        self.wake_as(Home::daemon).await;
    }

    /// The same with the daemon that dies at this fault point.
    pub(super) async fn wake_to_die_at(&mut self, point: &str) {
        self.wake_as(|home| home.faulty_daemon(&["--fault-point", point])).await;
    }

    async fn wake_as(&mut self, start: impl FnOnce(&Home) -> Daemon) {
        let mut witness = self.person("witness").await;
        self.daemon = Some(start(&self.home));
        witness.sees_bot_come().await;
    }

    /// Writes a persona that the policy may name, and answers the name of its file.
    pub(super) fn persona(&self, name: &str) -> String {
        let file = format!("personas/{name}.md");
        self.home.write(&format!("workspace/{file}"), format!("{PERSONA}{name}\n"));
        file
    }

    /// Somebody who is in the garden.
    pub(super) async fn person(&self, nick: &str) -> Person {
        Person::enters(self.server.address(), nick).await
    }

    /// Exchanges the policy file in one act, as editors do.
    pub(super) fn exchange(&self, text: impl AsRef<[u8]>) {
        // A clock of a file system may stand still for some milliseconds, and a file of the same time counts as the
        // same. So each gets a time of its own.
        static EXCHANGED: AtomicU64 = AtomicU64::new(0);
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(EXCHANGED.fetch_add(1, Ordering::Relaxed) + 1);
        self.home.write("policy.json.new", text);
        let new = self.home.path("policy.json.new");
        File::options().write(true).open(&new).unwrap().set_modified(at).unwrap();
        fs::rename(new, self.home.path("policy.json")).unwrap();
    }

    /// Exchanges the policy and waits until it is in force.
    pub(super) fn adopt(&self, policy: &Value) {
        let before = self.hash();
        self.exchange(policy.to_string());
        until("the new policy is in force", || self.hash() != before);
    }

    /// The hash of the policy in force.
    pub(super) fn hash(&self) -> String {
        self.status()["policy"]["hash"].as_str().unwrap().to_owned()
    }

    /// What the daemon says of itself.
    pub(super) fn status(&self) -> Value {
        self.home.status()
    }

    /// Waits until nothing waits, runs or is on its way. What owners are told must find them: one should be there.
    pub(super) fn settles(&self) {
        until("nothing is under way", || {
            let queues = &self.status()["queues"];
            ["waiting", "running", "outbox"].iter().all(|queue| queues[queue] == 0)
        });
    }

    /// Waits for the end of the daemon and answers its exit code.
    #[track_caller]
    pub(super) fn end(&mut self) -> i32 {
        self.daemon.take().unwrap().wait()
    }

    /// The rows of the log of policy changes.
    pub(super) fn changes(&self) -> Vec<Value> {
        let file = "policy/audit/policy_changes.jsonl";
        if !self.home.has(file) {
            return Vec::new();
        }
        self.home.read(file).lines().map(|row| serde_json::from_str(row).unwrap()).collect()
    }
}
