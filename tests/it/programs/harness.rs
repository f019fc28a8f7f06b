//! Homes, and programs that run on them.

mod binaries;
mod daemon;
pub(crate) mod irc;
mod journal;
mod llama;
mod process;
mod room;
mod talk;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nanobot_tests::crash::Programs;
use nanobot_tests::{FakeProvider, MODEL};
use serde_json::{Value, json};

pub(super) use daemon::{Daemon, complaints};
pub(super) use llama::LlamaServer;
pub(super) use process::Ran;
pub(super) use room::Room;
pub(super) use talk::Talk;

/// The daemons that a crash campaign kills.
pub(super) fn daemons() -> Programs {
    Programs { shipped: binaries::daemon().to_owned(), faults: binaries::faulty_daemon().to_owned() }
}

/// The daemon, which is also what runs first inside of a box.
pub(crate) fn daemon_program() -> &'static Path {
    binaries::daemon()
}

/// What tries to get out of the sandbox.
pub(super) fn escape_campaign() -> &'static Path {
    binaries::escape_campaign()
}

/// The operator command.
pub(super) fn operator_program() -> &'static Path {
    binaries::cli()
}

/// The key that a home with a fake provider has. It must show up nowhere else.
pub(super) const KEY: &str = "sk-test-0123456789abcdefABCDEF";

/// A user's home folder, with nanobot's inside, and the variables that its programs get.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    /// A user who has never met nanobot.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// A home whose model is the fake provider, and which is impatient with it.
    pub(super) fn with_provider(provider: &FakeProvider) -> Self {
        let home = Self::empty();
        home.write("config.json", Self::config_for(provider).to_string());
        home.write(
            "config.toml",
            "[model]\nconnect_timeout_ms = 400\nfirst_byte_timeout_ms = 400\nidle_timeout_ms = 400\npatience_seconds = 1\n",
        );
        home
    }

    /// The settings of [`Home::with_provider`].
    pub(super) fn config_for(provider: &FakeProvider) -> Value {
        json!({
            "configVersion": 2,
            "agents": {"defaults": {"model": format!("openai/{MODEL}")}},
            "providers": {"openai": {"apiKey": KEY, "apiBase": provider.base_url()}},
        })
    }

    /// The same home with one more variable for its programs.
    pub(super) fn with_variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// nanobot's folder.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join(".nanobot")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Writes a file, with its folders.
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Every file below nanobot's folder with its bytes, in the order of their names.
    pub(super) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(&self.root(), &mut found);
        found.sort();
        found
    }

    /// The words of a session, as pairs of role and content.
    pub(super) fn conversation(&self, session: &str) -> Vec<(String, String)> {
        let shown = self.cli(&["session", "show", session, "--json"]).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let messages = shown["messages"].as_array().unwrap();
        messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
    }

    /// The words of `cli:default`; none before its first turn.
    pub(super) fn conversation_if_any(&self) -> Vec<(String, String)> {
        if self.has("sessions/cli_default.jsonl") { self.conversation("cli:default") } else { Vec::new() }
    }

    /// The rows of the audit log, without their times.
    pub(super) fn audit(&self) -> Vec<Value> {
        if !self.has("audit/admin.jsonl") {
            return Vec::new();
        }
        let rows = self.read("audit/admin.jsonl");
        let rows = rows.lines().map(|row| {
            let mut row: Value = serde_json::from_str(row).unwrap();
            assert!(row.as_object_mut().unwrap().remove("at").is_some(), "a row without a time");
            row
        });
        rows.collect()
    }

    /// Runs the operator command without input.
    pub(crate) fn cli(&self, args: &[&str]) -> Ran {
        self.cli_with_input(args, b"")
    }

    /// Runs the operator command and pipes `input` into it.
    pub(crate) fn cli_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        process::run(self.command(binaries::cli()).args(args), input)
    }

    /// Runs the operator command with a stdout that nobody reads.
    pub(super) fn piped_into_nobody(&self, args: &[&str]) -> Ran {
        process::run_unread(self.command(binaries::cli()).args(args))
    }

    /// Runs the daemon where it is expected to end by itself.
    pub(super) fn daemon_that_ends(&self) -> Ran {
        process::run(&mut self.command(binaries::daemon()), b"")
    }

    /// Starts the daemon and waits until it is ready.
    pub(super) fn daemon(&self) -> Daemon {
        let daemon = Daemon::spawn(&mut self.command(binaries::daemon()));
        daemon.wait_for("ready");
        daemon
    }

    /// Starts the daemon that dies where `flags` say, and waits until it is ready.
    pub(super) fn faulty_daemon(&self, flags: &[&str]) -> Daemon {
        let daemon = Daemon::spawn(self.command(binaries::faulty_daemon()).args(flags));
        daemon.wait_for("ready");
        daemon
    }

    /// Starts the daemon: it gets ready, or ends.
    pub(super) fn daemon_or_end(&self) -> Result<Daemon, Ran> {
        Daemon::spawn(&mut self.command(binaries::daemon())).ready_or_end()
    }

    /// Connects to the daemon's socket and attaches to `cli:default`.
    pub(super) fn talk(&self) -> Talk {
        Talk::connect(&self.path("var/run/nanobot.sock"))
    }

    /// What the daemon says of itself.
    pub(super) fn status(&self) -> Value {
        let mut talk = self.talk();
        talk.say(&json!({"t": "control", "id": "q", "op": "status"}));
        loop {
            let frame = talk.frame();
            if frame["t"] == "result" {
                return frame["ok"].clone();
            }
        }
    }

    /// A command with a cleared environment.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.folder.path()).env("PATH", std::env::var_os("PATH").unwrap());
        if program.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("nanobotd")) {
            // Many daemons run side by side, and there is one port 8080. A test of the API chooses its own.
            command.env("NANOBOT_API__ENABLED", "false");
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path());
        command
    }

    /// The text with everything that differs from run to run replaced, for snapshots.
    pub(super) fn redact(&self, text: &str) -> String {
        let text = text.replace(&self.folder.path().display().to_string(), "~");
        let digits = |word: &str| word.bytes().filter(u8::is_ascii_digit).count();
        let is_time =
            |word: &str| word.len() >= 19 && digits(word) >= 14 && word.as_bytes().get(10) == Some(&b'T');
        let is_word = |c: char| c.is_alphanumeric() || ".:+-".contains(c);
        let mut redacted = String::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            redacted.push_str(if is_time(word) { "TIME" } else { word });
            let mut tail = tail.chars();
            redacted.extend(tail.next());
            rest = tail.as_str();
        }
        redacted
    }
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), found);
        } else if kind.is_file() {
            found.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
    }
}
