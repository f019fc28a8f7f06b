//! The console: a chat in a terminal, or answers in a pipe, on top of a [`LocalClient`].
//!
//! It is a user interface and nothing more: it holds no state of a conversation that the daemon does not
//! hold, and speaks to it only over the local protocol.

mod batch;
mod clean;
mod editor;
mod interactive;
mod interrupts;
mod paint;
mod screen;
mod turn;

use std::fmt;
use std::path::PathBuf;

use nanobot_core::ids::ChatId;
use tokio::io::AsyncRead;

pub use self::clean::{clean, clean_line};
pub use self::interrupts::Interrupts;
pub use self::paint::ConsoleIo;
use self::paint::{Painter, Remarks};
use self::screen::{Screen, Style};
use self::turn::Stage;
use crate::error::ConsoleError;
use crate::local::LocalClient;

/// How a console is run.
#[derive(Debug)]
pub struct ConsoleOptions {
    /// The chat to talk in.
    pub chat: ChatId,
    /// Where messages come from.
    pub input: ConsoleInput,
    /// Where typed lines are remembered, at most 1000, with mode 0600; nowhere if none. Interactive only.
    pub history_file: Option<PathBuf>,
    /// Whether remarks are dim. Interactive only.
    pub color: bool,
}

/// Where a console's messages come from.
pub enum ConsoleInput {
    /// A person at the terminal that is this process's standard input and output.
    Interactive,
    /// Each line that is not blank is a message.
    Piped(Box<dyn AsyncRead + Send + Unpin>),
    /// One message.
    Once(String),
}

impl fmt::Debug for ConsoleInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was written is nobody's business in a log.
        f.write_str(match self {
            Self::Interactive => "Interactive",
            Self::Piped(_) => "Piped",
            Self::Once(_) => "Once",
        })
    }
}

/// What a console did, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ConsoleSummary {
    /// Messages that were answered.
    pub answered: u64,
    /// Messages that by rule need no answer.
    pub ignored: u64,
    /// Messages that were taken and not answered, or not taken.
    pub failed: u64,
    /// Messages that are no proper input: not UTF-8, too large, or blank (exit code 65).
    pub unreadable: u64,
    /// Ctrl-C ended a batch before its input did.
    pub interrupted: bool,
}

/// Runs a console until its input ends. Attaches to the chat first. Interactive: streams each answer, and
/// Ctrl-C stops the turn. Otherwise: messages one by one, only answers on `io.out`, remarks and errors on
/// `io.err`; Ctrl-C stops the turn under way and ends the batch, a second one does not wait for that.
///
/// The caller closes the client afterwards ([`LocalClient::close`]), so that the last confirmation leaves.
///
/// # Errors
/// When the daemon has gone ([`ConsoleError::Client`]), or the terminal or a stream breaks.
pub async fn run_console(
    client: &mut LocalClient,
    options: ConsoleOptions,
    io: ConsoleIo<'_>,
    interrupts: &mut Interrupts,
) -> Result<ConsoleSummary, ConsoleError> {
    let ConsoleOptions { chat, input, history_file, color } = options;
    client.attach(&chat).await?;
    let (style, remarks) = match (&input, color) {
        (ConsoleInput::Interactive, true) => (Style::Live, Remarks::Dim),
        (ConsoleInput::Interactive, false) => (Style::Live, Remarks::Plain),
        (ConsoleInput::Piped(_) | ConsoleInput::Once(_), _) => (Style::Whole, Remarks::Apart),
    };
    let screen = Screen::new(style, chat.clone());
    let stage =
        Stage { client, chat, screen, painter: Painter::new(io, remarks), interrupts, stopped: false };
    match input {
        ConsoleInput::Interactive => {
            let mut editor = editor::Editor::open(history_file).await?;
            interactive::interactive(stage, &mut editor).await
        }
        ConsoleInput::Piped(input) => batch::piped(stage, input).await,
        ConsoleInput::Once(text) => batch::once(stage, &text).await,
    }
}

#[cfg(test)]
mod tests;
