//! The way in: messages wait here, in order, until the daemon has stored them.
//!
//! IRC knows no acknowledgement, so nobody sends a message again that was refused. It is tried for a while, and
//! dropped with a line in the log after that. How many may wait is limited; beyond that nothing is read.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::ChatId;
use nanobot_core::ports::{Ingest, IngestError};
use tokio::sync::mpsc;

use super::status::Board;

/// Most messages that wait. Beyond that the socket is not read, and the server holds back what comes.
pub(super) const MAX_WAITING: usize = 256;

/// Pauses between the tries to store one message, six and a half seconds in all: as long as a short turn, and much
/// shorter than the patience of a server whose `PING` stands behind it.
const PAUSES: [Duration; 7] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(2),
];

/// How long messages that wait may still be stored once the channel is told to end.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Chats that are remembered for having lost a message.
const MAX_TROUBLED: usize = 256;

/// Hands messages to the daemon until nobody brings any more.
pub(super) async fn run(
    mut waiting: mpsc::Receiver<InboundEvent>,
    ingest: Arc<dyn Ingest>,
    board: Board,
    cancel: CancelToken,
) {
    let work = async {
        let mut intake =
            Intake { ingest, board: board.clone(), cancel: cancel.clone(), troubled: HashSet::new() };
        while let Some(event) = waiting.recv().await {
            intake.store(event).await;
        }
    };
    let too_late = async {
        cancel.cancelled().await;
        tokio::time::sleep(END_LIMIT).await;
    };
    tokio::select! {
        () = work => {}
        () = too_late => tracing::warn!("irc messages that waited were dropped: the channel ends"),
    }
}

struct Intake {
    ingest: Arc<dyn Ingest>,
    board: Board,
    cancel: CancelToken,
    /// Chats whose last message was dropped: the next one is tried once, so that a chat that is full does not hold
    /// up all others for seconds with each of its messages.
    troubled: HashSet<ChatId>,
}

impl Intake {
    async fn store(&mut self, event: InboundEvent) {
        let chat = event.chat.clone();
        let pauses = if self.troubled.contains(&chat) { &[][..] } else { &PAUSES[..] };
        let mut pauses = pauses.iter();
        loop {
            let Err(refusal) = self.ingest.receive(event.clone()).await else {
                self.troubled.remove(&chat);
                return;
            };
            let may_pass = may_pass(&refusal);
            let Some(pause) = pauses.next().filter(|_| may_pass) else {
                let dropped = self.board.dropped();
                tracing::warn!(%chat, %refusal, dropped, "an irc message was dropped: it was not taken");
                if may_pass && self.troubled.len() < MAX_TROUBLED {
                    self.troubled.insert(chat);
                }
                return;
            };
            if self.cancel.race(tokio::time::sleep(*pause)).await.is_none() {
                // Who ends does not wait, but tries once more.
                pauses = [].iter();
            }
        }
    }
}

/// Whether the same message may be taken a little later.
fn may_pass(refusal: &IngestError) -> bool {
    match refusal {
        IngestError::QueueFull { .. } | IngestError::TooManyChats { .. } | IngestError::Store(_) => true,
        IngestError::TooLarge { .. } | IngestError::Draining => false,
    }
}

#[cfg(test)]
mod tests;
