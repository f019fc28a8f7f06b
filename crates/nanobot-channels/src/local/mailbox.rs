//! The queue of lines on their way to one peer: bounded in number and, for live frames, in bytes.
//!
//! Three ways in, by how much a loss would hurt: live frames may be dropped, frames that end something
//! use a reserve and tell when even that is used up, and answers to the peer's own requests wait for room.
//! It knows nothing about what a line says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

/// Sizes of one mailbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MailboxLimits {
    /// Lines that fit.
    pub(crate) lines: usize,
    /// Lines of these that live frames leave free.
    pub(crate) reserve: usize,
    /// Bytes beyond which live frames are dropped.
    pub(crate) live_bytes: usize,
}

/// The way into the queue. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox {
    lines: mpsc::Sender<Arc<str>>,
    bytes: Arc<AtomicUsize>,
    limits: MailboxLimits,
}

/// The way out of the queue.
#[derive(Debug)]
pub(crate) struct Drain {
    lines: mpsc::Receiver<Arc<str>>,
    bytes: Arc<AtomicUsize>,
}

/// There is no room, or nobody who would take the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Mailbox {
    /// An empty queue.
    pub(crate) fn new(limits: MailboxLimits) -> (Self, Drain) {
        let (sender, receiver) = mpsc::channel(limits.lines.max(1));
        let bytes = Arc::new(AtomicUsize::new(0));
        let drain = Drain { lines: receiver, bytes: Arc::clone(&bytes) };
        (Self { lines: sender, bytes, limits }, drain)
    }

    /// Queues a line that may be lost: only while the reserve and the byte limit stay untouched.
    ///
    /// # Errors
    /// [`NoRoom`]; the line is dropped.
    pub(crate) fn offer_live(&self, line: &Arc<str>) -> Result<(), NoRoom> {
        let queued = self.bytes.load(Ordering::Relaxed);
        if self.lines.capacity() <= self.limits.reserve || queued + line.len() > self.limits.live_bytes {
            return Err(NoRoom);
        }
        self.offer(line)
    }

    /// Queues a line that must not be lost, as long as there is any room at all.
    ///
    /// # Errors
    /// [`NoRoom`]; the peer has not read for so long that it should be let go.
    pub(crate) fn offer(&self, line: &Arc<str>) -> Result<(), NoRoom> {
        let length = line.len();
        self.bytes.fetch_add(length, Ordering::Relaxed);
        self.lines.try_send(Arc::clone(line)).map_err(|_| {
            self.bytes.fetch_sub(length, Ordering::Relaxed);
            NoRoom
        })
    }

    /// Queues a line, waiting for room: for answers to the peer's own requests, so that a peer that does
    /// not read its answers is not heard either.
    ///
    /// # Errors
    /// [`NoRoom`] when the way out is gone.
    pub(crate) async fn put(&self, line: impl Into<Arc<str>>) -> Result<(), NoRoom> {
        let line = line.into();
        let permit = self.lines.reserve().await.map_err(|_| NoRoom)?;
        self.bytes.fetch_add(line.len(), Ordering::Relaxed);
        permit.send(line);
        Ok(())
    }
}

impl Drain {
    /// The next line; none when every way in is gone and the queue is empty. Nothing is lost when the
    /// future is dropped.
    pub(crate) async fn next(&mut self) -> Option<Arc<str>> {
        let line = self.lines.recv().await?;
        self.bytes.fetch_sub(line.len(), Ordering::Relaxed);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: MailboxLimits = MailboxLimits { lines: 4, reserve: 2, live_bytes: 10 };

    fn line(text: &str) -> Arc<str> {
        Arc::from(text)
    }

    #[tokio::test]
    async fn live_lines_leave_the_reserve_free() {
        let (mailbox, _drain) = Mailbox::new(LIMITS);
        assert_eq!(mailbox.offer_live(&line("a")), Ok(()));
        assert_eq!(mailbox.offer_live(&line("b")), Ok(()));
        assert_eq!(mailbox.offer_live(&line("c")), Err(NoRoom));
        assert_eq!(mailbox.offer(&line("d")), Ok(()));
        assert_eq!(mailbox.offer(&line("e")), Ok(()));
        assert_eq!(mailbox.offer(&line("f")), Err(NoRoom));
    }

    #[tokio::test]
    async fn live_lines_stop_at_the_byte_limit_until_some_are_taken() {
        let (mailbox, mut drain) = Mailbox::new(LIMITS);
        assert_eq!(mailbox.offer_live(&line("12345678")), Ok(()));
        assert_eq!(mailbox.offer_live(&line("123")), Err(NoRoom));
        assert_eq!(drain.next().await.as_deref(), Some("12345678"));
        assert_eq!(mailbox.offer_live(&line("123")), Ok(()));
    }

    #[tokio::test]
    async fn the_queue_ends_when_every_way_in_is_gone() {
        let (mailbox, mut drain) = Mailbox::new(LIMITS);
        mailbox.put("last").await.unwrap();
        drop(mailbox);
        assert_eq!(drain.next().await.as_deref(), Some("last"));
        assert_eq!(drain.next().await, None);
    }
}
