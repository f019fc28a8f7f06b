//! Keeps the stores in order beside the turns: session lines reach their files and the disk, what a failure left open is taken up
//! again, old words are forgotten.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::Projector;
use nanobot_core::cancel::CancelToken;
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{Sandbox, SessionStore, StoreError};
use nanobot_llm_router::Router;

use crate::gateway::Gateway;

/// How often session files are brought to the disk. Until then the journal has their lines, so this bounds what it
/// keeps twice, and nothing that could be lost.
const SETTLE_EVERY: Duration = Duration::from_secs(5);
/// How often the journal is asked for turns that a failure of its own left open.
const RECOVER_EVERY: Duration = Duration::from_secs(30);
/// How often the journal forgets what is old.
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// How often shells that nobody uses are looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// The keeper. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Keeper {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) projector: Arc<Projector>,
    pub(crate) sessions: Arc<dyn SessionStore>,
    pub(crate) sandbox: Option<Arc<dyn Sandbox>>,
    pub(crate) router: Option<Arc<Router>>,
}

impl Keeper {
    /// Brings the session files to where the last run left them: first what the journal has for them, then their
    /// first lines. A home that cannot be written is told here and does not stop the start: status and reading work.
    pub(crate) async fn catch_up(&self) {
        if let Err(error) = self.write_out().await {
            tracing::warn!(error = chain(&error), "not all session files could be brought up to date");
        }
    }

    /// Everything that waits for a session file is in it and on the disk, first lines too.
    ///
    /// # Errors
    /// The first failure; the journal keeps what could not be written.
    pub(crate) async fn write_out(&self) -> Result<(), StoreError> {
        let written = self.projector.run().await;
        let settled = self.projector.settle().await;
        written.and(settled).and(self.sessions.refresh().await)
    }

    /// Works until cancelled.
    pub(crate) async fn run(self, cancel: CancelToken) {
        let mut settle = tokio::time::interval(SETTLE_EVERY);
        let mut recover = tokio::time::interval(RECOVER_EVERY);
        let mut tidy = tokio::time::interval(TIDY_EVERY);
        // The first look is the start's business.
        recover.reset();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.gateway.lines_wait.notified() => self.gateway.project().await,
                _ = settle.tick() => self.settle().await,
                _ = recover.tick() => self.recover().await,
                _ = tidy.tick() => self.tidy().await,
            }
        }
    }

    async fn settle(&self) {
        let settled = async {
            self.projector.run().await?;
            self.projector.settle().await
        };
        if let Err(error) = settled.await {
            tracing::error!(
                error = chain(&error),
                "session files could not be brought to the disk; the journal has their lines"
            );
        }
    }

    /// Ends shells that nobody uses, until cancelled. By itself, since a shell may take its time to end.
    pub(crate) async fn run_sweeps(self, cancel: CancelToken) {
        let Some(sandbox) = self.sandbox else { return };
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = sweep.tick() => sandbox.sweep().await,
            }
        }
    }

    /// Nothing of a command outlives the daemon.
    pub(crate) async fn close_sandbox(&self) {
        if let Some(sandbox) = &self.sandbox {
            sandbox.close().await;
        }
    }

    /// Writes down what calls of models cost, for at most so long. Whether all of it was written.
    pub(crate) async fn close_books(&self, limit: Duration) -> bool {
        match &self.router {
            Some(router) => router.close(limit).await,
            None => true,
        }
    }

    async fn recover(&self) {
        match self.gateway.recover().await {
            Ok(0) => {}
            Ok(turns) => tracing::info!(turns, "turns that a failure left open are taken up again"),
            Err(error) => {
                tracing::error!(error = chain(&error), "the journal cannot be asked for open turns");
            }
        }
    }

    async fn tidy(&self) {
        let now = self.gateway.clock.now().instant;
        match self.gateway.journal.tidy(now).await {
            Ok(tidied) if tidied.emptied + tidied.dropped > 0 => {
                tracing::info!(
                    emptied = tidied.emptied,
                    dropped = tidied.dropped,
                    "old turns were forgotten"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::error!(error = chain(&error), "the journal could not forget what is old"),
        }
    }
}
