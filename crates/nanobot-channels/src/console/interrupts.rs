//! Ctrl-C as a stream of presses.

use std::io;

use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// Where presses of Ctrl-C come from.
#[derive(Debug)]
pub struct Interrupts(Source);

#[derive(Debug)]
enum Source {
    Signal(Signal),
    Channel(mpsc::Receiver<()>),
    Never,
}

impl Interrupts {
    /// Listens to SIGINT. From the first call on the process is not ended by it any more. Must be called
    /// inside a Tokio runtime.
    ///
    /// # Errors
    /// When the handler cannot be installed.
    pub fn listen() -> io::Result<Self> {
        signal(SignalKind::interrupt()).map(|signal| Self(Source::Signal(signal)))
    }

    /// Takes presses from a channel: for programs that have a signal handler of their own.
    pub fn from_channel(presses: mpsc::Receiver<()>) -> Self {
        Self(Source::Channel(presses))
    }

    /// No press ever.
    pub fn never() -> Self {
        Self(Source::Never)
    }

    /// The next press; pending for ever when there will be none. Nothing is lost when the future is
    /// dropped.
    pub(crate) async fn next(&mut self) {
        let press = match &mut self.0 {
            Source::Signal(signal) => signal.recv().await,
            Source::Channel(presses) => presses.recv().await,
            Source::Never => None,
        };
        if press.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Forgets presses that nobody has taken yet.
    pub(crate) fn forget(&mut self) {
        while self.next().now_or_never().is_some() {}
    }
}
