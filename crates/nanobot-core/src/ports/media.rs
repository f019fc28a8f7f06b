//! Seeing, hearing and speaking, and where media lies.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::content::Media;
use crate::decision::VoicePolicy;
use crate::ids::ChannelName;
use crate::model::ModelError;
use crate::ports::StoreError;
use crate::units::ByteCount;

/// Describes pictures.
#[async_trait]
pub trait VisionModel: Send + Sync {
    /// One or two sentences about the picture.
    ///
    /// # Errors
    /// [`MediaError`]; the message is then handled without a description.
    async fn describe(&self, channel: &ChannelName, image: &Media) -> Result<String, MediaError>;
}

/// Writes down what is said.
#[async_trait]
pub trait SpeechToText: Send + Sync {
    /// The words, white space collapsed.
    ///
    /// # Errors
    /// [`MediaError`]; the message is then handled without a transcript.
    async fn transcribe(&self, channel: &ChannelName, audio: &Media) -> Result<String, MediaError>;
}

/// Speaks.
#[async_trait]
pub trait TextToSpeech: Send + Sync {
    /// Speaks a prepared text.
    ///
    /// # Errors
    /// [`MediaError`]; the answer is then sent as text.
    async fn speak(
        &self,
        channel: &ChannelName,
        text: &str,
        voice: &VoicePolicy,
    ) -> Result<Speech, MediaError>;
}

/// Spoken text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// Its MIME type.
    pub mime: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Files that came in or go out.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores bytes of a channel under a fresh name (0600) and answers the absolute path.
    ///
    /// # Errors
    /// [`Limit`](crate::ports::StoreErrorKind::Limit) when they are too many; the usual kinds else.
    async fn store(
        &self,
        channel: &ChannelName,
        extension: &str,
        bytes: &[u8],
    ) -> Result<PathBuf, StoreError>;

    /// Reads a stored file, at most `limit` bytes.
    ///
    /// # Errors
    /// `Limit` when it is larger, `NotFound` when it is not one of ours.
    async fn read(&self, path: &Path, limit: ByteCount) -> Result<Vec<u8>, StoreError>;
}

/// Why media could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// No model is configured for the task.
    #[error("no model is configured for {task}")]
    NoRoute {
        /// The task.
        task: &'static str,
    },
    /// The file is larger than is accepted.
    #[error("the file has {found}, at most {limit} are accepted")]
    TooLarge {
        /// Its size.
        found: ByteCount,
        /// The limit.
        limit: ByteCount,
    },
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
