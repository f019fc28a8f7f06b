//! The queue of lines on their way to one peer: bounded in number and in bytes.
//!
//! Three ways in, by how much a loss would hurt: live frames may be dropped, frames that end something
//! use a reserve and tell when even that is used up, and answers to the peer's own requests wait for room.
//! The first two count as events; answers have a byte limit of their own and leave the reserve free, so that a
//! peer which asks for much is not let go for it when its turn ends. It knows nothing about what a line says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Sizes of one mailbox. What waits at most is `event_bytes` and `answer_bytes` together, besides the one
/// line that is being written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MailboxLimits {
    /// Lines that fit.
    pub(crate) lines: usize,
    /// Lines of these that live frames and answers together leave free, though at least one line is theirs.
    pub(crate) reserve: usize,
    /// Bytes of events beyond which live frames are dropped.
    pub(crate) live_bytes: usize,
    /// Bytes of events, the live ones among them, beyond which there is no room.
    pub(crate) event_bytes: usize,
    /// Bytes of answers beyond which the next one waits. An answer that is longer has the room to itself.
    pub(crate) answer_bytes: usize,
}

/// A line in the queue.
#[derive(Debug)]
struct Waiting {
    line: Arc<str>,
    /// An answer holds its room until it is taken; any other line counts as an event.
    answer: Option<OwnedSemaphorePermit>,
    /// One of the lines outside the reserve, held by a live frame or an answer until it is taken.
    _unreserved: Option<OwnedSemaphorePermit>,
}

/// The way into the queue. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox {
    lines: mpsc::Sender<Waiting>,
    event_bytes: Arc<AtomicUsize>,
    answer_room: Arc<Semaphore>,
    unreserved: Arc<Semaphore>,
    limits: MailboxLimits,
}

/// The way out of the queue.
#[derive(Debug)]
pub(crate) struct Drain {
    lines: mpsc::Receiver<Waiting>,
    event_bytes: Arc<AtomicUsize>,
    answer_room: Arc<Semaphore>,
    unreserved: Arc<Semaphore>,
}

/// There is no room, or nobody who would take the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Mailbox {
    /// An empty queue.
    pub(crate) fn new(mut limits: MailboxLimits) -> (Self, Drain) {
        limits.answer_bytes = limits.answer_bytes.clamp(1, Semaphore::MAX_PERMITS);
        let (sender, receiver) = mpsc::channel(limits.lines.max(1));
        let event_bytes = Arc::new(AtomicUsize::new(0));
        let answer_room = Arc::new(Semaphore::new(limits.answer_bytes));
        let outside = limits.lines.saturating_sub(limits.reserve).clamp(1, Semaphore::MAX_PERMITS);
        let unreserved = Arc::new(Semaphore::new(outside));
        let drain = Drain {
            lines: receiver,
            event_bytes: Arc::clone(&event_bytes),
            answer_room: Arc::clone(&answer_room),
            unreserved: Arc::clone(&unreserved),
        };
        (Self { lines: sender, event_bytes, answer_room, unreserved, limits }, drain)
    }

    /// Queues a line that may be lost: only while the reserve and the byte limit stay untouched.
    ///
    /// # Errors
    /// [`NoRoom`]; the line is dropped.
    pub(crate) fn offer_live(&self, line: &Arc<str>) -> Result<(), NoRoom> {
        if self.lines.capacity() <= self.limits.reserve {
            return Err(NoRoom);
        }
        let unreserved = Arc::clone(&self.unreserved).try_acquire_owned().map_err(|_| NoRoom)?;
        self.push(line, self.limits.live_bytes, Some(unreserved))
    }

    /// Queues a line that must not be lost, as long as there is any room at all.
    ///
    /// # Errors
    /// [`NoRoom`]; the peer has not read for so long that it should be let go.
    pub(crate) fn offer(&self, line: &Arc<str>) -> Result<(), NoRoom> {
        self.push(line, self.limits.event_bytes, None)
    }

    fn push(
        &self,
        line: &Arc<str>,
        most_bytes: usize,
        unreserved: Option<OwnedSemaphorePermit>,
    ) -> Result<(), NoRoom> {
        let length = line.len();
        let before = self.event_bytes.fetch_add(length, Ordering::Relaxed);
        let fits = before.saturating_add(length) <= most_bytes;
        let waiting = Waiting { line: Arc::clone(line), answer: None, _unreserved: unreserved };
        if fits && self.lines.try_send(waiting).is_ok() {
            return Ok(());
        }
        self.event_bytes.fetch_sub(length, Ordering::Relaxed);
        Err(NoRoom)
    }

    /// Queues a line, waiting for room in bytes and lines: for answers to the peer's own requests, so that a
    /// peer that does not read its answers is not heard either.
    ///
    /// # Errors
    /// [`NoRoom`] when the way out is gone.
    pub(crate) async fn put(&self, line: impl Into<Arc<str>>) -> Result<(), NoRoom> {
        let line = line.into();
        let bytes = u32::try_from(line.len().min(self.limits.answer_bytes)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.answer_room).acquire_many_owned(bytes).await.map_err(|_| NoRoom)?;
        let unreserved = Arc::clone(&self.unreserved).acquire_owned().await.map_err(|_| NoRoom)?;
        let permit = self.lines.reserve().await.map_err(|_| NoRoom)?;
        permit.send(Waiting { line, answer: Some(room), _unreserved: Some(unreserved) });
        Ok(())
    }

    /// Bytes that wait for the peer.
    #[cfg(test)]
    pub(crate) fn waiting_bytes(&self) -> usize {
        let answers = self.limits.answer_bytes - self.answer_room.available_permits();
        self.event_bytes.load(Ordering::Relaxed) + answers
    }
}

