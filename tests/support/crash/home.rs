//! A home for the daemon, with what it leads to outside: the ledger of its counting tools, and a model server.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::record::id_in;
use crate::provider::FakeProvider;
use crate::script::Script;
use crate::wire::MODEL;

/// One home.
#[derive(Debug)]
pub(super) struct Home {
    folder: TempDir,
    provider: FakeProvider,
}

/// An effect that the daemon had in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) kind: EffectKind,
    /// The message that it was for.
    pub(super) id: String,
    /// The round of a model call, the key of a tool call.
    pub(super) what: String,
}

/// What kind of effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EffectKind {
    /// The model was asked.
    Model,
    /// The tool ran that must not run twice.
    Once,
    /// The tool ran that may.
    Idempotent,
}

impl Home {
    /// A home whose bot has this nick and channel on the server at this port.
    pub(super) fn new(port: u16, nick: &str, channel: &str) -> Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the home")?;
        let provider = FakeProvider::start(Script::Echo).context("starting the model server")?;
        let home = Self { folder, provider };
        fs::create_dir(home.root())?;
        let config = json!({
            "configVersion": 2,
            "agents": {"defaults": {"model": format!("openai/{MODEL}")}},
            "providers": {"openai": {"apiKey": "sk-none", "apiBase": home.provider.base_url()}},
        });
        fs::write(home.root().join("config.json"), config.to_string())?;
        let irc = format!(
            "[channels.irc]\nenabled = true\nunguarded = true\nport = {port}\nnick = \"{nick}\"\n\
             channels = [\"{channel}\"]\nowners = [\"account:nobody\"]\nburst_lines = 100\nlines_per_second = 100.0\n\
             reconnect_initial_ms = 100\nreconnect_max_ms = 200\n"
        );
        fs::write(home.root().join("irc.toml"), irc)?;
        home.drains_for(5)?;
        Ok(home)
    }

    /// How many seconds running turns get at the next start's end.
    pub(super) fn drains_for(&self, seconds: u64) -> Result<()> {
        let irc = fs::read_to_string(self.root().join("irc.toml"))?;
        let text = format!("[daemon]\ndrain_seconds = {seconds}\n{irc}");
        fs::write(self.root().join("config.toml"), text).context("writing config.toml")
    }

    /// How long the model server takes.
    pub(super) fn model_takes(&self, delay: Duration) {
        self.provider.wait(delay);
    }

    /// The user's folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// nanobot's folder.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join(".nanobot")
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.root().join("var/run/nanobot.sock")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.root().join("journal")
    }

    pub(super) fn sessions(&self) -> PathBuf {
        self.root().join("sessions")
    }

    pub(super) fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    /// Every effect so far: those that the ledger has, in their order, then those that the model server saw.
    pub(super) fn effects(&self) -> Result<Vec<Effect>> {
        let ledger = self.ledger();
        let text = if ledger.exists() { fs::read_to_string(ledger)? } else { String::new() };
        let mut effects: Vec<Effect> = text.lines().filter_map(effect).collect();
        for request in self.provider.requests() {
            let body = request.json();
            let messages = body.get("messages").and_then(Value::as_array);
            let is_user = |message: &&Value| message.get("role").and_then(Value::as_str) == Some("user");
            let last = messages.and_then(|messages| messages.iter().rfind(is_user));
            let text = last.and_then(|message| message.get("content")).and_then(Value::as_str);
            if let Some(id) = text.and_then(id_in) {
                effects.push(Effect { kind: EffectKind::Model, id: id.to_owned(), what: "0".to_owned() });
            }
        }
        Ok(effects)
    }

    /// Leaves the folder where it is, for somebody to look into.
    pub(super) fn keep(mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }
}

fn effect(line: &str) -> Option<Effect> {
    let mut words = line.split(' ');
    let kind = match words.next()? {
        "model" => EffectKind::Model,
        "once" => EffectKind::Once,
        "idempotent" => EffectKind::Idempotent,
        _ => return None,
    };
    Some(Effect { kind, id: words.next()?.to_owned(), what: words.next()?.to_owned() })
}
