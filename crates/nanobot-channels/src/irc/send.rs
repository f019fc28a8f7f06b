//! The way out: deliveries become jobs for the connection, and whoever sends waits for the outcome.
//!
//! While there is no connection nothing waits: the outbox keeps what is to be sent.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ids::ChannelName;
use nanobot_core::message::OutboundMessage;
use nanobot_core::ports::{ChannelSender, Delivery, Outgoing, SendError};
use tokio::sync::{mpsc, oneshot};

use super::outgoing::Waiter;
use super::split::split;
use super::status::Board;
use super::wire::OutLine;

/// Most lines of one message. At a line a second the last one comes after more than three minutes, which nobody
/// reads as an answer; and a channel would be full of it.
pub(super) const MAX_LINES: usize = 200;

/// The longest that a message may take in all, from the queue to its confirmation: the most lines at one a second,
/// and as much again for others that take turns with it.
const SEND_LIMIT: Duration = Duration::from_mins(7);

/// A message for the connection.
#[derive(Debug)]
pub(super) struct Job {
    /// The channel or nick.
    pub(super) target: String,
    /// Everything that is to be said there.
    pub(super) text: String,
    pub(super) waiter: Waiter,
}

impl Job {
    /// The lines of the message, where so many bytes of text fit into each.
    ///
    /// # Errors
    /// When there is nothing to say, or too much.
    pub(super) fn lines(&self, budget: usize) -> Result<Vec<OutLine>, SendError> {
        let lines = split(&self.text, budget);
        if lines.is_empty() {
            return Err(rejected("no_text"));
        }
        if lines.len() > MAX_LINES {
            return Err(rejected("too_long"));
        }
        let line = |line: &String| OutLine::new("PRIVMSG", &[&self.target], Some(line));
        lines.iter().map(line).collect::<Option<_>>().ok_or_else(|| rejected("bad_target"))
    }
}

/// The sender of channel `irc`.
#[derive(Debug, Clone)]
pub(super) struct IrcSender {
    pub(super) jobs: mpsc::Sender<Job>,
    pub(super) board: Board,
}

#[async_trait]
impl ChannelSender for IrcSender {
    fn channel(&self) -> ChannelName {
        super::channel_name()
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        let (chat, text) = match &delivery.outgoing {
            Outgoing::Message(message) => (&message.chat, text_of(message)),
            // IRC knows no messages that one could point at, so what is felt is said.
            Outgoing::Reaction(reaction) => (&reaction.chat, reaction.emoji.clone()),
        };
        if !self.board.is_connected() {
            return Err(SendError::Unreachable { wait: None });
        }
        let (waiter, outcome) = oneshot::channel();
        let job = Job { target: chat.as_str().to_owned(), text, waiter };
        let sent = async {
            self.jobs.send(job).await.ok()?;
            outcome.await.ok()
        };
        // Without an outcome the connection is gone, or the channel has ended.
        let sent = tokio::time::timeout(SEND_LIMIT, sent).await.ok().flatten();
        sent.unwrap_or(Err(SendError::Unreachable { wait: None }))
    }
}

/// The words of a message. IRC carries no files, so each is named on a line of its own: the answer is complete
/// without them, and a refusal would lose its words, too.
fn text_of(message: &OutboundMessage) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().replace(['\r', '\n'], " "));
    let files = message.media.iter().filter_map(|path| name(path)).map(|name| format!("[file: {name}]"));
    std::iter::once(message.text.clone()).chain(files).collect::<Vec<_>>().join("\n")
}

fn rejected(code: &str) -> SendError {
    SendError::Rejected { code: code.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn job(target: &str, text: &str) -> Job {
        Job { target: target.to_owned(), text: text.to_owned(), waiter: oneshot::channel().0 }
    }

    fn code(result: Result<Vec<OutLine>, SendError>) -> String {
        match result {
            Err(SendError::Rejected { code }) => code,
            other => panic!("rejected, not {other:?}"),
        }
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert_eq!(code(job("#a", " \n \u{2}").lines(400)), "no_text");
        assert_eq!(job("#a", &"x\n".repeat(MAX_LINES)).lines(400).unwrap().len(), MAX_LINES);
        assert_eq!(code(job("#a", &"x\n".repeat(MAX_LINES + 1)).lines(400)), "too_long");
    }

    #[test]
    fn files_are_named() {
        let message = OutboundMessage {
            channel: super::super::channel_name(),
            chat: nanobot_core::ids::ChatId::new("#a").unwrap(),
            text: "here".to_owned(),
            reply_to: None,
            media: vec!["/home/me/a.pdf".into(), "/x/b\r\nQUIT".into()],
        };
        assert_eq!(text_of(&message), "here\n[file: a.pdf]\n[file: b  QUIT]");
    }

    proptest! {
        #[test]
        fn no_text_becomes_a_command(text in "[\r\n\0\u{1} :ä]{0,6}(QUIT|PRIVMSG #b) ?[\r\n\0 :x]{0,6}.{0,9}") {
            if let Ok(lines) = job("#a", &text).lines(60) {
                for line in lines {
                    prop_assert!(line.as_str().starts_with("PRIVMSG #a :"));
                    let is_command = line.as_str().contains(['\r', '\n', '\0', '\u{1}']);
                    prop_assert!(!is_command);
                }
            }
        }
    }
}
