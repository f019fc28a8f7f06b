//! Long-term memory and vectors without a database or a model.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

use async_trait::async_trait;

use super::Trouble;
use crate::ids::{ChannelName, ChatId};
use crate::intent::{ManualNote, NoteCapture};
use crate::label::{Label, Labels};
use crate::ports::{Embedder, MemoryHit, MemoryQuery, MemoryStore, StoreError};
use crate::stand_in::hold;
use crate::time::Timestamp;

/// Remembers dictated notes per chat and finds them again by common words.
#[derive(Debug, Default)]
pub struct FakeMemory {
    /// Failures on request.
    pub trouble: Trouble,
    rows: Mutex<Vec<Row>>,
    captured: Mutex<Vec<NoteCapture>>,
}

#[derive(Debug)]
struct Row {
    channel: ChannelName,
    chat: ChatId,
    content: String,
    labels: Labels,
}

impl FakeMemory {
    /// Knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Knows one thing more, in one chat.
    pub fn know(&self, channel: ChannelName, chat: ChatId, content: &str, labels: Labels) {
        let content = content.to_owned();
        hold(&self.rows).push(Row { channel, chat, content, labels });
    }

    /// The messages that were given to the note taker, in order.
    pub fn captured(&self) -> Vec<NoteCapture> {
        hold(&self.captured).clone()
    }

    /// Everything that is known, in order of arrival.
    pub fn contents(&self) -> Vec<String> {
        hold(&self.rows).iter().map(|row| row.content.clone()).collect()
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[async_trait]
impl MemoryStore for FakeMemory {
    async fn recall(&self, query: &MemoryQuery, _now: Timestamp) -> Result<Vec<MemoryHit>, StoreError> {
        self.trouble.strike("recall")?;
        let wanted = words(&query.text);
        let mut hits = Vec::new();
        for (index, row) in hold(&self.rows).iter().enumerate() {
            if row.channel != query.channel || row.chat != query.chat {
                continue;
            }
            let known = words(&row.content);
            let (common, all) = (wanted.intersection(&known).count(), wanted.union(&known).count());
            if common > 0 {
                let score = ratio(common, all);
                let labels = row.labels.join(Label::Memory.into());
                hits.push(MemoryHit {
                    id: format!("row-{index}"),
                    content: row.content.clone(),
                    score,
                    labels,
                });
            }
        }
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(hits)
    }

    async fn capture(&self, note: &NoteCapture) -> Result<(), StoreError> {
        self.trouble.strike("capture")?;
        hold(&self.captured).push(note.clone());
        Ok(())
    }

    async fn record(&self, note: &ManualNote) -> Result<(), StoreError> {
        self.trouble.strike("record")?;
        self.know(note.channel.clone(), note.chat.clone(), &note.content, note.labels);
        Ok(())
    }
}

/// Jaccard overlap of two small word counts, 0..=1.
fn ratio(common: usize, all: usize) -> f64 {
    let small = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if all == 0 { 0.0 } else { small(common) / small(all) }
}

/// Turns each word into a direction by its hash: texts with common words lie close to each other.
#[derive(Debug, Default)]
pub struct FakeEmbedder {
    /// Failures on request.
    pub trouble: Trouble,
}

impl FakeEmbedder {
    /// Components per vector.
    pub const DIMENSIONS: usize = 32;

    /// An embedder without a model.
    pub fn new() -> Self {
        Self::default()
    }
}

fn vector(text: &str) -> Option<Vec<f32>> {
    let mut components = [0.0_f32; FakeEmbedder::DIMENSIONS];
    for word in words(text) {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        let slots = u64::try_from(FakeEmbedder::DIMENSIONS).unwrap_or(1);
        let slot = usize::try_from(hasher.finish() % slots).unwrap_or(0);
        if let Some(component) = components.get_mut(slot) {
            *component += 1.0;
        }
    }
    let length = components.iter().map(|x| x * x).sum::<f32>().sqrt();
    (length > 0.0).then(|| components.iter().map(|x| x / length).collect())
}

#[async_trait]
impl Embedder for FakeEmbedder {
    fn dimensions(&self) -> usize {
        Self::DIMENSIONS
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Option<Vec<f32>>>, StoreError> {
        self.trouble.strike("embed")?;
        Ok(texts.iter().map(|text| vector(text)).collect())
    }
}
