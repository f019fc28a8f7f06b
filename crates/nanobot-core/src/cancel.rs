//! Stopping work that is under way: a switch that is thrown once, and tokens that see it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tokio::sync::watch;

/// Why work is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// A person asked for it.
    Person,
    /// The process goes down.
    Shutdown,
}

/// The switch. Dropping it does not throw it.
#[derive(Debug)]
pub struct CancelSwitch(watch::Sender<Option<StopReason>>);

/// What work holds to learn that it should stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CancelToken(watch::Receiver<Option<StopReason>>);

impl CancelSwitch {
    /// A switch and its first token.
    pub fn new() -> (Self, CancelToken) {
        let (switch, token) = watch::channel(None);
        (Self(switch), CancelToken(token))
    }

    /// Throws the switch for a person.
    pub fn cancel(&self) {
        self.throw(StopReason::Person);
    }

    /// Throws the switch. The first reason stays.
    pub fn throw(&self, reason: StopReason) {
        self.0.send_if_modified(|thrown| {
            let first = thrown.is_none();
            *thrown = thrown.or(Some(reason));
            first
        });
    }
}

impl CancelToken {
    /// A token that never fires.
    pub fn never() -> Self {
        CancelSwitch::new().1
    }

    /// Whether the switch was thrown.
    pub fn is_cancelled(&self) -> bool {
        self.reason().is_some()
    }

    /// Why the switch was thrown; none while it is not.
    pub fn reason(&self) -> Option<StopReason> {
        *self.0.borrow()
    }

    /// Resolves when the switch is thrown; never, if it is dropped before.
    pub async fn cancelled(&self) {
        let mut seen = self.0.clone();
        if seen.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Runs work until it is done (`Some`) or the switch is thrown (`None`; the work is dropped).
    pub async fn race<F: Future>(&self, work: F) -> Option<F::Output> {
        unless(work, self.cancelled()).await
    }
}

/// Runs work until it is done (`Some`) or `stop` is (`None`; the work is dropped). Finished work wins.
pub(crate) async fn unless<F: Future>(work: F, stop: impl Future<Output = ()>) -> Option<F::Output> {
    let (mut work, mut stop) = (pin!(work), pin!(stop));
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        stop.as_mut().poll(cx).map(|()| None)
    })
    .await
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

    #[test]
    fn the_first_reason_stays() {
        let (switch, token) = CancelSwitch::new();
        assert_eq!(token.reason(), None);
        switch.throw(StopReason::Shutdown);
        switch.cancel();
        assert_eq!(token.reason(), Some(StopReason::Shutdown));
    }

    #[tokio::test]
    async fn finished_work_wins() {
        let (switch, token) = CancelSwitch::new();
        switch.cancel();
        assert_eq!(token.race(async { 7 }).await, Some(7));
        assert_eq!(CancelToken::never().race(async { 8 }).await, Some(8));
    }
}
