//! nanobot inside this process, for a chat without a daemon: the same app, the same protocol, over a stream
//! that never leaves the process.

use std::time::Duration;

use nanobot_channels::local::LocalClient;
use nanobot_config::Loaded;
use nanobotd::lock::HomeLock;
use nanobotd::{App, Boot, Drained, Socket, Stop};

use crate::daemon;
use crate::exit::Failure;
use crate::home::Place;

/// Bytes on their way between the two ends of the stream.
const STREAM_BUFFER: usize = 64 * 1024;

/// An app and its only client.
pub(crate) struct Host {
    app: App,
    drain: Duration,
}

/// Boots nanobot on the home and connects to it.
pub(crate) async fn boot(
    place: &Place,
    loaded: Loaded,
    lock: HomeLock,
) -> Result<(Host, LocalClient), Failure> {
    let home = place.home.clone();
    let drain = Duration::from_secs(loaded.config.daemon.drain_seconds);
    // A second chat on this home joins the first one over the socket.
    let socket = Socket::IfPossible(home.socket());
    let mut app = App::start(Boot { home, loaded, lock, socket, commands: place.command_host() }).await?;
    let (ours, theirs) = tokio::io::duplex(STREAM_BUFFER);
    app.serve_stream(theirs);
    let client = LocalClient::over(ours, daemon::options()).await?;
    Ok((Host { app, drain }, client))
}

impl Host {
    /// Resolves when nanobot has to end by itself, and says why.
    pub(crate) async fn stops(&mut self) -> Stop {
        self.app.stops().await
    }

    /// Ends in order. Says how: what could not be written is lost, since no journal keeps it.
    pub(crate) async fn stop(self) -> Drained {
        self.app.drain(self.drain).await
    }
}
