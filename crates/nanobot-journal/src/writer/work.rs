//! A piece of work for the writer, and the answer that somebody waits for.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ports::StoreError;
use tokio::sync::oneshot;

use super::batch::Batch;
use crate::error::shared_error;

/// One change of the database. It may be run more than once, each time on what was before it.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// What it tells the one who asked.
    type Answer: Send + 'static;

    /// What is attempted, and on what, for errors.
    fn doing(&self) -> String;

    /// Does it, inside a transaction.
    ///
    /// # Errors
    /// [`Halt::Refused`] only while nothing is changed yet.
    async fn run(&self, batch: &mut Batch<'_>) -> Result<Self::Answer, Halt>;
}

/// Why a piece of work was not done.
pub(crate) enum Halt {
    /// It is told no. The others in its batch go on.
    Refused(StoreError),
    /// The database failed. Nothing of the batch stands.
    Broken(sqlx::Error),
}

impl From<sqlx::Error> for Halt {
    fn from(error: sqlx::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

/// Work whose answer has a way back. The writer knows no more of it.
#[async_trait]
pub(super) trait Job: Send {
    /// Does the work and keeps the answer.
    async fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), sqlx::Error>;

    /// The work is committed.
    fn answer(self: Box<Self>);

    /// The work is not done.
    fn fail(self: Box<Self>, error: &Arc<sqlx::Error>);
}

/// What comes of work.
pub(super) type Outcome<W> = Result<<W as Work>::Answer, StoreError>;

struct Asked<W: Work> {
    work: W,
    answer: Option<Outcome<W>>,
    reply: oneshot::Sender<Outcome<W>>,
}

/// Work as a job, and where its answer comes out.
pub(super) fn job<W: Work>(work: W) -> (Box<dyn Job>, oneshot::Receiver<Outcome<W>>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Asked { work, answer: None, reply }), answer)
}

#[async_trait]
impl<W: Work> Job for Asked<W> {
    async fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), sqlx::Error> {
        self.answer = match self.work.run(batch).await {
            Ok(answer) => Some(Ok(answer)),
            Err(Halt::Refused(error)) => Some(Err(error)),
            Err(Halt::Broken(error)) => return Err(error),
        };
        Ok(())
    }

    fn answer(self: Box<Self>) {
        // Who asked may be gone; the work stands all the same. Without an answer the way back just closes.
        if let Some(answer) = self.answer {
            let _ = self.reply.send(answer);
        }
    }

    fn fail(self: Box<Self>, error: &Arc<sqlx::Error>) {
        let _ = self.reply.send(Err(shared_error(self.work.doing(), error)));
    }
}
