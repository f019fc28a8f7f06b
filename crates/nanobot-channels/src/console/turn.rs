//! One message and its turn: sent, acknowledged, and followed to its end. Ctrl-C is heard all along.

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use nanobot_core::ids::{ChatId, TurnId};

use super::interrupts::Interrupts;
use super::paint::Painter;
use super::screen::{Progress, Screen, TurnEnd};
use crate::error::{ClientError, ConsoleError};
use crate::local::LocalClient;

/// How long the message of a turn that has ended may still be on the way.
const DELIVERY_LIMIT: Duration = Duration::from_secs(10);

/// How long a turn is followed where no person watches.
pub(crate) const TURN_LIMIT: Duration = Duration::from_hours(1);

const STOPPING: &str = "(stopping)";
const NOT_KNOWN: &str = "(it is not known whether the message was taken)";

/// Everything that following a turn touches.
pub(crate) struct Stage<'a, 'io> {
    /// The connection.
    pub(crate) client: &'a mut LocalClient,
    /// The chat.
    pub(crate) chat: ChatId,
    /// What a person sees.
    pub(crate) screen: Screen,
    /// Where it is written.
    pub(crate) painter: Painter<'io>,
    /// Ctrl-C.
    pub(crate) interrupts: &'a mut Interrupts,
    /// Ctrl-C was pressed since the latest message was sent.
    pub(crate) stopped: bool,
}

/// What became of a message that was sent.
#[derive(Debug)]
pub(crate) enum Sent {
    /// It is durable, and the screen watches its turn.
    Taken,
    /// The daemon has seen it before.
    Seen,
    /// It was not taken, or nobody knows.
    Failed(ClientError),
    /// A person does not want to wait for the answer (Ctrl-C for the second time).
    Left,
}

/// Why following has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Followed {
    /// The turn is over.
    Over(TurnEnd),
    /// A person does not want to wait for its end (Ctrl-C for the second time).
    Left,
    /// The limit has passed.
    TooLong,
}

impl Stage<'_, '_> {
    /// Sends a message and waits until it is taken, at most 30 s. The first Ctrl-C stops its turn as soon as
    /// it is known, the second one the waiting: then it is not known whether the message was taken, which is
    /// said.
    ///
    /// # Errors
    /// When the output does not take what is shown, or the daemon goes while the turn is stopped.
    pub(crate) async fn send(&mut self, text: &str) -> Result<Sent, ConsoleError> {
        self.stopped = false;
        let sent = {
            let mut sending = pin!(self.client.send(&self.chat, text));
            loop {
                tokio::select! {
                    sent = &mut sending => break sent,
                    () = self.interrupts.next() => {
                        let remark = if self.stopped { NOT_KNOWN } else { STOPPING };
                        let shows = self.screen.remark(remark);
                        self.painter.paint(&shows).map_err(ConsoleError::Output)?;
                        if self.stopped {
                            return Ok(Sent::Left);
                        }
                        self.stopped = true;
                    }
                }
            }
        };
        let turn: TurnId = match sent {
            Ok(Some(turn)) => turn,
            Ok(None) => return Ok(Sent::Seen),
            Err(error) => return Ok(Sent::Failed(error)),
        };
        self.screen.begin(turn);
        if self.stopped {
            self.client.cancel(&self.chat).await?;
        }
        Ok(Sent::Taken)
    }

    /// Shows the turn that the screen watches until it is over. The first Ctrl-C stops the turn, the second
    /// one, counted from the sending, the waiting. `limit` bounds the whole; without one, only a person ends
    /// it.
    ///
    /// # Errors
    /// When the daemon has gone, or the output does not take what is shown.
    pub(crate) async fn follow(&mut self, limit: Option<Duration>) -> Result<Followed, ConsoleError> {
        let mut limit = pin!(sleep_or_wait(limit));
        let mut delivery = pin!(sleep_or_wait(None));
        let mut awaiting = false;
        loop {
            match self.screen.progress() {
                Progress::Over(end) => return Ok(Followed::Over(end)),
                Progress::AwaitingDelivery if !awaiting => {
                    awaiting = true;
                    delivery.set(sleep_or_wait(Some(DELIVERY_LIMIT)));
                }
                Progress::AwaitingDelivery | Progress::Running => {}
            }
            tokio::select! {
                event = self.client.next() => {
                    let event = event.ok_or(ClientError::Closed)?;
                    let shows = self.screen.event(event);
                    self.painter.paint(&shows).map_err(ConsoleError::Output)?;
                }
                () = self.interrupts.next() => {
                    if self.stopped {
                        self.screen.leave();
                        return Ok(Followed::Left);
                    }
                    self.stopped = true;
                    self.remark(STOPPING)?;
                    self.client.cancel(&self.chat).await?;
                }
                () = &mut delivery => {
                    let shows = self.screen.give_up();
                    self.painter.paint(&shows).map_err(ConsoleError::Output)?;
                    return Ok(Followed::Over(TurnEnd::Failed));
                }
                () = &mut limit => return Ok(Followed::TooLong),
            }
        }
    }

    /// Writes a remark of the console itself.
    ///
    /// # Errors
    /// When the output does not take it.
    pub(crate) fn remark(&mut self, text: &str) -> Result<(), ConsoleError> {
        let shows = self.screen.remark(text);
        self.painter.paint(&shows).map_err(ConsoleError::Output)
    }
}

async fn sleep_or_wait(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => pending().await,
    }
}
