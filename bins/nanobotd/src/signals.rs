//! The signals that mean: end in order.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM, SIGHUP (a terminal that closes) and, for a program that has no other use for it, SIGINT.
#[derive(Debug)]
pub struct StopSignals {
    terminate: Signal,
    hangup: Signal,
    interrupt: Option<Signal>,
}

/// What Ctrl-C means to a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CtrlC {
    /// Stop, like SIGTERM.
    Stops,
    /// Something of the program's own.
    IsTaken,
}

impl StopSignals {
    /// The handlers are in place when this returns. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// When a handler cannot be installed.
    pub fn listen(ctrl_c: CtrlC) -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: match ctrl_c {
                CtrlC::Stops => Some(signal(SignalKind::interrupt())?),
                CtrlC::IsTaken => None,
            },
        })
    }

    /// Resolves at the first of them.
    pub async fn stop(&mut self) {
        let interrupted = async {
            match &mut self.interrupt {
                Some(interrupt) => interrupt.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! { _ = self.terminate.recv() => {} _ = self.hangup.recv() => {} _ = interrupted => {} }
    }
}
