//! The pump around one connection: bytes in, bytes out, seconds, and what the state machine wants done.
//!
//! Decides nothing about IRC; `session.rs` does. Reading stops while a message waits for room behind it
//! (`intake.rs`), so that a flood holds up the server and not our memory.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use nanobot_core::cancel::CancelToken;
use nanobot_core::event::InboundEvent;
use nanobot_core::ports::{Clock, IdGenerator};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::bytes::BytesMut;
use tokio_util::codec::FramedRead;

use super::connect::Wire;
use super::event::event;
use super::frames::{Frame, Frames, MAX_LINE_BYTES};
use super::outgoing::{MAX_UNDER_WAY, Outgoing};
use super::pace::Bucket;
use super::send::Job;
use super::session::{Action, Down, Heard, Session};
use super::settings::Plan;
use super::status::Board;
use super::wire::{Message, OutLine};

/// The step in which the state machine counts time.
const SECOND: Duration = Duration::from_secs(1);

/// Bytes that may wait for the socket before no further message is begun.
const ENOUGH_OUT: usize = 4 * 1024;

/// Bytes that may wait for the socket in all; a server that lets more pile up does not read. What a server makes us
/// answer is a line of at most 512 bytes each.
const MAX_OUT: usize = 64 * 1024;

/// Seconds that messages under way get when the channel is told to end.
const END_LIMIT: u32 = 5;

/// How long saying goodbye may take.
const QUIT_LIMIT: Duration = Duration::from_secs(2);

/// What all connections share.
#[derive(Clone)]
pub(super) struct Deps {
    pub(super) plan: Arc<Plan>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) board: Board,
}

/// Serves a connection to its end, or until `stop` fires. Answers for how many seconds messages could be sent.
pub(super) async fn serve<S: Wire>(
    stream: S,
    deps: &Deps,
    jobs: &mut mpsc::Receiver<Job>,
    intake: &mpsc::Sender<InboundEvent>,
    stop: &CancelToken,
) -> u32 {
    let (read, mut write) = tokio::io::split(stream);
    let mut frames = FramedRead::new(read, Frames::default());
    let mut link = Link::open(deps.clone());
    let mut seconds = interval(SECOND);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    seconds.reset();
    let mut refill = interval(deps.plan.pace.interval);
    refill.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while link.goes_on() {
        let was_full = link.bucket.is_full();
        link.fill();
        if was_full {
            refill.reset();
        }
        // In this order: what ends a thing before what begins one, and what comes in last. Nothing above it is
        // ready for ever.
        tokio::select! {
            biased;
            () = stop.cancelled(), if link.ending.is_none() => link.end(intake),
            _ = seconds.tick() => link.second(),
            written = push(&mut write, &mut link.out, &mut link.is_flushed), if link.has_output() => {
                if written.is_err() {
                    link.down = Some(Down::Closed);
                }
            }
            room = intake.reserve(), if link.held.is_some() => {
                if let (Ok(room), Some(event)) = (room, link.held.take()) {
                    room.send(event);
                }
            }
            _ = refill.tick(), if !link.bucket.is_full() => link.bucket.refill(),
            Some(job) = jobs.recv(), if link.takes_jobs() => link.take(job),
            frame = frames.next(), if link.held.is_none() => link.read(frame),
        }
    }
    let served = link.session.served_seconds();
    link.close(&mut write, intake).await;
    served
}

/// Writes what waits, as far as the socket takes it; flushes when nothing waits. May be dropped at any point.
async fn push<W: AsyncWrite + Unpin>(
    write: &mut W,
    out: &mut BytesMut,
    is_flushed: &mut bool,
) -> io::Result<()> {
    if out.is_empty() {
        write.flush().await?;
        *is_flushed = true;
    } else if write.write_buf(out).await? == 0 {
        return Err(io::ErrorKind::WriteZero.into());
    }
    Ok(())
}

struct Link {
    deps: Deps,
    session: Session,
    outgoing: Outgoing,
    bucket: Bucket,
    out: BytesMut,
    is_flushed: bool,
    /// A message for which there was no room yet. Nothing is read meanwhile.
    held: Option<InboundEvent>,
    down: Option<Down>,
    /// Seconds since the channel was told to end.
    ending: Option<u32>,
}

impl Link {
    fn open(deps: Deps) -> Self {
        let (session, hello) = Session::open(deps.plan.clone());
        let mut link = Self {
            session,
            outgoing: Outgoing::default(),
            bucket: Bucket::new(deps.plan.pace.burst),
            out: BytesMut::new(),
            is_flushed: true,
            held: None,
            down: None,
            ending: None,
            deps,
        };
        link.apply(hello);
        link
    }

    fn goes_on(&self) -> bool {
        let is_done = self.ending.is_some_and(|seconds| seconds >= END_LIMIT || self.outgoing.len() == 0);
        self.down.is_none() && !is_done
    }

    fn has_output(&self) -> bool {
        !self.out.is_empty() || !self.is_flushed
    }

