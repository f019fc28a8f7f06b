//! The chats that owners were told about: `seen_chats.json`, a list of `<channel>:<chat>` as the original
//! keeps it.
//!
//! It only remembers; when a chat counts as new is decided elsewhere. A file that cannot be read is an error
//! and is never overwritten.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use nanobot_core::ids::{ChannelName, ChatId, SessionKey};
use nanobot_core::ports::{SeenChats, StoreError, StoreErrorKind};
use serde_json::{Map, Value};

use crate::disk::{self, blocking};
use crate::python_json;

/// Largest list that is read or written, in bytes (8 MiB: more than 100,000 chats).
const MAX_BYTES: u64 = 8 * 1024 * 1024;

const NAME: &str = "seen_chats.json";
const READING: &str = "reading the list of known chats";
const WRITING: &str = "writing the list of known chats";

/// Known chats in `<home>/seen_chats.json`; also read from `<home>/data/seen_chats.json`, where the original's
/// layout migration moved older ones. Clones share their lock.
#[derive(Debug, Clone)]
pub struct SeenChatsFile {
    files: Arc<Files>,
}

#[derive(Debug)]
struct Files {
    main: PathBuf,
    former: PathBuf,
    writing: Mutex<()>,
}

impl SeenChatsFile {
    /// The list of a home. Touches nothing yet.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        let home = home.into();
        let files =
            Files { main: home.join(NAME), former: home.join("data").join(NAME), writing: Mutex::new(()) };
        Self { files: Arc::new(files) }
    }
}

#[async_trait]
impl SeenChats for SeenChatsFile {
    async fn contains(&self, channel: &ChannelName, chat: &ChatId) -> Result<bool, StoreError> {
        let (files, entry) = (Arc::clone(&self.files), entry(channel, chat));
        blocking(READING.to_owned(), move || {
            let listed = |path: &Path| Ok::<_, StoreError>(List::read(path)?.contains(&entry));
            Ok(listed(&files.main)? || listed(&files.former)?)
        })
        .await
    }

    async fn remember(&self, channel: &ChannelName, chat: &ChatId) -> Result<(), StoreError> {
        let (files, entry) = (Arc::clone(&self.files), entry(channel, chat));
        blocking(WRITING.to_owned(), move || files.remember(&entry)).await
    }
}

fn entry(channel: &ChannelName, chat: &ChatId) -> Value {
    Value::String(SessionKey::of(channel, chat).as_str().to_owned())
}

impl Files {
    fn remember(&self, entry: &Value) -> Result<(), StoreError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut list, former) = (List::read(&self.main)?, List::read(&self.former)?);
        if list.contains(entry) || former.contains(entry) {
            return Ok(());
        }
        for known in former.chats {
            if !list.contains(&known) {
                list.chats.push(known);
            }
        }
        list.chats.push(entry.clone());
        self.write(list)
    }

    fn write(&self, list: List) -> Result<(), StoreError> {
        let text = list.encode();
        if text.len() as u64 > MAX_BYTES {
            return Err(StoreError::new(StoreErrorKind::Limit, WRITING));
        }
        let write = || -> io::Result<()> {
            for file in [&self.main, &self.former] {
                disk::create_folder(file.parent().unwrap_or(Path::new(".")))?;
            }
            disk::replace(&self.main, |new| new.write_all(text.as_bytes()))?;
            // While this file exists, the original's migration leaves the other one where it is.
            match disk::create_file(&self.former, List::default().encode().as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                Ok(()) | Err(_) => Ok(()),
            }
        };
        write().map_err(|error| StoreError::io(WRITING, error))
    }
}

/// One file's content.
#[derive(Debug, Default)]
struct List {
    chats: Vec<Value>,
    /// The whole object, with keys that we do not know.
    object: Map<String, Value>,
}

