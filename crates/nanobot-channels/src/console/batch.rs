//! The console without a person: messages from a pipe or the command line, answers to standard output.
//!
//! One message at a time, in order; a message that cannot be read or answered costs one line on the error
//! stream and stops nothing.

use futures_util::StreamExt;
use tokio::io::AsyncRead;
use tokio_util::codec::FramedRead;

use super::ConsoleSummary;
use super::screen::TurnEnd;
use super::turn::{Followed, Sent, Stage, TURN_LIMIT};
use crate::error::{ClientError, ConsoleError};
use crate::local::protocol::MAX_LINE_BYTES;
use crate::local::protocol::code::TOO_LARGE;
use crate::local::{BoundedLines, Line};

/// Answers one message.
///
/// # Errors
/// When the daemon has gone, or the output does not take the answer.
pub(crate) async fn once(mut stage: Stage<'_, '_>, text: &str) -> Result<ConsoleSummary, ConsoleError> {
    let mut summary = ConsoleSummary::default();
    if text.trim().is_empty() {
        summary.unreadable += 1;
        stage.remark("the message is blank")?;
        return Ok(summary);
    }
    message(&mut stage, &mut summary, text, "").await?;
    Ok(summary)
}

/// Answers every line that is not blank, until the input ends or somebody presses Ctrl-C. A line may have
/// as many bytes as a frame; the daemon's own limit for messages is lower.
///
/// # Errors
/// When the daemon has gone, the input breaks, or the output does not take an answer.
pub(crate) async fn piped(
    mut stage: Stage<'_, '_>,
    input: impl AsyncRead + Unpin,
) -> Result<ConsoleSummary, ConsoleError> {
    let mut lines = FramedRead::new(input, BoundedLines::new(MAX_LINE_BYTES));
    let mut summary = ConsoleSummary::default();
    let mut number = 0_u64;
    while !summary.interrupted {
        let line = tokio::select! {
            line = lines.next() => line,
            event = stage.client.next() => {
                let shows = stage.screen.event(event.ok_or(ClientError::Closed)?);
                stage.painter.paint(&shows).map_err(ConsoleError::Output)?;
                continue;
            }
            () = stage.interrupts.next() => {
                summary.interrupted = true;
                break;
            }
        };
        let Some(line) = line.transpose().map_err(ConsoleError::Input)? else { break };
        number += 1;
        let trouble = match line {
            Line::Text(text) if text.trim().is_empty() => continue,
            Line::Text(text) => {
                message(&mut stage, &mut summary, &text, &format!("line {number}: ")).await?;
                continue;
            }
            Line::TooLong => format!("line {number}: more than {MAX_LINE_BYTES} bytes; skipped"),
            Line::NotUtf8 => format!("line {number}: not valid UTF-8; skipped"),
        };
        summary.unreadable += 1;
        stage.remark(&trouble)?;
    }
    Ok(summary)
}

async fn message(
    stage: &mut Stage<'_, '_>,
    summary: &mut ConsoleSummary,
    text: &str,
    place: &str,
) -> Result<(), ConsoleError> {
    let sent = stage.send(text).await?;
    summary.interrupted |= stage.stopped;
    match sent {
        Sent::Taken => {}
        Sent::Seen => {
            summary.ignored += 1;
            return stage.remark(&format!("{place}the daemon has seen this message before"));
        }
        Sent::Failed(error) => return refused(stage, summary, error, place),
        Sent::Left => {
            summary.failed += 1;
            return Ok(());
        }
    }
    let followed = stage.follow(Some(TURN_LIMIT)).await?;
    summary.interrupted |= stage.stopped;
    match followed {
        Followed::Over(TurnEnd::Answered) => summary.answered += 1,
        Followed::Over(TurnEnd::Ignored) => summary.ignored += 1,
        Followed::Over(TurnEnd::Failed) | Followed::Left => summary.failed += 1,
        Followed::TooLong => {
            summary.failed += 1;
            stage.remark(&format!("{place}no answer within {} minutes", TURN_LIMIT.as_secs() / 60))?;
        }
    }
    Ok(())
}

/// Counts a message that was not taken; an ended connection ends the batch.
fn refused(
    stage: &mut Stage<'_, '_>,
    summary: &mut ConsoleSummary,
    error: ClientError,
    place: &str,
) -> Result<(), ConsoleError> {
    match &error {
        ClientError::TooLarge { .. } => summary.unreadable += 1,
        ClientError::Refused { code, .. } if code == TOO_LARGE => summary.unreadable += 1,
        ClientError::Refused { .. } | ClientError::NoAnswer => summary.failed += 1,
        _ => return Err(error.into()),
    }
    stage.remark(&format!("{place}{}", super::clean::clean_line(&error.to_string())))
}
