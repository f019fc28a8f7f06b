//! The promises of [`MemoryStore`] and [`Embedder`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ids::{ChannelName, ChatId, SenderId};
use crate::intent::{ManualNote, ManualNoteKind};
use crate::label::Label;
use crate::ports::{Embedder, MemoryQuery, MemoryStore};
use crate::testing::event::SENT_AT;

/// Checks that a dictated note is found in its own chat and nowhere else.
///
/// # Panics
/// When a promise is broken.
pub async fn memory_store_contract<M: MemoryStore>(make: impl AsyncFn() -> M) {
    let memory = make().await;
    let now = SENT_AT.parse().unwrap();
    let garden = "The garden gate opens with the brass key";
    memory.record(&note("garden@g.us", garden)).await.unwrap();
    memory.record(&note("harbour@g.us", "The harbour gate opens with the iron key")).await.unwrap();

    let hits = memory.recall(&query("garden@g.us", "Which key opens the garden gate?"), now).await.unwrap();
    assert!(hits.iter().any(|hit| hit.content.contains(garden)), "what was recorded here is found here");
    assert!(!hits.iter().any(|hit| hit.content.contains("iron")), "other chats are out of scope");
    assert!(hits.iter().all(|hit| (0.0..=1.0).contains(&hit.score)), "a score lies in 0..=1");
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score), "the best comes first");
    for hit in &hits {
        assert!(hit.labels.contains(Label::Memory), "what is recalled says so");
        assert!(hit.labels.contains(Label::Stranger), "and keeps the labels it was stored with");
    }
    let elsewhere = query("empty@g.us", "Which key opens the garden gate?");
    assert!(memory.recall(&elsewhere, now).await.unwrap().is_empty(), "a chat without notes has none");
    let mut other_network = query("garden@g.us", "Which key opens the garden gate?");
    other_network.channel = ChannelName::TELEGRAM;
    assert!(memory.recall(&other_network, now).await.unwrap().is_empty(), "a chat belongs to its network");
}

fn note(chat: &str, content: &str) -> ManualNote {
    ManualNote {
        channel: ChannelName::WHATSAPP,
        chat: ChatId::new(chat).unwrap(),
        sender: SenderId::new("49170@s.whatsapp.net").unwrap(),
        content: format!("[IDEA] {content}"),
        kind: ManualNoteKind::Idea,
        labels: Label::Stranger.into(),
    }
}

fn query(chat: &str, text: &str) -> MemoryQuery {
    MemoryQuery {
        channel: ChannelName::WHATSAPP,
        chat: ChatId::new(chat).unwrap(),
        sender: SenderId::new("49170@s.whatsapp.net").unwrap(),
        text: text.to_owned(),
        quoted: None,
    }
}

/// Checks shape, length and order of the vectors.
///
/// # Panics
/// When a promise is broken.
pub async fn embedder_contract<E: Embedder>(make: impl AsyncFn() -> E) {
    let embedder = make().await;
    let texts = ["the brass key", "", "ein Schlüssel aus Messing", "  \n ", "the brass key"];
    let vectors = embedder.embed(&texts).await.unwrap();
    assert_eq!(vectors.len(), texts.len(), "one answer per text, in order");
    for (text, vector) in texts.iter().zip(&vectors) {
        assert_eq!(vector.is_none(), text.trim().is_empty(), "{text:?}: none exactly for no words");
        if let Some(vector) = vector {
            assert_eq!(vector.len(), embedder.dimensions(), "a vector has its components");
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            assert!((length - 1.0).abs() < 1e-3, "a vector has unit length, not {length}");
        }
    }
    assert_eq!(vectors.first(), vectors.last(), "the same text gets the same vector");
    assert!(embedder.embed(&[]).await.unwrap().is_empty(), "no texts, no vectors");
}