impl Drain {
    /// The next line; none when every way in is gone and the queue is empty. Nothing is lost when the
    /// future is dropped.
    pub(crate) async fn next(&mut self) -> Option<Arc<str>> {
        let Waiting { line, answer, .. } = self.lines.recv().await?;
        if answer.is_none() {
            self.event_bytes.fetch_sub(line.len(), Ordering::Relaxed);
        }
        Some(line)
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        // Whoever waits for room learns that there will be none.
        self.answer_room.close();
        self.unreserved.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const LIMITS: MailboxLimits =
        MailboxLimits { lines: 4, reserve: 2, live_bytes: 10, event_bytes: 20, answer_bytes: 10 };

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
    async fn lines_that_must_not_be_lost_have_a_byte_limit_of_their_own() {
        let (mailbox, mut drain) = Mailbox::new(LIMITS);
        assert_eq!(mailbox.offer(&line("123456789012345")), Ok(()));
        assert_eq!(mailbox.offer(&line("123456")), Err(NoRoom));
        assert_eq!(mailbox.waiting_bytes(), 15);
        assert_eq!(mailbox.offer(&line("12345")), Ok(()));
        drain.next().await.unwrap();
        assert_eq!(mailbox.waiting_bytes(), 5);
    }

    #[tokio::test]
    async fn an_answer_waits_for_bytes_until_some_are_taken() {
        let (mailbox, mut drain) = Mailbox::new(LIMITS);
        mailbox.put("12345678").await.unwrap();
        let mut second = std::pin::pin!(mailbox.put("1234"));
        assert_eq!(second.as_mut().now_or_never(), None);
        // Events have room of their own meanwhile.
        assert_eq!(mailbox.offer(&line("event")), Ok(()));
        assert_eq!(drain.next().await.as_deref(), Some("12345678"));
        assert_eq!(second.await, Ok(()));
        assert_eq!(drain.next().await.as_deref(), Some("event"));
        assert_eq!(drain.next().await.as_deref(), Some("1234"));
    }

    #[tokio::test]
    async fn many_small_answers_leave_room_for_the_end_of_a_turn() {
        let (mailbox, mut drain) = Mailbox::new(LIMITS);
        assert_eq!(mailbox.put("1").now_or_never(), Some(Ok(())));
        assert_eq!(mailbox.put("2").now_or_never(), Some(Ok(())));
        let mut third = std::pin::pin!(mailbox.put("3"));
        assert_eq!(third.as_mut().now_or_never(), None);
        assert_eq!(mailbox.offer(&line("ended")), Ok(()));
        assert_eq!(mailbox.offer(&line("delivered")), Ok(()));
        assert_eq!(drain.next().await.as_deref(), Some("1"));
        assert_eq!(third.await, Ok(()));
        assert_eq!(drain.next().await.as_deref(), Some("2"));
        assert_eq!(drain.next().await.as_deref(), Some("ended"));
    }

    #[tokio::test]
    async fn live_lines_and_answers_together_leave_the_reserve_free() {
        let (mailbox, mut drain) = Mailbox::new(LIMITS);
        assert_eq!(mailbox.offer_live(&line("live")), Ok(()));
        assert_eq!(mailbox.put("1").now_or_never(), Some(Ok(())));
        let mut second = std::pin::pin!(mailbox.put("2"));
        assert_eq!(second.as_mut().now_or_never(), None);
        assert_eq!(mailbox.offer_live(&line("lost")), Err(NoRoom));
        assert_eq!(mailbox.offer(&line("ended")), Ok(()));
        assert_eq!(mailbox.offer(&line("delivered")), Ok(()));
        drain.next().await.unwrap();
        assert_eq!(second.await, Ok(()));
    }

    #[tokio::test]
    async fn an_answer_over_the_whole_limit_has_the_room_to_itself() {
        let (mailbox, mut drain) = Mailbox::new(LIMITS);
        mailbox.put("longer than ten bytes").await.unwrap();
        let mut second = std::pin::pin!(mailbox.put("1"));
        assert_eq!(second.as_mut().now_or_never(), None);
        drain.next().await.unwrap();
        assert_eq!(second.await, Ok(()));
    }

    #[tokio::test]
    async fn an_answer_that_waits_ends_with_the_way_out() {
        let (mailbox, drain) = Mailbox::new(LIMITS);
        mailbox.put("1234567890").await.unwrap();
        let mut second = std::pin::pin!(mailbox.put("1"));
        assert_eq!(second.as_mut().now_or_never(), None);
        drop(drain);
        assert_eq!(second.await, Err(NoRoom));
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
