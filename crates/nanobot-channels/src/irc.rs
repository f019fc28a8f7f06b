//! IRC: one connection to one network, with channels and queries as chats.
//!
//! [`Irc::open`] checks the settings and gives two halves: [`Irc`], which can send from the start, and
//! [`IrcRunner`], which connects, hands messages on and comes back after every fall. What IRC promises is little:
//! nothing that comes in is acknowledged, so a message counts once it is stored; what goes out is confirmed by the
//! answer to a `PING` behind it. `docs/irc.md` says what can be lost.
//!
//! The files, from the outside in: `settings` (what is asked for), `connect`, `link` (the pump), `intake` and
//! `send` (both directions); and without any I/O: `session` (the state machine), `outgoing`, `split`, `pace`,
//! `retry`, `owners`, `names`, `text`, `wire` and `frames`.
//!
//! The grammar is our own. `irc-proto` would have been the crate for it: it is under MPL-2.0, which `deny.toml`
//! does not allow, it needs the unmaintained `encoding` for clients that write no UTF-8, and what it spares us are
//! the two hundred lines of `wire` and `frames`.
//!
//! This channel does not decide who may talk, does not split or join messages over time, and knows no services
//! beyond SASL.

mod connect;
mod event;
mod frames;
mod intake;
mod link;
mod names;
mod outgoing;
mod owners;
mod pace;
mod retry;
mod send;
mod session;
mod settings;
mod split;
mod status;
mod text;
mod wire;

use std::sync::Arc;

use nanobot_core::cancel::CancelToken;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{ChannelSender, Clock, IdGenerator, Ingest, SendError};
use tokio::sync::mpsc;

use crate::error::IrcSettingsError;
use link::{Deps, serve};
use outgoing::MAX_UNDER_WAY;
use retry::Retry;
use send::{IrcSender, Job};
use settings::Plan;
pub use settings::{IrcRoom, IrcSettings, LINES_PER_SECOND, MAX_BURST, MAX_CHANNELS, MAX_OWNERS, PAUSES};
use status::Board;
pub use status::IrcStatus;

/// The channel's name.
#[expect(clippy::expect_used, reason = "three lower-case letters are a channel name")]
fn channel_name() -> ChannelName {
    ChannelName::new("irc").expect("a channel name")
}

/// The channel as others see it: a way out, and how it is doing. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Irc {
    jobs: mpsc::Sender<Job>,
    board: Board,
}

/// The channel's one task.
pub struct IrcRunner {
    deps: Deps,
    jobs: mpsc::Receiver<Job>,
}

impl Irc {
    /// Prepares the channel. Nothing is connected yet, and what is sent until then cannot be delivered.
    ///
    /// # Errors
    /// [`IrcSettingsError`] when the settings make no sense, or would send a password in the clear.
    pub fn open(
        settings: IrcSettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Result<(Self, IrcRunner), IrcSettingsError> {
        let deps = Deps { plan: Arc::new(Plan::of(settings)?), clock, ids, board: Board::new() };
        let (sender, jobs) = mpsc::channel(MAX_UNDER_WAY);
        let irc = Self { jobs: sender, board: deps.board.clone() };
        Ok((irc, IrcRunner { deps, jobs }))
    }

    /// The way out.
    pub fn sender(&self) -> Arc<dyn ChannelSender> {
        Arc::new(self.port())
    }

    /// How it is doing at this moment.
    pub fn status(&self) -> IrcStatus {
        self.board.read()
    }

    fn port(&self) -> IrcSender {
        IrcSender { jobs: self.jobs.clone(), board: self.board.clone() }
    }
}

impl IrcRunner {
    /// Connects, and connects again, until `stop` fires. From then on no message is taken any more; those under
    /// way are finished, and the server hears a goodbye. That takes at most 7 s, and another 5 s if the daemon does
    /// not store what waits.
    pub async fn run(self, ingest: Arc<dyn Ingest>, stop: CancelToken) {
        let (hand_over, waiting) = mpsc::channel(intake::MAX_WAITING);
        let intake = intake::run(waiting, ingest, self.deps.board.clone(), stop.clone());
        tokio::join!(self.connections(hand_over, &stop), intake);
    }

    async fn connections(mut self, intake: mpsc::Sender<InboundEvent>, stop: &CancelToken) {
        let mut retry = Retry::new(self.deps.plan.pauses);
        while !stop.is_cancelled() {
            let served = self.connection(&intake, stop).await;
            let pause = retry.pause(served, &self.deps.ids.token());
            if !stop.is_cancelled() {
                tracing::info!(?pause, "the irc server will be tried again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = refuse(&mut self.jobs) => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One connection from its first to its last byte. Answers for how many seconds it served.
    async fn connection(&mut self, intake: &mpsc::Sender<InboundEvent>, stop: &CancelToken) -> u32 {
        let server = &self.deps.plan.server;
        let connected = tokio::select! {
            () = stop.cancelled() => return 0,
            () = refuse(&mut self.jobs) => return 0,
            connected = connect::connect(server) => connected,
        };
        match connected {
            Ok(stream) => serve(stream, &self.deps, &mut self.jobs, intake, stop).await,
            Err(error) => {
                tracing::warn!(host = server.host, port = server.port, %error, "the irc server cannot be reached");
                0
            }
        }
    }
}

/// Answers everybody who wants to send that there is no connection. Never ends.
async fn refuse(jobs: &mut mpsc::Receiver<Job>) {
    while let Some(job) = jobs.recv().await {
        // Whoever waited may have given up meanwhile.
        let _ = job.waiter.send(Err(SendError::Unreachable { wait: None }));
    }
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests;
