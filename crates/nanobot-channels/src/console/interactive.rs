//! The console with a person: reads lines from an editor, shows each turn as it runs.
//!
//! While the prompt is open, messages that arrive are printed above it. Ctrl-C stops a running turn and
//! never the program.

use async_trait::async_trait;

use super::ConsoleSummary;
use super::screen::{Show, TurnEnd};
use super::turn::{Followed, Sent, Stage};
use crate::error::{ClientError, ConsoleError};

/// What a person has typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A line, or several that were pasted at once.
    Line(String),
    /// Ctrl-C at the prompt.
    Interrupted,
    /// Ctrl-D.
    End,
}

/// Where lines come from.
#[async_trait]
pub(crate) trait LineSource: Send {
    /// Shows the prompt, if it is not open yet, and waits for a line. Nothing typed is lost when the future
    /// is dropped before it is done.
    ///
    /// # Errors
    /// When there is no terminal to read from.
    async fn next(&mut self) -> Result<Typed, ConsoleError>;

    /// Prints text above the open prompt; false when it cannot.
    fn above(&mut self, text: &str) -> bool;
}

const HELP: &str = "\
/help   this list
/quit   leave (also /exit, Ctrl-D)
Ctrl-C  stop the answer that is being written
Anything else goes to the assistant, other words with a slash included.";

const HOW_TO_LEAVE: &str = "(to leave, type /quit or press Ctrl-D)";

/// Talks until the person leaves.
///
/// # Errors
/// When the daemon has gone, or the terminal breaks.
pub(crate) async fn interactive(
    mut stage: Stage<'_, '_>,
    source: &mut dyn LineSource,
) -> Result<ConsoleSummary, ConsoleError> {
    let mut summary = ConsoleSummary::default();
    loop {
        match prompt(&mut stage, source).await? {
            Typed::End => return Ok(summary),
            Typed::Interrupted => stage.remark(HOW_TO_LEAVE)?,
            Typed::Line(line) => match line.trim() {
                "" => {}
                "/quit" | "/exit" => return Ok(summary),
                "/help" => stage.remark(HELP)?,
                text => message(&mut stage, &mut summary, text).await?,
            },
        }
    }
}

/// Waits for a line, and shows what arrives meanwhile.
async fn prompt(stage: &mut Stage<'_, '_>, source: &mut dyn LineSource) -> Result<Typed, ConsoleError> {
    loop {
        let event = tokio::select! {
            typed = source.next() => return typed,
            event = stage.client.next() => event,
        };
        let Some(event) = event else {
            let shows = stage.screen.remark("(the daemon has gone; press Enter to leave)");
            show_above(stage, source, &shows)?;
            // The editor holds the terminal in raw mode until its line is finished.
            source.next().await?;
            return Err(ClientError::Closed.into());
        };
        let shows = stage.screen.event(event);
        show_above(stage, source, &shows)?;
    }
}

fn show_above(
    stage: &mut Stage<'_, '_>,
    source: &mut dyn LineSource,
    shows: &[Show],
) -> Result<(), ConsoleError> {
    if shows.is_empty() || source.above(&stage.painter.text_of(shows)) {
        return Ok(());
    }
    stage.painter.paint(shows).map_err(ConsoleError::Output)
}

async fn message(
    stage: &mut Stage<'_, '_>,
    summary: &mut ConsoleSummary,
    text: &str,
) -> Result<(), ConsoleError> {
    stage.interrupts.forget();
    match stage.send(text).await? {
        Sent::Taken => {}
        Sent::Seen => return stage.remark("(the daemon has seen this message before)"),
        Sent::Left => {
            summary.failed += 1;
            return Ok(());
        }
        Sent::Failed(
            error @ (ClientError::Refused { .. } | ClientError::TooLarge { .. } | ClientError::NoAnswer),
        ) => {
            summary.failed += 1;
            return stage.remark(&format!("({})", super::clean::clean_line(&error.to_string())));
        }
        Sent::Failed(error) => return Err(error.into()),
    }
    match stage.follow(None).await? {
        Followed::Over(TurnEnd::Answered) => summary.answered += 1,
        Followed::Over(TurnEnd::Ignored) => summary.ignored += 1,
        Followed::Over(TurnEnd::Failed) | Followed::TooLong => summary.failed += 1,
        Followed::Left => {
            summary.failed += 1;
            stage.remark("(the turn has not stopped yet; its message is shown when it comes)")?;
        }
    }
    Ok(())
}
