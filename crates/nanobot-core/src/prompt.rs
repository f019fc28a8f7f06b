//! Prompt assembly: from what is known about a turn to the messages that a model reads.
//!
//! The order serves prompt caches: first what is the same in every turn of a chat, then the history, last
//! what is new. So the time stands just before the question and not, as in the original, near the top.

mod system;
mod user;

use crate::decision::Persona;
use crate::event::ChatKind;
use crate::ids::{ChannelName, ChatId};
use crate::label::{Label, Labels};
use crate::model::ChatMessage;
use crate::ports::{BootstrapFile, HistoryMessage, HistoryRole};
use crate::time::WallTime;

pub use user::{UserContent, VoiceReply, render_blocks, user_content};

/// How many stored messages the model sees (the original's figure).
pub const HISTORY_LIMIT: usize = 50;

/// Everything that a prompt is made of.
#[derive(Debug)]
pub struct PromptInput<'a> {
    /// The workspace folder as the model should know it.
    pub workspace: &'a str,
    /// The bootstrap files that exist, in order.
    pub bootstrap: &'a [BootstrapFile],
    /// The chat's persona, if it has one.
    pub persona: Option<&'a Persona>,
    /// The network that the answer goes to.
    pub channel: &'a ChannelName,
    /// The conversation that the answer goes to.
    pub chat: &'a ChatId,
    /// What was said before, oldest first.
    pub history: &'a [HistoryMessage],
    /// What a stored line without label counts as.
    pub unlabelled: Labels,
    /// The question.
    pub user: UserContent<'a>,
    /// Where the question came from.
    pub labels: Labels,
    /// The turn's reading of the clock.
    pub now: &'a WallTime,
}

/// Builds the conversation for the first model call of a turn.
pub fn assemble(input: &PromptInput<'_>) -> Vec<ChatMessage> {
    let mut messages = vec![ChatMessage::System(system::stable(input))];
    messages.extend(input.history.iter().filter_map(|line| stored(line, input.unlabelled)));
    messages.push(ChatMessage::System(system::moment(input.now)));
    messages.push(ChatMessage::User {
        text: user_content(&input.user),
        images: Vec::new(),
        labels: input.labels,
    });
    messages
}

/// What a stored line without label counts as: the owner's words in the owner's direct chat, else a
/// stranger's.
pub fn implied_labels(is_owner: bool, chat: ChatKind) -> Labels {
    match (is_owner, chat) {
        (true, ChatKind::Direct) => Label::Owner.into(),
        _ => Label::Stranger.into(),
    }
}

/// A stored line as the model may see it. Tool lines of the original carry no call id and instructions in a
/// session would be somebody's words in our voice: both are left out.
fn stored(line: &HistoryMessage, unlabelled: Labels) -> Option<ChatMessage> {
    let labels = line.labels.unwrap_or(unlabelled);
    let text = line.content.clone();
    match line.role {
        HistoryRole::User => Some(ChatMessage::User { text, images: Vec::new(), labels }),
        HistoryRole::Assistant => Some(ChatMessage::Assistant { text, tool_calls: Vec::new(), labels }),
        HistoryRole::Tool | HistoryRole::System => None,
    }
}

#[cfg(test)]
mod tests;
