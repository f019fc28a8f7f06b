//! What a chat sees of one turn.

use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::label::Labels;
use nanobot_core::model::{ChatMessage, ModelRequest};
use nanobot_core::ports::DeltaSink;

/// Chats that talk at a time. Half of them get their answers streamed, half in one piece.
pub(super) const CHATS: usize = 50;

/// Answers turns.
#[async_trait]
pub(super) trait Answerer: Send + Sync {
    /// One turn of a chat.
    async fn answer(&self, chat: usize, turn: usize) -> Turn;
}

/// A turn that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) number: usize,
    pub(super) took: Duration,
    /// The answer, or the code of the error.
    pub(super) answer: Result<Answer, &'static str>,
    /// What the chat holds at the end.
    pub(super) seen: String,
    /// How often it was told that the answer begins anew.
    pub(super) restarts: u32,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) text: String,
    /// Who gave it.
    pub(super) provider: String,
}

/// The mark of a turn, which an answer to it repeats.
pub(super) fn mark(turn: usize) -> String {
    format!("turn-{turn:06}")
}

/// What a chat asks in a turn.
pub(super) fn request(turn: usize) -> ModelRequest {
    let user = ChatMessage::User {
        text: format!("How is the weather?\n{}", mark(turn)),
        images: Vec::new(),
        labels: Labels::NONE,
    };
    ModelRequest {
        messages: vec![ChatMessage::System("Answer briefly.".to_owned()), user],
        ..Default::default()
    }
}

/// Whether the answers of this chat come in pieces.
pub(super) const fn is_streamed(chat: usize) -> bool {
    chat.is_multiple_of(2)
}

/// Holds what was sent to a chat.
#[derive(Debug, Default)]
pub(super) struct Viewer {
    pub(super) text: String,
    pub(super) restarts: u32,
    /// Does not hear restarts.
    pub(super) is_deaf: bool,
}

impl DeltaSink for Viewer {
    fn text(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    fn restart(&mut self) {
        self.restarts += 1;
        if !self.is_deaf {
            self.text.clear();
        }
    }
}
