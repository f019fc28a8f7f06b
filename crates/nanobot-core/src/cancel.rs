//! Stopping work that is under way: a switch that is thrown once, and tokens that see it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tokio::sync::watch;

/// The switch. Dropping it does not throw it.
#[derive(Debug)]
pub struct CancelSwitch(watch::Sender<bool>);

/// What work holds to learn that it should stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CancelToken(watch::Receiver<bool>);

impl CancelSwitch {
    /// A switch and its first token.
    pub fn new() -> (Self, CancelToken) {
        let (switch, token) = watch::channel(false);
        (Self(switch), CancelToken(token))
    }

    /// Throws the switch.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}

impl CancelToken {
    /// A token that never fires.
    pub fn never() -> Self {
        CancelSwitch::new().1
    }

    /// Whether the switch was thrown.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves when the switch is thrown; never, if it is dropped before.
    pub async fn cancelled(&self) {
        let mut seen = self.0.clone();
        if seen.wait_for(|thrown| *thrown).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Runs work until it is done (`Some`) or the switch is thrown (`None`; the work is dropped).
    pub async fn race<F: Future>(&self, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        let mut stop = pin!(self.cancelled());
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(done));
            }
            stop.as_mut().poll(cx).map(|()| None)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thrown_switch_ends_pending_work() {
        let (switch, token) = CancelSwitch::new();
        switch.cancel();
        assert!(token.is_cancelled());
        assert_eq!(token.race(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn finished_work_wins() {
        let (switch, token) = CancelSwitch::new();
        switch.cancel();
        assert_eq!(token.race(async { 7 }).await, Some(7));
        assert_eq!(CancelToken::never().race(async { 8 }).await, Some(8));
    }
}
