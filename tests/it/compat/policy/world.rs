//! What recorded rows of the policy speak of: the policy files, compiled, and the messages that they are asked about.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use nanobot_policy::{Asked, CompileOptions, Document, Engine, LexicalPlaces, persona_paths, persona_text};
use serde_json::Value;

use super::super::cases::{folder, rows};
use super::FOLDER;

/// How recorded decisions name their source.
const SOURCE: &str = "{{POLICY_PATH}}";

/// All policy files, each compiled once for each set of channels.
pub(super) struct World {
    known_tools: BTreeSet<String>,
    places: LexicalPlaces,
    workspace: PathBuf,
    engines: BTreeMap<(String, BTreeSet<String>), Rc<Engine>>,
}

impl World {
    pub(super) fn new() -> Self {
        let meta = &rows(FOLDER, "meta.json")[0];
        Self {
            known_tools: texts(&meta["known_tools"]),
            places: LexicalPlaces { home: meta["home"].as_str().map(PathBuf::from) },
            workspace: folder(FOLDER).join("workspace").canonicalize().expect("a workspace"),
            engines: BTreeMap::new(),
        }
    }

    pub(super) fn known_tools(&self) -> &BTreeSet<String> {
        &self.known_tools
    }

    /// The engine that a row is about; none when it is about an assistant without one.
    pub(super) fn engine(&mut self, row: &Value) -> Option<Rc<Engine>> {
        let file = row["policy"].as_str()?.to_owned();
        let key = (file, texts(&row["apply_channels"]));
        if let Some(engine) = self.engines.get(&key) {
            return Some(Rc::clone(engine));
        }
        let options = CompileOptions {
            apply_channels: key.1.clone(),
            known_tools: self.known_tools.clone(),
            source: SOURCE.to_owned(),
        };
        let engine = Rc::new(Engine::compile(&self.document(&key.0), &options));
        self.engines.insert(key, Rc::clone(&engine));
        Some(engine)
    }

    fn document(&self, file: &str) -> Document {
        let text = fs::read_to_string(folder(FOLDER).join("policies").join(file)).expect("a policy");
        let workspace = self.workspace.to_str().expect("UTF-8");
        let name = self.workspace.file_name().and_then(|name| name.to_str()).expect("a name");
        let text = text.replace("{{WORKSPACE}}", workspace).replace("{{WSNAME}}", name);
        Document::parse(text.as_bytes(), &self.places).unwrap_or_else(|fault| panic!("{file}: {fault}"))
    }

    /// The text of a persona, as the adapter reads it.
    pub(super) fn persona(&self, file: &str) -> Option<String> {
        let paths = persona_paths(file, &self.workspace, &self.places).expect("inside the workspace");
        let path =
            paths.iter().find(|path| path.exists()).filter(|path| path.is_file() && !file.is_empty())?;
        Some(persona_text(fs::read(path).expect("a persona")).expect("UTF-8"))
    }

    /// A text with what the recording put in place of paths.
    pub(super) fn recorded(&self, text: &str) -> String {
        text.replace(self.workspace.to_str().expect("UTF-8"), "{{WORKSPACE}}")
    }
}

/// The message of a row. `participant` counts for nothing.
pub(super) fn asked(event: &Value) -> Asked<'_> {
    let metadata = &event["raw_metadata"];
    let is_audio = metadata["media_kind"].as_str().is_some_and(|kind| kind.trim() == "audio");
    Asked {
        channel: text(event, "channel"),
        chat: text(event, "chat_id"),
        sender: text(event, "sender_id"),
        text: text(event, "content").into(),
        is_group: event["is_group"] == true,
        mentioned_bot: event["mentioned_bot"] == true,
        reply_to_bot: event["reply_to_bot"] == true,
        is_voice: is_true(&metadata["is_voice"]) || is_audio,
        owner_by_channel: false,
    }
}

/// Whether Python takes it for true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(value) => value.as_f64() != Some(0.0),
        Value::String(value) => !value.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

pub(super) fn text<'r>(row: &'r Value, key: &str) -> &'r str {
    row[key].as_str().unwrap_or_else(|| panic!("no text {key} in {row}"))
}

pub(super) fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array().expect("a list").iter().map(|item| item.as_str().expect("a text").to_owned()).collect()
}