    fn takes_jobs(&self) -> bool {
        self.ending.is_none() && self.outgoing.len() < MAX_UNDER_WAY
    }

    /// Begins as many lines as the pace allows.
    fn fill(&mut self) {
        while self.out.len() < ENOUGH_OUT && self.bucket.take() {
            let Some(line) = self.outgoing.next_line(|a, b| self.session.same(a, b)) else {
                self.bucket.refill();
                return;
            };
            self.put(&line);
        }
    }

    fn put(&mut self, line: &OutLine) {
        self.out.extend_from_slice(line.as_str().as_bytes());
        self.out.extend_from_slice(b"\r\n");
        self.is_flushed = false;
        if self.out.len() > MAX_OUT {
            self.down = Some(Down::Stuck);
        }
    }

    fn read(&mut self, frame: Option<io::Result<Frame>>) {
        match frame {
            Some(Ok(Frame::Line(line))) => {
                if let Some(message) = Message::parse(&line) {
                    let actions = self.session.line(&message);
                    self.apply(actions);
                } else if !line.trim().is_empty() {
                    tracing::debug!(bytes = line.len(), "a line of the irc server is no message");
                }
            }
            Some(Ok(Frame::TooLong)) => {
                tracing::warn!(
                    limit = MAX_LINE_BYTES,
                    "a line of the irc server was too long and was dropped"
                );
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "reading from the irc server failed");
                self.down = Some(Down::Closed);
            }
            None => self.down = Some(Down::Closed),
        }
    }

    fn second(&mut self) {
        self.outgoing.tick();
        let actions = self.session.tick();
        self.apply(actions);
        self.ending = self.ending.map(|seconds| seconds + 1);
    }

    fn take(&mut self, job: Job) {
        let lines = self.session.room_for_text(&job.target).and_then(|budget| job.lines(budget));
        match lines {
            Ok(lines) => self.outgoing.push(job.target, lines, self.deps.ids.token(), job.waiter),
            // Whoever waited may have given up meanwhile.
            Err(error) => drop(job.waiter.send(Err(error))),
        }
    }

    fn apply(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Send(line) => {
                    self.bucket.take_anyway();
                    self.put(&line);
                }
                Action::Heard(heard) => self.heard(heard),
                Action::Ready => {
                    tracing::info!(nick = self.session.nick(), "the irc server has let us in");
                }
                Action::Pong(token) => self.outgoing.confirmed(&token),
                Action::Refused { target, code } => {
                    self.outgoing.refused(code, |known| self.session.same(known, &target));
                }
                Action::Left(channel) => {
                    tracing::warn!(channel, "we are out of an irc channel");
                    self.outgoing.cut_off(|known| self.session.same(known, &channel));
                }
                Action::NotJoined { channel, numeric } => {
                    tracing::warn!(
                        channel,
                        numeric,
                        "an irc channel cannot be joined, and is tried again later"
                    );
                }
                Action::Warn(why) => tracing::warn!("irc: {why}"),
                Action::Close(down) => self.down = Some(down),
            }
        }
        self.deps.board.connection(self.session.nick(), self.session.channels());
    }

    fn heard(&mut self, heard: Heard) {
        if self.ending.is_some() {
            return;
        }
        match event(heard, self.deps.clock.as_ref(), self.deps.ids.as_ref()) {
            Ok(event) => self.held = Some(event),
            Err(error) => tracing::debug!(%error, "an irc message has a source that is none"),
        }
    }

    /// The channel is told to end: from now on nothing new is taken, in neither direction.
    fn end(&mut self, intake: &mpsc::Sender<InboundEvent>) {
        self.ending = Some(0);
        if self.held.take().is_some_and(|event| intake.try_send(event).is_err()) {
            let dropped = self.deps.board.dropped();
            tracing::warn!(dropped, "an irc message was dropped: the channel ends");
        }
    }

    /// Settles everything that was under way, and says goodbye if somebody is there to hear it.
    async fn close<W: AsyncWrite + Unpin>(mut self, write: &mut W, intake: &mpsc::Sender<InboundEvent>) {
        self.deps.board.connection(None, Vec::new());
        self.outgoing.give_up();
        if let Some(down) = self.down {
            let server = &self.deps.plan.server;
            tracing::warn!(
                host = server.host,
                port = server.port,
                reason = down.as_str(),
                "irc connection lost"
            );
        } else if let Some(line) = OutLine::new("QUIT", &[], Some("bye")) {
            self.put(&line);
            let goodbye = async {
                write.write_all(&self.out).await?;
                write.shutdown().await
            };
            if !matches!(timeout(QUIT_LIMIT, goodbye).await, Ok(Ok(()))) {
                tracing::debug!("the irc server did not wait for our goodbye");
            }
        }
        if let Some(event) = self.held.take() {
            // It was received, so it is handed on; the next connection can wait for that.
            let _ = intake.send(event).await;
        }
    }
}

#[cfg(test)]
mod tests;