impl List {
    fn read(path: &Path) -> Result<Self, StoreError> {
        let corrupt = || StoreError::new(StoreErrorKind::Corrupt, READING);
        let bytes = disk::read_at_most(path, MAX_BYTES).map_err(|error| StoreError::io(READING, error))?;
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        if bytes.len() as u64 > MAX_BYTES {
            return Err(StoreError::new(StoreErrorKind::Limit, READING));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| corrupt())?;
        let Ok(Value::Object(mut object)) = python_json::parse(text) else { return Err(corrupt()) };
        // The key keeps its place; its value is put back when the list is written.
        match object.get_mut("chats").map(Value::take) {
            Some(Value::Array(chats)) => Ok(Self { chats, object }),
            None => Ok(Self { chats: Vec::new(), object }),
            Some(_) => Err(corrupt()),
        }
    }

    fn contains(&self, entry: &Value) -> bool {
        self.chats.contains(entry)
    }

    fn encode(mut self) -> String {
        self.object.insert("chats".to_owned(), Value::Array(self.chats));
        python_json::encode(&Value::Object(self.object))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use nanobot_core::testing::contract::seen_chats_contract;

    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract() {
        let home = tempfile::tempdir().unwrap();
        seen_chats_contract(async || SeenChatsFile::new(home.path())).await;
    }

    fn chat(id: &str) -> ChatId {
        ChatId::new(id).unwrap()
    }

    #[tokio::test]
    async fn a_remembered_chat_is_known_to_the_next_process() {
        let home = tempfile::tempdir().unwrap();
        let seen = SeenChatsFile::new(home.path());
        assert!(!seen.contains(&ChannelName::WHATSAPP, &chat("1@g.us")).await.unwrap());
        seen.remember(&ChannelName::WHATSAPP, &chat("1@g.us")).await.unwrap();
        seen.remember(&ChannelName::WHATSAPP, &chat("1@g.us")).await.unwrap();
        let again = SeenChatsFile::new(home.path());
        assert!(again.contains(&ChannelName::WHATSAPP, &chat("1@g.us")).await.unwrap());
        assert!(!again.contains(&ChannelName::TELEGRAM, &chat("1@g.us")).await.unwrap());
        let file = home.path().join(NAME);
        assert_eq!(fs::read_to_string(&file).unwrap(), r#"{"chats": ["whatsapp:1@g.us"]}"#);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(home.path().join("data").join(NAME)).unwrap(), r#"{"chats": []}"#);
    }

    #[tokio::test]
    async fn both_places_count_and_unknown_keys_stay() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("data")).unwrap();
        fs::write(home.path().join("data").join(NAME), r#"{"chats": ["whatsapp:old", 7]}"#).unwrap();
        fs::write(home.path().join(NAME), r#"{"v": 1, "chats": ["irc:#a"], "more": {"b": null}}"#).unwrap();
        let seen = SeenChatsFile::new(home.path());
        assert!(seen.contains(&ChannelName::WHATSAPP, &chat("old")).await.unwrap());
        seen.remember(&ChannelName::WHATSAPP, &chat("old")).await.unwrap();
        seen.remember(&ChannelName::CLI, &chat("ü")).await.unwrap();
        assert_eq!(
            fs::read_to_string(home.path().join(NAME)).unwrap(),
            r#"{"v": 1, "chats": ["irc:#a", "whatsapp:old", 7, "cli:\u00fc"], "more": {"b": null}}"#
        );
        assert_eq!(
            fs::read_to_string(home.path().join("data").join(NAME)).unwrap(),
            r#"{"chats": ["whatsapp:old", 7]}"#
        );
    }

    #[tokio::test]
    async fn a_broken_list_is_an_error_and_stays_as_it_is() {
        for broken in ["{\"chats\": [\"a", "[]", "{\"chats\": {}}", "", "\u{feff}{}"] {
            let home = tempfile::tempdir().unwrap();
            fs::write(home.path().join(NAME), broken).unwrap();
            let seen = SeenChatsFile::new(home.path());
            let error = seen.contains(&ChannelName::CLI, &chat("x")).await.unwrap_err();
            assert_eq!(error.kind, StoreErrorKind::Corrupt);
            let error = seen.remember(&ChannelName::CLI, &chat("x")).await.unwrap_err();
            assert_eq!(error.kind, StoreErrorKind::Corrupt);
            assert_eq!(fs::read_to_string(home.path().join(NAME)).unwrap(), broken);
        }
    }
}
