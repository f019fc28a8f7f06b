//! The promises of [`VisionModel`], [`SpeechToText`], [`TextToSpeech`] and [`BlobStore`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use std::path::Path;

use crate::content::Media;
use crate::decision::VoicePolicy;
use crate::ids::ChannelName;
use crate::ports::{BlobStore, SpeechToText, StoreErrorKind, TextToSpeech, VisionModel};
use crate::units::ByteCount;

/// Checks that a picture is described. `make` gives a model that is ready to describe `image`.
///
/// # Panics
/// When a promise is broken.
pub async fn vision_model_contract<V: VisionModel>(make: impl AsyncFn() -> V, image: &Media) {
    let description = make().await.describe(&ChannelName::WHATSAPP, image).await.unwrap();
    assert!(!description.trim().is_empty(), "a description has words");
}

/// Checks that words are written down with white space collapsed. `make` gives a model that hears some words
/// in `audio`.
///
/// # Panics
/// When a promise is broken.
pub async fn speech_to_text_contract<S: SpeechToText>(make: impl AsyncFn() -> S, audio: &Media) {
    let words = make().await.transcribe(&ChannelName::WHATSAPP, audio).await.unwrap();
    assert!(!words.is_empty(), "a transcript has words");
    assert_eq!(words, words.split_whitespace().collect::<Vec<_>>().join(" "), "white space is collapsed");
}

/// Checks that a text becomes audio.
///
/// # Panics
/// When a promise is broken.
pub async fn text_to_speech_contract<T: TextToSpeech>(make: impl AsyncFn() -> T) {
    let voice = VoicePolicy::default();
    let speech = make().await.speak(&ChannelName::WHATSAPP, "Good morning.", &voice).await.unwrap();
    assert!(speech.mime.starts_with("audio/"), "speech is audio, not {:?}", speech.mime);
    assert!(!speech.bytes.is_empty(), "speech has bytes");
}

/// Checks names, limits, and that nothing but stored files is read.
///
/// # Panics
/// When a promise is broken.
pub async fn blob_store_contract<B: BlobStore>(make: impl AsyncFn() -> B) {
    let blobs = make().await;
    let channel = ChannelName::WHATSAPP;
    let first = blobs.store(&channel, "jpg", b"one").await.unwrap();
    let second = blobs.store(&channel, "jpg", b"one").await.unwrap();
    assert!(first.is_absolute() && second.is_absolute(), "a path is absolute");
    assert_ne!(first, second, "every name is fresh");
    assert_eq!(first.extension().and_then(|e| e.to_str()), Some("jpg"), "the extension is kept");
    assert_eq!(blobs.read(&first, ByteCount::new(3)).await.unwrap(), b"one", "the limit itself is allowed");
    let large = blobs.read(&first, ByteCount::new(2)).await.unwrap_err();
    assert_eq!(large.kind, StoreErrorKind::Limit, "a larger file is not read");

    let beside = first.with_file_name("never-stored.jpg");
    let climbing = first.join("../../../../../../../../etc/hostname");
    for foreign in [Path::new("/etc/hostname"), beside.as_path(), climbing.as_path()] {
        let refused = blobs.read(foreign, ByteCount::mib(1)).await.unwrap_err();
        assert_eq!(refused.kind, StoreErrorKind::NotFound, "a file that is not ours is not there");
    }
}
