//! Long-term memory: recall filters by scope before it ranks.

use async_trait::async_trait;

use crate::ids::{ChannelName, ChatId, SenderId};
use crate::intent::{ManualNote, NoteCapture};
use crate::label::Labels;
use crate::ports::StoreError;
use crate::time::Timestamp;

/// Turns text into vectors.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// How many components each vector has.
    fn dimensions(&self) -> usize;

    /// One vector per text (unit length, [`dimensions`](Self::dimensions) components); none for a text
    /// without words.
    ///
    /// # Errors
    /// When the model behind it fails.
    async fn embed(&self, texts: &[&str]) -> Result<Vec<Option<Vec<f32>>>, StoreError>;
}

/// What the assistant knows.
#[async_trait]
pub trait MemoryStore: Send + Sync {
    /// The best memories for a message, best first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn recall(&self, query: &MemoryQuery, now: Timestamp) -> Result<Vec<MemoryHit>, StoreError>;

    /// Takes an unanswered message for the next batch of notes.
    ///
    /// # Errors
    /// `Limit` when too many wait.
    async fn capture(&self, note: &NoteCapture) -> Result<(), StoreError>;

    /// Stores a dictated idea or backlog entry.
    ///
    /// # Errors
    /// When it could not be stored.
    async fn record(&self, note: &ManualNote) -> Result<(), StoreError>;
}

/// What to recall, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryQuery {
    /// The network.
    pub channel: ChannelName,
    /// The conversation: memories of other chats are out of scope.
    pub chat: ChatId,
    /// Who asks: memories of other people are out of scope.
    pub sender: SenderId,
    /// The message.
    pub text: String,
    /// The message that it answers.
    pub quoted: Option<String>,
}

/// One memory.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryHit {
    /// Its id.
    pub id: String,
    /// Its words.
    pub content: String,
    /// How well it fits, 0..1.
    pub score: f64,
    /// Where it came from, [`Label::Memory`](crate::Label::Memory) included.
    pub labels: Labels,
}
