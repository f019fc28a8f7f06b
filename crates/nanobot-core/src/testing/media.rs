//! Eyes, ears, a voice and a file cabinet without models or files.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;

use super::Trouble;
use crate::content::Media;
use crate::decision::VoicePolicy;
use crate::ids::ChannelName;
use crate::model::{ModelError, ModelErrorKind};
use crate::ports::{
    BlobStore, MediaError, Speech, SpeechToText, StoreError, StoreErrorKind, TextToSpeech, VisionModel,
};
use crate::stand_in::hold;
use crate::units::ByteCount;

/// Failures of a model inside a media fake, first in first out.
#[derive(Debug, Default)]
struct ModelTrouble(Mutex<VecDeque<ModelErrorKind>>);

impl ModelTrouble {
    fn order(&self, kind: ModelErrorKind) {
        hold(&self.0).push_back(kind);
    }

    fn strike(&self) -> Result<(), MediaError> {
        match hold(&self.0).pop_front() {
            Some(kind) => Err(ModelError::new(kind).into()),
            None => Ok(()),
        }
    }
}

/// Sees the same thing in every picture.
#[derive(Debug)]
pub struct FakeVision {
    description: String,
    trouble: ModelTrouble,
}

impl FakeVision {
    /// Describes every picture like this.
    pub fn seeing(description: &str) -> Self {
        Self { description: description.to_owned(), trouble: ModelTrouble::default() }
    }

    /// The next call fails.
    pub fn fail_next(&self, kind: ModelErrorKind) {
        self.trouble.order(kind);
    }
}

#[async_trait]
impl VisionModel for FakeVision {
    async fn describe(&self, _channel: &ChannelName, _image: &Media) -> Result<String, MediaError> {
        self.trouble.strike()?;
        Ok(self.description.clone())
    }
}

/// Hears the same words in every sound.
#[derive(Debug)]
pub struct FakeTranscriber {
    words: String,
    trouble: ModelTrouble,
}

impl FakeTranscriber {
    /// Writes down these words, white space collapsed.
    pub fn hearing(words: &str) -> Self {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { words, trouble: ModelTrouble::default() }
    }

    /// The next call fails.
    pub fn fail_next(&self, kind: ModelErrorKind) {
        self.trouble.order(kind);
    }
}

#[async_trait]
impl SpeechToText for FakeTranscriber {
    async fn transcribe(&self, _channel: &ChannelName, _audio: &Media) -> Result<String, MediaError> {
        self.trouble.strike()?;
        Ok(self.words.clone())
    }
}

/// Speaks by writing the text into the bytes, and keeps what it said.
#[derive(Debug, Default)]
pub struct FakeSpeaker {
    said: Mutex<Vec<String>>,
    trouble: ModelTrouble,
}

impl FakeSpeaker {
    /// Has said nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next call fails.
    pub fn fail_next(&self, kind: ModelErrorKind) {
        self.trouble.order(kind);
    }

    /// Everything that was spoken, in order.
    pub fn said(&self) -> Vec<String> {
        hold(&self.said).clone()
    }
}

#[async_trait]
impl TextToSpeech for FakeSpeaker {
    async fn speak(
        &self,
        _channel: &ChannelName,
        text: &str,
        voice: &VoicePolicy,
    ) -> Result<Speech, MediaError> {
        self.trouble.strike()?;
        hold(&self.said).push(text.to_owned());
        Ok(Speech { mime: format!("audio/{}", voice.format), bytes: text.as_bytes().to_vec() })
    }
}

/// Stored bytes, by a path that exists nowhere.
#[derive(Debug, Default)]
pub struct MemoryBlobs {
    /// Failures on request.
    pub trouble: Trouble,
    files: Mutex<HashMap<PathBuf, Vec<u8>>>,
}

impl MemoryBlobs {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn store(
        &self,
        channel: &ChannelName,
        extension: &str,
        bytes: &[u8],
    ) -> Result<PathBuf, StoreError> {
        self.trouble.strike("store")?;
        let mut files = hold(&self.files);
        let path = PathBuf::from(format!("/blobs/{channel}/{}.{extension}", files.len() + 1));
        files.insert(path.clone(), bytes.to_vec());
        Ok(path)
    }

    async fn read(&self, path: &Path, limit: ByteCount) -> Result<Vec<u8>, StoreError> {
        self.trouble.strike("read")?;
        let files = hold(&self.files);
        let Some(bytes) = files.get(path) else {
            return Err(StoreError::new(StoreErrorKind::NotFound, "reading a blob"));
        };
        if ByteCount::of(bytes.len()) > limit {
            return Err(StoreError::new(StoreErrorKind::Limit, "reading a blob"));
        }
        Ok(bytes.clone())
    }
}
