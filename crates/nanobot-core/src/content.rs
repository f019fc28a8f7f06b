//! What a message is made of: blocks, each with its provenance.
//!
//! Media is never pasted into text; one renderer (`prompt/user.rs`) turns blocks into prompt text.

use std::path::PathBuf;

use crate::label::{Label, Labels};
use crate::units::ByteCount;

/// One piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentBlock {
    /// What it is.
    pub body: Body,
    /// Where it came from.
    pub labels: Labels,
}

/// The kinds of content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Plain text.
    Text(String),
    /// A picture.
    Image(Media),
    /// Sound. `Media::transcript` holds the words when somebody has listened.
    Audio(Media, AudioKind),
    /// A moving picture.
    Video(Media),
    /// A sticker.
    Sticker(Media),
    /// Any other file.
    File(Media),
}

/// Whether a sound was spoken for this chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioKind {
    /// Recorded and sent as a voice note.
    VoiceNote,
    /// An audio file, such as a song.
    Recording,
}

/// A stored file and what is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Media {
    /// Where it lies, absolute.
    pub path: PathBuf,
    /// Its MIME type, as the network said.
    pub mime: Option<String>,
    /// Its size.
    pub size: ByteCount,
    /// The words that the sender put beside it.
    pub caption: Option<String>,
    /// What is said in it.
    pub transcript: Option<String>,
    /// What is to be seen in it.
    pub description: Option<String>,
}

impl ContentBlock {
    /// A text of one origin.
    pub fn text(text: impl Into<String>, label: Label) -> Self {
        Self { body: Body::Text(text.into()), labels: label.into() }
    }

    /// The words of this block: its text, or the transcript or caption of its media.
    pub fn words(&self) -> Option<&str> {
        match &self.body {
            Body::Text(text) => Some(text),
            Body::Audio(media, _) => media.transcript.as_deref().or(media.caption.as_deref()),
            Body::Image(media) | Body::Video(media) | Body::Sticker(media) | Body::File(media) => {
                media.caption.as_deref()
            }
        }
    }

    /// The stored file, if the block has one.
    pub fn media(&self) -> Option<&Media> {
        match &self.body {
            Body::Text(_) => None,
            Body::Image(media)
            | Body::Audio(media, _)
            | Body::Video(media)
            | Body::Sticker(media)
            | Body::File(media) => Some(media),
        }
    }
}
