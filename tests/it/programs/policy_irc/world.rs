//! A daemon that is on IRC with a policy, its model, and the people whom it meets there.

use std::fs::{self, File};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use nanobot_tests::irc::{IrcClient, Ngircd};
use serde_json::{Value, json};

use super::super::harness::{Daemon, Home};
use super::model::{Model, PERSONA};

/// How long something that must happen may take. Generous: a busy machine is no failure.
pub(super) const LIMIT: Duration = Duration::from_secs(30);
/// How long is waited between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The group.
pub(super) const GARDEN: &str = "#garden";
/// What stands in the file that the model reads.
pub(super) const NOTE: &str = "buy some milk";
/// The assistant's nick.
pub(super) const BOT: &str = "nanobot";

/// The name of somebody as the channel gives it to the policy. The server looks up no names, so all hosts are this one.
pub(super) fn source(nick: &str) -> String {
    format!("{nick}!~{nick}@127.0.0.1")
}

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
        let mut client = IrcClient::connect(self.server.address(), nick).await.unwrap();
        client.join(GARDEN).await.unwrap();
        Person { client, fences: 0 }
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
        let mut talk = self.home.talk();
        talk.say(&json!({"t": "control", "id": "q", "op": "status"}));
        loop {
            let frame = talk.frame();
            if frame["t"] == "result" {
                return frame["ok"].clone();
            }
        }
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

/// Polls until something is so.
#[track_caller]
pub(super) fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "in time {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Somebody on IRC.
pub(super) struct Person {
    client: IrcClient,
    fences: u32,
}

impl Person {
    /// Says something in the garden.
    pub(super) async fn says(&mut self, text: &str) {
        self.client.say(GARDEN, text).await.unwrap();
    }

    /// Says something to the assistant alone.
    pub(super) async fn whispers(&mut self, text: &str) {
        self.client.say(BOT, text).await.unwrap();
    }

    /// The next line that the assistant says in the garden.
    pub(super) async fn hears(&mut self) -> String {
        let heard = async {
            loop {
                let line = self.client.next_line().await.unwrap();
                if let Some((to, text)) = of_bot(&line)
                    && to == GARDEN
                {
                    return text.to_owned();
                }
            }
        };
        tokio::time::timeout(LIMIT, heard).await.expect("the assistant says something in the garden")
    }

    /// The next line that the assistant says to this person alone. What an owner is told about new chats is left out.
    pub(super) async fn is_told(&mut self) -> String {
        let nick = self.client.nick().to_owned();
        let heard = async {
            loop {
                let line = self.client.next_line().await.unwrap();
                if let Some((to, text)) = of_bot(&line)
                    && to == nick
                    && !is_about_new_chat(text)
                {
                    return text.to_owned();
                }
            }
        };
        let told = tokio::time::timeout(LIMIT, heard).await;
        told.unwrap_or_else(|_| panic!("{nick} is told something"))
    }

    /// Asks in the garden, and answers what the assistant says.
    pub(super) async fn asks(&mut self, text: &str) -> String {
        self.says(text).await;
        self.hears().await
    }

    /// Asks the assistant alone, and answers what it says.
    pub(super) async fn asks_alone(&mut self, text: &str) -> String {
        self.whispers(text).await;
        self.is_told().await
    }

    /// Whatever the server has for this person by now, of the assistant: lines of any kind, notices too.
    pub(super) async fn all_so_far(&mut self) -> Vec<String> {
        self.fences += 1;
        let token = format!("fence-{}", self.fences);
        self.client.send(&format!("PING {token}")).await.unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.client.next_line().await.unwrap();
            if line.contains(" PONG ") && line.contains(&token) {
                return lines;
            }
            let is_said = line.contains(" PRIVMSG ") || line.contains(" NOTICE ");
            if is_said && line.starts_with(&format!(":{BOT}!")) {
                lines.push(line);
            }
        }
    }

    /// What the assistant has said to this person alone by now, without what an owner is told about new chats.
    pub(super) async fn told_so_far(&mut self) -> Vec<String> {
        let nick = self.client.nick().to_owned();
        let lines = self.all_so_far().await;
        let said = lines.iter().filter_map(|line| of_bot(line)).filter(|(to, _)| *to == nick);
        said.map(|(_, text)| text.to_owned()).filter(|text| !is_about_new_chat(text)).collect()
    }

    /// Waits until what somebody says in the garden is here.
    pub(super) async fn overhears(&mut self, text: &str) {
        self.client.wait_for(&format!(" PRIVMSG {GARDEN} :{text}")).await.unwrap();
    }

    /// Waits for a line with these words that the assistant says to this person alone, and skips all others.
    pub(super) async fn waits_for(&mut self, words: &str) {
        self.client.wait_for(&format!(" PRIVMSG {} :{words}", self.client.nick())).await.unwrap();
    }

    /// Waits until the assistant enters the garden.
    pub(super) async fn sees_bot_come(&mut self) {
        loop {
            let line = self.client.wait_for(" JOIN ").await.unwrap();
            if line.starts_with(&format!(":{BOT}!")) {
                return;
            }
        }
    }
}

/// To whom, and what, if the assistant says this line.
fn of_bot(line: &str) -> Option<(&str, &str)> {
    let (_, said) = line.strip_prefix(&format!(":{BOT}!"))?.split_once(" PRIVMSG ")?;
    said.split_once(" :")
}

fn is_about_new_chat(text: &str) -> bool {
    ["🔔", "/approve ", "/approve-mention ", "/deny "].iter().any(|start| text.starts_with(start))
}
